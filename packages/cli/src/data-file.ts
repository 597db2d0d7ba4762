/** Data arguments: labelled samples and single inputs from `.npz` and `.npy` files. */
import type { Diagnostic, NirGraph, Sample, Shape, SpikeInput, Tensor } from "@nirkit/graph";
import { NirkitError, sizeOf } from "@nirkit/graph";
import { NpyError, readNpy, readNpz } from "@nirkit/npy";
import { cliDiagnostic } from "./diagnostics.ts";
import { readBytes } from "./read-bytes.ts";

/** Samples of one file, in its order. */
export interface SampleFile {
  readonly samples: readonly Sample[];
  /** True when every sample has a label. */
  readonly labelled: boolean;
}

/** Input of a simulation; `batched` says that the file had a samples axis. */
export interface InputFile {
  readonly inputs: readonly SpikeInput[];
  readonly batched: boolean;
  /** `y` of a file with a samples axis, where labels were asked for and are there. */
  readonly labels?: readonly number[];
}

/** What {@link readInput} reads besides. */
export interface InputOptions {
  /** True: `y` is read too. */
  readonly labels?: boolean;
  /** Number of classes that labels are checked against; no check without. */
  readonly classes?: number | undefined;
}

/** What a data argument is read for. */
export interface SampleOptions {
  /** First samples only. */
  readonly limit?: number;
  /** Number of classes that labels are checked against; no check without. */
  readonly classes?: number;
}

/**
 * Reads `--data`: an `.npz` with `x` `[samples, time, ...features]` and optional `y` `[samples]`; with several Input
 * nodes one array per node name instead of `x`. Samples are views into the file's arrays, nothing is copied.
 *
 * @param path absolute path
 * @throws NirkitError `E_FILE_READ`, `E_DATA_FORMAT`, `E_DATA_KEY`, `E_DATA_SHAPE`, `E_DATA_COUNT`, `E_DATA_EMPTY`,
 * `E_DATA_DTYPE`, `E_DATA_NON_FINITE`, `E_DATA_LABEL`
 */
export async function readSamples(
  path: string,
  graph: NirGraph,
  options: SampleOptions = {},
): Promise<SampleFile> {
  const keys = keysOf(graph, ["x"]);
  const arrays = await readArrays(path, [...keys.flatMap(([, , wanted]) => wanted), "y"]);
  const ports = keys.map(([node, shape, wanted]) => {
    const [key, array] = pick(arrays, path, wanted);
    return { node, at: `${path}:${key}`, inputs: splitSamples(array, node, shape, `${path}:${key}`) };
  });
  const inputs = zip(ports);
  const labels = labelsOf(arrays.read.get("y"), `${path}:y`, inputs.length, options.classes);
  const wanted = Math.min(options.limit ?? inputs.length, inputs.length);
  const samples = inputs.slice(0, wanted).map((input, k) => {
    const label = labels?.[k];
    return label === undefined ? { input } : { input, label };
  });
  return { samples, labelled: labels !== undefined };
}

/**
 * Reads `--input` of a simulation: `input` or `x` of an `.npz`, or an `.npy`, of shape `[time, ...]` or
 * `[samples, time, ...]`; with several Input nodes one array per node name.
 *
 * @throws as {@link readSamples}
 */
export async function readInput(
  path: string,
  graph: NirGraph,
  { labels = false, classes }: InputOptions = {},
): Promise<InputFile> {
  const keys = keysOf(graph, ["input", "x"]);
  const arrays = await readArrays(path, [
    ...keys.flatMap(([, , wanted]) => wanted),
    ...(labels ? ["y"] : []),
  ]);
  const ports = keys.map(([node, shape, wanted]) => {
    const [key, array] = pick(arrays, path, wanted);
    const at = `${path}:${key}`;
    const single = array.shape.length === shape.length + 1;
    const whole = single ? { ...array, shape: [1, ...array.shape] } : array;
    return { node, at, single, inputs: splitSamples(whole, node, shape, at) };
  });
  const inputs = zip(ports);
  const batched = ports.some((port) => !port.single);
  const y =
    batched && labels ? labelsOf(arrays.read.get("y"), `${path}:y`, inputs.length, classes) : undefined;
  return { inputs, batched, ...(y === undefined ? {} : { labels: y }) };
}

/** Input nodes of a graph with their shapes, in the order of the file. */
export function portsOf(graph: NirGraph): readonly (readonly [name: string, shape: Shape])[] {
  const ports: (readonly [string, Shape])[] = [];
  for (const [name, node] of graph.nodes()) if (node.type === "Input") ports.push([name, node.shape]);
  return ports;
}

/** Per Input node the array names that may hold its data: one node takes the usual ones, several their own names. */
function keysOf(
  graph: NirGraph,
  usual: readonly string[],
): readonly (readonly [node: string, shape: Shape, wanted: readonly string[]])[] {
  const ports = portsOf(graph);
  return ports.map(([node, shape]) => [
    node,
    shape,
    ports.length === 1 ? [...new Set([...usual, node])] : [node],
  ]);
}

/** Arrays of a data file that are wanted, and the names of all. */
interface Arrays {
  readonly read: ReadonlyMap<string, Tensor>;
  readonly found: readonly string[];
}

