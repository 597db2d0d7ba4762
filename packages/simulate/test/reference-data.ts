/** Where the reference traces lie, and how their arrays are read. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { NirGraph, Tensor } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { readNpz } from "@nirkit/npy";

const root = join(process.env.NIRKIT_DATA ?? "../shared/data", "traces");

/** False where the reference data is not there; then the tests that need it are skipped. */
export const hasTraces: boolean = existsSync(join(root, "MANIFEST.md"));
if (!hasTraces && process.env.NIRKIT_STRICT === "1")
  throw new Error(`no reference traces at ${root} (set NIRKIT_DATA)`);

/** Why tests are skipped, for their titles. */
export const whySkipped: string = hasTraces ? "" : " (skipped: no reference data, set NIRKIT_DATA)";

export function readText(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** All arrays but the names of the letters, which are text. */
export function readArrays(path: string): ReadonlyMap<string, Tensor> {
  return readNpz(readFileSync(join(root, path)), { select: (key) => key !== "letters" });
}

export async function readGraph(path: string): Promise<NirGraph> {
  return (await readNir(readFileSync(join(root, path)))).graph;
}

/** One entry of a map that has to be there. */
export function entry<V>(map: ReadonlyMap<string, V>, key: string): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`no ${key} among ${[...map.keys()].join(", ")}`);
  return value;
}
