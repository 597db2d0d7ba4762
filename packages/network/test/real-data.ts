/** Third-party test data, read in place; tests that need it skip with a reason where it is absent. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { NirGraph, Tensor } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { readNpz } from "@nirkit/npy";

const root = resolve(import.meta.dirname, "../../..");
const data = resolve(root, process.env.NIRKIT_DATA ?? "../shared/data");

/** One line of a test's report. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** False where the data is absent; throws under NIRKIT_STRICT. */
export function hasRealData(): boolean {
  if (existsSync(join(data, "traces/real"))) return true;
  if (process.env.NIRKIT_STRICT === "1") throw new Error(`no test data at ${data}`);
  print(`skipped: no test data at ${data} (set NIRKIT_DATA)`);
  return false;
}

export async function realGraph(name: string): Promise<NirGraph> {
  return (await readNir(readFileSync(join(data, "traces/real", name)))).graph;
}

/** Arrays of an .npz by key; the archives hold text beside them, so only what is asked for is read. */
export function realArrays(name: string, keys: readonly string[]): ReadonlyMap<string, Tensor> {
  const options = { select: (key: string) => keys.includes(key) };
  return readNpz(readFileSync(join(data, "traces/real", name)), options) as ReadonlyMap<string, Tensor>;
}
