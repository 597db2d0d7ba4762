/** Clip values that need no statistics of a scheme: a power of two, a percentile, least squares. */
import { splitFloat } from "@nirkit/integer";
import { largestMagnitude } from "./fit-scales.ts";

/** 2^ceil(log2 x) for x > 0, from the exponent bits. */
export function roundUpToPowerOfTwo(x: number): number {
  const { mantissa, exponent } = splitFloat(x);
  return 2 ** (mantissa === 1 ? exponent : exponent + 1);
}

/**
 * The clip value with the least Σ(w − ŵ)² among absmax·(0.2 + 0.8·i/99), i = 0 … 99; ties go to the larger one.
 *
 * @param errorOf Σ(w − ŵ)² at a clip value
 */
export function leastSquaresClip(w: ArrayLike<number>, errorOf: (alpha: number) => number): number {
  const absmax = largestMagnitude(w);
  let best = absmax;
  let least = Number.POSITIVE_INFINITY;
  // From the largest down, and only a strictly smaller error wins.
  for (let i = 99; i >= 0; i--) {
    const alpha = absmax * (0.2 + (0.8 * i) / 99);
    const error = errorOf(alpha);
    if (error < least) {
      least = error;
      best = alpha;
    }
  }
  return best;
}
