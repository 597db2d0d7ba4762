/** The clip value that loses least in squares, without trying every candidate on every weight of a large layer. */
import { largestMagnitude } from "./fit-scales.ts";

/** Fractions of the largest magnitude that are tried: 0.2 + 0.8·i/99. */
const candidates = 100;

/** Layers of at least this many weights are first judged by bins. */
const largeLayer = 2 ** 18;
const binCount = 2 ** 17;

/**
 * The clip value with the least Σ(w − ŵ)² among absmax·(0.2 + 0.8·i/99), i = 0 … 99; ties go to the larger one.
 *
 * Of large layers bounds are computed on bins first, and only the candidates that can be the best are tried on all
 * weights: the result is the same.
 *
 * @param top the integer that the clip value stands for: s = alpha/top
 * @param levelOf integer of w/s; never falls while its argument rises
 */
export function leastSquaresClip(
  w: Float32Array | Float64Array,
  top: number,
  levelOf: (x: number) => number,
): number {
  const absmax = largestMagnitude(w);
  const alphaOf = (i: number): number => absmax * (0.2 + (0.8 * i) / (candidates - 1));
  const worth = w.length < largeLayer ? undefined : worthTrying(binsOf(w, absmax), alphaOf, top, levelOf);
  let best = absmax;
  let least = Number.POSITIVE_INFINITY;
  // From the largest down, and only a strictly smaller error wins.
  for (let i = candidates - 1; i >= 0; i--) {
    if (worth?.[i] === 0) continue;
    const error = squaredError(w, alphaOf(i) / top, levelOf);
    if (error < least) {
      least = error;
      best = alphaOf(i);
    }
  }
  return best;
}

function squaredError(w: Float32Array | Float64Array, s: number, levelOf: (x: number) => number): number {
  let error = 0;
  for (let i = 0; i < w.length; i++) {
    const value = w[i] ?? 0;
    const lost = value - s * levelOf(value / s);
    error += lost * lost;
  }
  return error;
}

/** Weights of one bin each: how many, their sums, and the smallest and largest. */
interface Bins {
  readonly count: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

function binsOf(w: Float32Array | Float64Array, absmax: number): Bins {
  const empty = (): Float64Array => new Float64Array(binCount);
  const bins: Bins = { count: empty(), sum: empty(), squares: empty(), low: empty(), high: empty() };
  const perBin = binCount / 2;
  for (let i = 0; i < w.length; i++) {
    const value = w[i] ?? 0;
    const bin = Math.min(binCount - 1, Math.floor((value / absmax + 1) * perBin));
    const isFirst = bins.count[bin] === 0;
    bins.count[bin] = (bins.count[bin] ?? 0) + 1;
    bins.sum[bin] = (bins.sum[bin] ?? 0) + value;
    bins.squares[bin] = (bins.squares[bin] ?? 0) + value * value;
    if (isFirst || value < (bins.low[bin] ?? 0)) bins.low[bin] = value;
    if (isFirst || value > (bins.high[bin] ?? 0)) bins.high[bin] = value;
  }
  return bins;
}

/** Sums in another order differ by some 1e-12; this is far beyond. */
const slack = 1e-8;

/** 1 for every candidate whose lower bound does not pass the least upper bound. */
function worthTrying(
  bins: Bins,
  alphaOf: (i: number) => number,
  top: number,
  levelOf: (x: number) => number,
): Uint8Array {
  const lower = new Float64Array(candidates);
  let leastUpper = Number.POSITIVE_INFINITY;
  for (let i = 0; i < candidates; i++) {
    const s = alphaOf(i) / top;
    let certain = 0;
    let possible = 0;
    for (let bin = 0; bin < binCount; bin++) {
      if (bins.count[bin] === 0) continue;
      const below = levelOf((bins.low[bin] ?? 0) / s);
      const above = levelOf((bins.high[bin] ?? 0) / s);
      const error = binError(bins, bin, s * below);
      if (below === above) certain += error;
      // Every weight is no farther from its level than from the farther of the two.
      else possible += error + binError(bins, bin, s * above);
    }
    lower[i] = certain * (1 - slack);
    leastUpper = Math.min(leastUpper, (certain + possible) * (1 + slack));
  }
  return Uint8Array.from(lower, (bound) => (bound <= leastUpper ? 1 : 0));
}

/** Σ(w − v)² over a bin; never below 0, where cancellation could bring it. */
function binError({ count, sum, squares }: Bins, bin: number, v: number): number {
  return Math.max(0, (squares[bin] ?? 0) - 2 * v * (sum[bin] ?? 0) + v * v * (count[bin] ?? 0));
}
