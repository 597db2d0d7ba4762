/** `nirkit validate`: everything that is wrong with networks, each with its place. */
import { NirkitError } from "@nirkit/graph";
import type { ReadOptions } from "@nirkit/hdf5";
import type { Invocation } from "../invocation.ts";
import { inspectModel } from "../model-file.ts";
import { type ReadFlags, readOptions } from "../read-flags.ts";
import { countDiagnostics, renderDiagnostics } from "../render-diagnostics.ts";
import { safeName } from "../table.ts";

/** Checks every file and goes on after a bad one; 1 when any has an error. `--json` is an array. */
export async function validate(
  invocation: Invocation,
  files: readonly string[],
  flags: ReadFlags,
): Promise<number> {
  const results = [];
  for (const file of files) {
    const diagnostics = await diagnosticsOf(invocation.path(file), readOptions(flags));
    const ok = !diagnostics.some((d) => d.level === "error");
    results.push({ file, ok, diagnostics });
    const verdict = ok ? invocation.out.good("ok") : invocation.out.error("not valid");
    const count = countDiagnostics(diagnostics);
    invocation.print(`${safeName(file, 200)}: ${verdict}${count === "" ? "" : ` (${count})`}`);
    if (!invocation.flags.json && diagnostics.length > 0)
      invocation.print(renderDiagnostics(diagnostics, invocation.out).trimEnd().replace(/^/gm, "  "));
  }
  invocation.document(results);
  return results.every((result) => result.ok) ? 0 : 1;
}

async function diagnosticsOf(path: string, options: ReadOptions): Promise<NirkitError["diagnostics"]> {
  try {
    return (await inspectModel(path, options)).diagnostics;
  } catch (error) {
    if (error instanceof NirkitError) return error.diagnostics;
    throw error;
  }
}
