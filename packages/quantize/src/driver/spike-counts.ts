/** Spike counts of populations over calibration samples, and how two of them differ. */
import { type Tensor, type Trace, toFloat64 } from "@nirkit/graph";

/** Sum over the steps of what a population gave, by neuron; the integral of the state for read-outs. */
export function countsOf(trace: Trace, path: string): Float64Array {
  const out = trace.records.get(`${path}/out`);
  return out === undefined ? new Float64Array(0) : sumOverSteps(out);
}

/** Sum over the first axis. */
function sumOverSteps(signal: Tensor): Float64Array {
  const steps = signal.shape[0] ?? 1;
  const values = toFloat64(signal);
  const neurons = values.length / Math.max(1, steps);
  const counts = new Float64Array(neurons);
  for (let i = 0; i < values.length; i++) counts[i % neurons] = (counts[i % neurons] ?? 0) + (values[i] ?? 0);
  return counts;
}

/** Element of the only Output with the largest sum over the steps, the first on a tie; undefined with several Outputs. */
export function largestOutput({ outputs }: Trace): number | undefined {
  const [only] = outputs.values();
  if (only === undefined || outputs.size !== 1) return undefined;
  const sums = sumOverSteps(only);
  const most = sums.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return sums.indexOf(most);
}

/** Σ (a − b)². */
export function squaredDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + (x - (b[i] ?? 0)) ** 2, 0);
}

/** Σ |a − b|. */
export function absoluteDifference(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, x, i) => sum + Math.abs(x - (b[i] ?? 0)), 0);
}
