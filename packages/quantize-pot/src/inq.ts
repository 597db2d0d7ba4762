/**
 * Incremental network quantization (Zhou et al., arXiv 1702.03044): weights are frozen to powers of two in growing
 * shares, the largest first, and the rest is trained on.
 */
import { BitSet, splitFloat } from "@nirkit/integer";
import { assertFinite, largestMagnitude } from "@nirkit/quantize";

/** Shares of the weights that are frozen after each step, as published. */
export const inqShares: readonly number[] = [0.5, 0.75, 0.875, 1];

/** The powers of two of a tensor: 0 and ±2^low … ±2^high. */
export interface InqLevels {
  readonly low: number;
  readonly high: number;
}

/**
 * high = floor(log2(4·max|w|/3)), low = high + 1 − 2^(b−1)/2.
 *
 * @param bits 2 … 8; one code is the zero, so 5 bits have 8 powers of each sign
 * @throws E_NON_FINITE
 * @example inqLevels(Float32Array.of(0.9, -0.35), 5) // { high: 0, low: -7 }
 */
export function inqLevels(w: Float32Array, bits: number): InqLevels | undefined {
  assertFinite(w, [w.length], "weight");
  const absmax = largestMagnitude(w);
  if (absmax === 0) return undefined;
  const high = splitFloat((4 * absmax) / 3).exponent;
  return { high, low: high + 1 - 2 ** (bits - 1) / 2 };
}

/**
 * The level of one weight: ±c where (a + c)/2 <= |w| < 3c/2, a the next lower level (0 below the lowest).
 *
 * @example inqValue(0.75, { high: 0, low: -7 }) // 1; 0.7499 gives 0.5
 */
export function inqValue(w: number, { low, high }: InqLevels): number {
  const magnitude = Math.abs(w);
  if (magnitude < 2 ** low / 2) return 0;
  const { mantissa, exponent } = splitFloat(magnitude);
  const nearest = exponent + (mantissa >= 1.5 ? 1 : 0);
  return Math.sign(w) * 2 ** Math.max(low, Math.min(high, nearest));
}

/**
 * The weights to freeze: the largest magnitudes until the share is reached, those frozen before among them; among
 * equals the earlier index.
 *
 * @param share 0 … 1 of all weights, {@link inqShares} one after the other
 * @param before the weights frozen so far; they stay
 * @returns bit on = frozen
 */
export function inqPartition(w: Float32Array, share: number, before?: BitSet): BitSet {
  const frozen = BitSet.ofLength(w.length);
  const wanted = Math.ceil(share * w.length);
  const free: number[] = [];
  let count = 0;
  for (let i = 0; i < w.length; i++) {
    if (before?.get(i) === true) {
      frozen.set(i);
      count++;
    } else free.push(i);
  }
  free.sort((a, b) => Math.abs(w[b] ?? 0) - Math.abs(w[a] ?? 0) || a - b);
  for (const i of free) {
    if (count >= wanted) break;
    frozen.set(i);
    count++;
  }
  return frozen;
}

/**
 * One step of the schedule: freezes weights and puts them on their levels; the others keep their values and are
 * trained on, with their gradient alone.
 *
 * @param levels of the whole tensor, fixed before the first step
 */
export function inqFreeze(
  w: Float32Array,
  levels: InqLevels,
  share: number,
  before?: BitSet,
): { readonly w: Float32Array; readonly frozen: BitSet } {
  const frozen = inqPartition(w, share, before);
  return { w: w.map((x, i) => (frozen.get(i) ? inqValue(x, levels) : x)), frozen };
}
