/** The third-party corpus: where it lies, and what to do when it does not. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
export const corpusFolder = resolve(root, process.env.NIRKIT_DATA ?? "../shared/data", "nir");

/** False, with the reason printed, when something outside the repository is missing; an error in strict runs. */
export function available(what: string, path: string | undefined): path is string {
  if (path !== undefined && existsSync(path)) return true;
  if (process.env.NIRKIT_STRICT === "1") throw new Error(`${what} is missing (${path ?? "not configured"})`);
  process.stderr.write(`skipped: ${what} is missing (${path ?? "not configured"})\n`);
  return false;
}

/** Files of a folder of the corpus that end in `ending`, sorted, relative to the corpus. */
export function corpusFiles(folder: string, ending: string): string[] {
  const at = resolve(corpusFolder, folder);
  if (!existsSync(at)) return [];
  return readdirSync(at, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort();
}

export function corpusBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(resolve(corpusFolder, file)));
}

export function corpusJson(file: string): unknown {
  return JSON.parse(readFileSync(resolve(corpusFolder, file), "utf8"));
}
