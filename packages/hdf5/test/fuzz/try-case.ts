/** One case: what must hold for bytes of any content. */
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { readNirData } from "../../src/index.ts";
import { type Inspected, inspect } from "../../src/read.ts";
import { mutate } from "./mutate.ts";
import type { SeedFile } from "./seed-files.ts";

/** The mutated file of a case, and the name of what it was made from. */
export function caseBytes(files: readonly SeedFile[], seed: number, index: number): [string, Uint8Array] {
  const random = philox(seed, `fuzz-nir/${index}`);
  const file = files[random.integer(files.length)];
  if (file === undefined) throw new TypeError("no files to mutate");
  return [file.name, mutate(file.bytes(), random)];
}

/**
 * Reads the bytes with the direct reader and with the library; undefined when all is well, or what is wrong. Memory and
 * time are watched from outside.
 */
export async function tryCase(name: string, bytes: Uint8Array): Promise<string | undefined> {
  try {
    if (name.endsWith(".h5")) return await tryData(bytes);
    const direct = await inspect(bytes, {}, {});
    const library = await inspect(bytes, {}, { libraryOnly: true });
    return complaint(direct) ?? complaint(library) ?? disagreement(direct, library);
  } catch (error) {
    return `threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  }
}

async function tryData(bytes: Uint8Array): Promise<string | undefined> {
  const outcome: unknown = await readNirData(bytes).catch((error: unknown) => error);
  return outcome instanceof Error && !(outcome instanceof NirkitError) ? `threw ${outcome.stack}` : undefined;
}

const sound = ({ diagnostics }: Inspected): boolean => !diagnostics.some((d) => d.level === "error");

function complaint(inspected: Inspected): string | undefined {
  if (sound(inspected) && inspected.graph === undefined) return "no graph and no error";
  const vague = inspected.diagnostics.find(
    ({ message, code }: Diagnostic) => message === "" || code === undefined,
  );
  return vague === undefined ? undefined : `a diagnostic without words: ${JSON.stringify(vague)}`;
}

/** The library may see damage in what the direct reader has no use for; the same content it has to be otherwise. */
function disagreement(direct: Inspected, library: Inspected): string | undefined {
  const [one, other]: (NirGraph | undefined)[] = [direct.graph, library.graph];
  if (one === undefined || other === undefined) return undefined;
  return one.equals(other) ? undefined : "the direct reader and the library give different graphs";
}
