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

/** The recordings of `cnn_sinabs.nir`: x `[67, 300, 2, 34, 34]` counts, y digits; undefined where they are absent. */
export function nmnistRecordings(): { readonly x: Tensor; readonly y: Tensor } | undefined {
  const file = join(data, "events/nmnist/test_xy.npz");
  if (!existsSync(file)) {
    if (process.env.NIRKIT_STRICT === "1") throw new Error(`no recordings at ${file}`);
    print(`skipped: no recordings at ${file} (set NIRKIT_DATA)`);
    return undefined;
  }
  const arrays = readNpz(readFileSync(file)) as ReadonlyMap<string, Tensor>;
  const [x, y] = [arrays.get("x"), arrays.get("y")];
  return x === undefined || y === undefined ? undefined : { x, y };
}
