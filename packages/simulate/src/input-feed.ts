/** The data of one sample, checked against the Input nodes, and delivered step by step. */
import {
  type Diagnostic,
  type Events,
  NirkitError,
  type Shape,
  type SpikeInput,
  sameShape,
  sizeOf,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { FloatArray, Precision } from "./float-array.ts";

/** A checked sample. */
export interface InputFeed {
  readonly steps: number;
  /** Names of the Output nodes that answer. */
  readonly outputs: readonly string[];
  /** Writes the input of step t of one Input node. */
  write(name: string, t: number, to: FloatArray): void;
}

type Writer = (t: number, to: FloatArray) => void;

/** Whether something has the methods of a Map, which a caller without types may have left out. */
export function isMap(given: ReadonlyMap<string, unknown>): boolean {
  const { get, keys }: Partial<ReadonlyMap<string, unknown>> = given ?? {};
  return typeof get === "function" && typeof keys === "function";
}

/**
 * @param shapes shape of each Input node, by name
 * @param precision values that are infinite in it are refused
 * @throws E_INPUT_FORM, E_INPUT_MISSING, E_INPUT_UNKNOWN, E_INPUT_SHAPE, E_INPUT_STEPS, E_INPUT_VALUE, E_INPUT_EVENTS
 */
export function feedInput(
  input: SpikeInput,
  shapes: ReadonlyMap<string, Shape>,
  outputs: readonly string[] = [],
  precision: Precision = "f64",
): InputFeed {
  if (!isMap(input))
    throw new NirkitError([simulateDiagnostic("E_INPUT_FORM", "input", { why: "it is no Map" })]);
  const known = [...shapes.keys()];
  const found: Diagnostic[] = [];
  for (const name of input.keys())
    if (!shapes.has(name)) found.push(simulateDiagnostic("E_INPUT_UNKNOWN", `input.${name}`, { known }));
  const writers = new Map<string, Writer>();
  let first: { readonly name: string; readonly steps: number } | undefined;
  for (const [name, shape] of shapes) {
    const path = `input.${name}`;
    const source = input.get(name);
    if (source === undefined) {
      found.push(simulateDiagnostic("E_INPUT_MISSING", path, { known, given: [...input.keys()] }));
      continue;
    }
    const problems = checkSource(source, shape, path, precision);
    found.push(...problems);
    if (problems.length > 0) continue;
    const steps = stepsOf(source);
    first ??= { name, steps };
    if (steps !== first.steps)
      found.push(
        simulateDiagnostic("E_INPUT_STEPS", path, { steps, other: first.name, otherSteps: first.steps }),
      );
    writers.set(name, writerOf(source, sizeOf(shape)));
  }
  if (found.length > 0) throw new NirkitError(found);
  return { steps: first?.steps ?? 0, outputs, write: (name, t, to) => writers.get(name)?.(t, to) };
}

function isEvents(source: Tensor | Events): source is Events {
  return "start" in source;
}

function stepsOf(source: Tensor | Events): number {
  return isEvents(source) ? source.steps : (source.shape[0] ?? 0);
}

/** What keeps a value of a caller without types from being a tensor or events; undefined where nothing does. */
function malformed(source: Tensor | Events): string | undefined {
  if (typeof source !== "object" || source === null)
    return `it is ${source === null ? "null" : typeof source}`;
  if (!Array.isArray(source.shape)) return "it has no shape";
  if (isEvents(source))
    return ArrayBuffer.isView(source.start) && ArrayBuffer.isView(source.index)
      ? undefined
      : "start or index is no typed array";
  if (typeof source.dtype !== "string") return "it has no dtype";
  if (!ArrayBuffer.isView(source.data)) return "its data is no typed array";
  const size = sizeOf(source.shape);
  return source.data.length === size
    ? undefined
    : `shape [${source.shape.join(", ")}] holds ${size} values, data has ${source.data.length}`;
}

function checkSource(
  source: Tensor | Events,
  expected: Shape,
  path: string,
  precision: Precision,
): readonly Diagnostic[] {
  const why = malformed(source);
  if (why !== undefined) return [simulateDiagnostic("E_INPUT_FORM", path, { why })];
  const events = isEvents(source);
  const shape = events ? source.shape : source.shape.slice(1);
  if (!sameShape(shape, expected) || (!events && source.shape.length === 0))
    return [simulateDiagnostic("E_INPUT_SHAPE", path, { found: source.shape, expected, events })];
  const size = sizeOf(expected);
  return events ? checkEvents(source, size, path) : checkTensor(source, size, path, precision);
}

function checkTensor(
  source: Tensor,
  size: number,
  path: string,
  precision: Precision,
): readonly Diagnostic[] {
  if (!source.dtype.startsWith("float")) return [];
  const rounded = precision === "f32" ? Math.fround : (value: number): number => value;
  const at = toFloat64(source).findIndex((value) => !Number.isFinite(rounded(value)));
  if (at < 0) return [];
  const detail = { value: String(source.data[at]), step: Math.floor(at / size), index: at % size };
  return [simulateDiagnostic("E_INPUT_VALUE", path, detail)];
}

function checkEvents(source: Events, size: number, path: string): readonly Diagnostic[] {
  const { steps, start, index, value } = source;
  const bad = (why: string): readonly Diagnostic[] => [simulateDiagnostic("E_INPUT_EVENTS", path, { why })];
  if (start.length !== steps + 1) return bad(`start has ${start.length} entries for ${steps} steps`);
  if (start[0] !== 0 || start[steps] !== index.length)
    return bad(`start runs from ${start[0]} to ${start[steps]}, there are ${index.length} events`);
  for (let t = 0; t < steps; t++)
    if ((start[t] ?? 0) > (start[t + 1] ?? 0)) return bad(`start falls after step ${t}`);
  if (value !== undefined && value.length !== index.length)
    return bad(`${value.length} values for ${index.length} events`);
  const outside = index.findIndex((i) => i >= size);
  if (outside >= 0) return bad(`event ${outside} is at ${index[outside]}, the shape holds ${size}`);
  const infinite = value?.findIndex((v: number) => !Number.isFinite(v)) ?? -1;
  return infinite < 0 ? [] : bad(`event ${infinite} has the value ${value?.[infinite]}`);
}

function writerOf(source: Tensor | Events, size: number): Writer {
  if (isEvents(source)) return eventWriter(source);
  const { data } = source;
  const rows = data instanceof BigInt64Array || data instanceof BigUint64Array ? toFloat64(source) : data;
  return (t, to) => to.set(rows.subarray(t * size, (t + 1) * size));
}

/** Several events at one place of one step add up. */
function eventWriter({ start, index, value }: Events): Writer {
  return (t, to) => {
    to.fill(0);
    for (let e = start[t] ?? 0; e < (start[t + 1] ?? 0); e++) {
      const at = index[e] ?? 0;
      to[at] = (to[at] ?? 0) + (value === undefined ? 1 : (value[e] ?? 0));
    }
  };
}
