/** Where the reference traces lie, and how their arrays are read. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isNeuron, type NirGraph, type Tensor, toFloat64 } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { readNpz } from "@nirkit/npy";
import { createSimulator } from "../src/index.ts";

/** Folder of all reference data. */
export const dataRoot: string = process.env.NIRKIT_DATA ?? "../shared/data";

const root = join(dataRoot, "traces");

/** False where the reference data is not there; then the tests that need it are skipped. */
export const hasTraces: boolean = existsSync(join(root, "MANIFEST.md"));
if (!hasTraces && process.env.NIRKIT_STRICT === "1")
  throw new Error(`no reference traces at ${root} (set NIRKIT_DATA)`);

/** Why tests are skipped, for their titles. */
export const whySkipped: string = hasTraces ? "" : " (skipped: no reference data, set NIRKIT_DATA)";

export function readText(path: string): string {
  return readFileSync(resolve(root, path), "utf8");
}

/** All arrays but the names of the letters, which are text. */
export function readArrays(path: string): ReadonlyMap<string, Tensor> {
  return readNpz(readFileSync(resolve(root, path)), { select: (key) => key !== "letters" });
}

export async function readGraph(path: string): Promise<NirGraph> {
  return (await readNir(readFileSync(resolve(root, path)))).graph;
}

/** One entry of a map that has to be there. */
export function entry<V>(map: ReadonlyMap<string, V>, key: string): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`no ${key} among ${[...map.keys()].join(", ")}`);
  return value;
}

/** What of a stored trace was compared, and what of it is off. */
export interface TraceComparison {
  readonly compared: number;
  /** Keys with the number of entries beyond the rule. */
  readonly wrong: readonly string[];
  /** Spikes of all firing nodes. */
  readonly spikes: number;
  /** Entries of spike trains that were compared, and those that differ. */
  readonly entries: number;
  readonly differing: number;
  /** Largest |found − reference| of what is no spike. */
  readonly largestError: number;
}

/** Runs `<path>.nir` in a dialect and compares every array that `<path>.npz` holds of it. */
export async function compareWithTrace(
  path: string,
  label: string,
  dt: number,
  margin: number | null,
): Promise<TraceComparison> {
  const graph = await readGraph(`${path}.nir`);
  const arrays = readArrays(`${path}.npz`);
  const simulator = createSimulator(graph, { dialect: label, dt });
  const record = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;
  const { records } = simulator.run(new Map([["input", entry(arrays, "input")]]), record);
  const result = { compared: 0, wrong: [] as string[], spikes: 0, entries: 0, differing: 0, largestError: 0 };
  for (const [key, reference] of arrays) {
    if (!key.startsWith(`${label}/`)) continue;
    const rest = key.slice(label.length + 1);
    const node = rest.slice(0, rest.lastIndexOf("/"));
    const found = records.get(rest);
    if (found === undefined) continue;
    const fires = rest.endsWith("/out") && firesIn(simulator.graph, node);
    // What a subtraction leaves has the error of what it was taken from.
    const before = rest.endsWith("/v") ? arrays.get(`${key}pre`) : undefined;
    const off = entriesOff(found, reference, fires, before);
    // threshold_equality lands on the threshold with dyadic numbers: exact although its margin is 0.
    const strict = !fires || margin === null || margin >= 2e-5 || margin === 0;
    if (off.count > (strict ? 0 : found.data.length / 1000)) result.wrong.push(`${key}: ${off.count}`);
    result.compared++;
    if (fires) {
      result.spikes += toFloat64(found).reduce((a, b) => a + b, 0);
      result.entries += found.data.length;
      result.differing += off.count;
    } else result.largestError = Math.max(result.largestError, off.largest);
  }
  return result;
}

function firesIn(graph: NirGraph, name: string): boolean {
  const node = graph.node(name);
  return node.type === "Threshold" || (isNeuron(node) && "vThreshold" in node);
}

function entriesOff(
  found: Tensor,
  reference: Tensor,
  exact: boolean,
  before: Tensor = reference,
): { count: number; largest: number } {
  if (found.shape.join() !== reference.shape.join()) return { count: Number.POSITIVE_INFINITY, largest: 0 };
  const [values, expected, larger] = [found, reference, before].map((each) => toFloat64(each)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  let [count, largest] = [0, 0];
  for (const [i, value] of values.entries()) {
    const other = expected[i] ?? Number.NaN;
    const error = Math.abs(value - other);
    largest = Math.max(largest, error);
    const same = exact
      ? error === 0
      : error <= 2e-5 + 2e-5 * Math.max(Math.abs(other), Math.abs(larger[i] ?? 0));
    if (!same) count++;
  }
  return { count, largest };
}
