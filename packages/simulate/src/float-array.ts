/**
 * Floating point arrays of a chosen precision.
 *
 * Every intermediate result is stored into such an array, which rounds it once: the same source is an exact float32
 * simulator on Float32Array and a float64 one on Float64Array. (A sum, difference or product of two float32 numbers,
 * computed in float64 and rounded to float32, is the correctly rounded float32 result.)
 */
import {
  broadcastTo,
  type Diagnostic,
  graphDiagnostic,
  NirkitError,
  type Shape,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";

/** Element type of states, weights and signals. */
export type Precision = "f32" | "f64";

export type FloatArray = Float32Array | Float64Array;

/** A zero-filled array. */
export function floats(precision: Precision, length: number): FloatArray {
  return precision === "f32" ? new Float32Array(length) : new Float64Array(length);
}

/**
 * A parameter as float64, one value per element of `shape` (NumPy broadcasting from the last axis).
 *
 * @throws E_NON_FINITE, E_PARAMETER_SHAPE
 */
export function parameter(source: Tensor, shape: Shape, path: string): Float64Array {
  const values = finiteValues(source, path);
  const lead = shape.length - source.shape.length;
  if (lead < 0 || source.shape.some((n, axis) => n !== 1 && n !== shape[lead + axis])) {
    const detail = { param: path.slice(path.lastIndexOf(".") + 1), found: source.shape, expected: shape };
    throw new NirkitError([simulateDiagnostic("E_PARAMETER_SHAPE", path, detail)]);
  }
  return broadcastTo({ dtype: "float64", shape: source.shape, data: values }, shape).data;
}

/** The values of a tensor as float64. @throws E_NON_FINITE */
export function finiteValues(source: Tensor, path: string): Float64Array {
  const values = toFloat64(source);
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return values;
  const count = values.reduce((n, value) => n + (Number.isFinite(value) ? 0 : 1), 0);
  throw new NirkitError([nonFinite(path, source.shape, bad, values[bad] ?? 0, count)]);
}

function nonFinite(path: string, shape: Shape, flat: number, value: number, count: number): Diagnostic {
  const index: number[] = [];
  let rest = flat;
  for (const n of [...shape].reverse()) {
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return graphDiagnostic("E_NON_FINITE", path, { value: String(value), index, count });
}

/**
 * Constants of a step, computed in float64 and rounded once.
 *
 * @throws E_CONSTANT where the result is not finite in this precision
 */
export function constants(
  precision: Precision,
  values: Float64Array,
  constant: string,
  path: string,
): FloatArray {
  const rounded = precision === "f32" ? Float32Array.from(values) : values;
  const index = rounded.findIndex((value) => !Number.isFinite(value));
  if (index < 0) return rounded;
  throw new NirkitError([
    simulateDiagnostic("E_CONSTANT", path, { constant, value: values[index] ?? 0, index }),
  ]);
}

/** Rounds one intermediate result to the precision. */
export function rounding(precision: Precision): (value: number) => number {
  return precision === "f32" ? Math.fround : (value) => value;
}
