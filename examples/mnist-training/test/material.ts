/** Third-party data that tests of this example read, where it is. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** A folder of the data, or nothing: then the reason is printed, and strict runs fail. */
export function dataFolder(name: string): string | undefined {
  const folder = join(process.env.NIRKIT_DATA ?? "../shared/data", name);
  if (existsSync(folder)) return folder;
  if (process.env.NIRKIT_STRICT === "1") throw new Error(`data are missing (${folder})`);
  process.stderr.write(`skipped: data are missing (${folder})\n`);
  return undefined;
}

/** True where long proofs run. */
export const deep: boolean = process.env.NIRKIT_DEEP === "1";
