/** From what a network put out to numbers per neuron, and from those to a class. */
import { type Tensor, toFloat64 } from "@nirkit/graph";

/**
 * Spikes per neuron: the sum over time.
 *
 * @param output `[T, ...shape]`
 * @returns one entry per neuron, row-major
 * @example spikeCount(tensor("float32", [3, 2], [0, 1, 1, 1, 0, 1])) // [1, 3]
 */
export function spikeCount(output: Tensor): Float64Array {
  return overTime(output, 0, (count, value) => count + value);
}

/**
 * Spikes per neuron and step: the count divided by T; 0 for T = 0.
 *
 * @param output `[T, ...shape]`
 */
export function meanRate(output: Tensor): Float64Array {
  const steps = output.shape[0] ?? 0;
  return spikeCount(output).map((count) => (steps === 0 ? 0 : count / steps));
}

/**
 * Step of the first non-zero value per neuron; T where there is none, so that the smallest entry is the earliest.
 *
 * @param output `[T, ...shape]`
 * @example firstSpike(tensor("float32", [3, 2], [0, 0, 1, 0, 1, 0])) // [1, 3]
 */
export function firstSpike(output: Tensor): Float64Array {
  const steps = output.shape[0] ?? 0;
  return overTime(output, steps, (first, value, step) => (value !== 0 && first === steps ? step : first));
}

/** Membrane of the last step per neuron; 0 for T = 0. */
export function lastMembrane(membrane: Tensor): Float64Array {
  return overTime(membrane, 0, (_, value) => value);
}

/** Highest membrane over time per neuron; -Infinity for T = 0. */
export function maxMembrane(membrane: Tensor): Float64Array {
  return overTime(membrane, Number.NEGATIVE_INFINITY, (high, value) => Math.max(high, value));
}

/**
 * Index of the largest value; the lowest index wins a tie. -1 for an empty list.
 *
 * @example argmax([2, 5, 5]) // 1
 */
export function argmax(values: ArrayLike<number>): number {
  let best = values.length === 0 ? -1 : 0;
  for (let i = 1; i < values.length; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}

function overTime(
  signal: Tensor,
  start: number,
  fold: (result: number, value: number, step: number) => number,
): Float64Array {
  const steps = signal.shape[0] ?? 0;
  const values = toFloat64(signal);
  const size = signal.shape.slice(1).reduce((product, n) => product * n, 1);
  const result = new Float64Array(size).fill(start);
  for (let step = 0, at = 0; step < steps; step++)
    for (let i = 0; i < size; i++, at++) result[i] = fold(result[i] ?? 0, values[at] ?? 0, step);
  return result;
}