/** Reads only what is wanted: other members of a recording may hold text or terabytes. */
async function readArrays(path: string, wanted: readonly string[]): Promise<Arrays> {
  const bytes = await readBytes(path);
  const found: string[] = [];
  const select = (key: string): boolean => {
    found.push(key);
    return wanted.includes(key);
  };
  try {
    if (bytes[0] === 0x50 && bytes[1] === 0x4b) return { read: readNpz(bytes, { select }), found };
    if (bytes[0] === 0x93 && bytes[1] === 0x4e)
      return { read: new Map([["x", readNpy(bytes)]]), found: ["x"] };
  } catch (error) {
    if (!(error instanceof NpyError)) throw error;
    const at = error.path === "" ? path : `${path}:${error.path.replace(/\.npy$/, "")}`;
    const { code, message } = error;
    // The library's hint names its other functions; a user of the command line has files.
    const damaged =
      "Write it again with np.savez(file, x=x, y=y); a file that was cut off has to be copied again";
    const hint = code === "E_NPZ_FORMAT" ? damaged : error.hint;
    throw new NirkitError([{ code, level: "error", path: at, message, hint }]);
  }
  const isHdf5 = bytes[0] === 0x89 && bytes[1] === 0x48 && bytes[2] === 0x44;
  const reason = isHdf5
    ? "it is an HDF5 file, as networks are (are the arguments swapped?)"
    : "it is neither an .npz nor an .npy file";
  throw refuse("E_DATA_FORMAT", path, { reason });
}

function pick(
  arrays: Arrays,
  path: string,
  wanted: readonly string[],
): readonly [key: string, array: Tensor] {
  for (const key of wanted) {
    const array = arrays.read.get(key);
    if (array !== undefined) return [key, array];
  }
  throw refuse("E_DATA_KEY", path, { wanted, found: arrays.found });
}

interface PortInputs {
  readonly node: string;
  readonly at: string;
  readonly inputs: readonly Tensor[];
}

/** `[samples, time, ...features]` as one `[time, ...features]` view per sample. */
function splitSamples(array: Tensor, node: string, shape: Shape, at: string): readonly Tensor[] {
  const [samples = 0, steps = 0, ...features] = array.shape;
  const fits = array.shape.length === shape.length + 2 && features.every((n, axis) => n === shape[axis]);
  if (!fits) {
    const expected = `[samples, time${shape.map((n) => `, ${n}`).join("")}]`;
    throw refuse("E_DATA_SHAPE", at, { found: array.shape, expected, node });
  }
  if (samples === 0 || steps === 0) throw refuse("E_DATA_EMPTY", at, { shape: array.shape });
  const numbers = narrow(array);
  assertFinite(numbers, at);
  const size = steps * sizeOf(shape);
  return Array.from({ length: samples }, (_, k) => ({
    dtype: numbers.dtype,
    shape: [steps, ...shape],
    data: numbers.data.subarray(k * size, (k + 1) * size),
  }));
}

/** 64-bit integers as int32 where they fit, else float64: simulators count in numbers, not in bigints. */
function narrow(array: Tensor): Tensor {
  const data: Tensor["data"] = array.data;
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return array;
  const wide = Float64Array.from(data as Iterable<bigint>, Number);
  const fits = wide.every((value) => value === (value | 0));
  const { shape } = array;
  return fits
    ? { dtype: "int32", shape, data: Int32Array.from(wide) }
    : { dtype: "float64", shape, data: wide };
}

function assertFinite(array: Tensor, at: string): void {
  const data: Tensor["data"] = array.data;
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return;
  for (let index = 0; index < data.length; index++) {
    const value = data[index] ?? 0;
    if (!Number.isFinite(value)) throw refuse("E_DATA_NON_FINITE", at, { index, value: String(value) });
  }
}

function zip(ports: readonly PortInputs[]): readonly SpikeInput[] {
  const [first, ...rest] = ports;
  if (first === undefined) return [];
  for (const port of rest)
    if (port.inputs.length !== first.inputs.length) {
      const detail = { found: port.inputs.length, expected: first.inputs.length, than: first.node };
      throw refuse("E_DATA_COUNT", port.at, detail);
    }
  return first.inputs.map((_, k) => new Map(ports.map((port) => [port.node, port.inputs[k] as Tensor])));
}

function labelsOf(
  y: Tensor | undefined,
  at: string,
  samples: number,
  classes: number | undefined,
): readonly number[] | undefined {
  if (y === undefined) return undefined;
  if (y.dtype.startsWith("float") || y.dtype === "bool")
    throw refuse("E_DATA_DTYPE", at, { found: y.dtype, expected: "an integer dtype (class indices)" });
  if (y.shape.length !== 1)
    throw refuse("E_DATA_SHAPE", at, { found: y.shape, expected: `labels of shape [${samples}]`, node: "y" });
  if (y.shape[0] !== samples)
    throw refuse("E_DATA_COUNT", at, { found: y.shape[0] ?? 0, expected: samples, than: "x" });
  const labels = Array.from(y.data as ArrayLike<number | bigint>, Number);
  const index = labels.findIndex((label) => label < 0 || label >= (classes ?? Number.POSITIVE_INFINITY));
  if (index >= 0)
    throw refuse("E_DATA_LABEL", at, { index, label: labels[index] ?? 0, classes: classes ?? labels.length });
  return labels;
}

type DataCode = Extract<Parameters<typeof cliDiagnostic>[0], `E_DATA_${string}`>;

function refuse<C extends DataCode>(
  code: C,
  path: string,
  detail: Parameters<typeof cliDiagnostic<C>>[2],
): NirkitError {
  const diagnostic: Diagnostic = cliDiagnostic(code, path, detail);
  return new NirkitError([diagnostic]);
}
