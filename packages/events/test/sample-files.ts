/** Third-party recordings, read in place; tests that need them skip with a reason where they are absent. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../../..");
const data = resolve(root, process.env.NIRKIT_DATA ?? "../shared/data");

/** False where the data is absent; throws under NIRKIT_STRICT. */
export function hasSampleFiles(): boolean {
  if (existsSync(join(data, "events/formats"))) return true;
  if (process.env.NIRKIT_STRICT === "1") throw new Error(`no test data at ${data}`);
  process.stdout.write(`skipped: no test data at ${data} (set NIRKIT_DATA)\n`);
  return false;
}

/** Absolute path of a file or folder of the data. */
export function samplePath(path: string): string {
  return join(data, path);
}

/** Bytes of a file of the data. */
export function sampleFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(samplePath(path)));
}
