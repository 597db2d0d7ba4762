/** Scales of a tensor or of its channels, for every scheme whose clip value stands on a highest integer. */
import { NirkitError, type Shape } from "@nirkit/graph";
import type { BitSet } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { assertFinite, channelSize } from "../quant-tensor.ts";
import type { FittedScale } from "../weight-quantizer.ts";

const smallestFloat32 = 2 ** -149;
const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;

/** What {@link fitScales} needs to know. */
export interface ScaleRequest {
  /** null: one scale; 0: one per output channel. */
  readonly axis: null | 0;
  /** The integer that the clip value stands for. */
  readonly top: number;
  /** Weights whose bit is off do not count. */
  readonly mask?: BitSet | undefined;
  /**
   * Clip value of one group of weights that count, at least one of them not 0; what is not positive falls back to the
   * largest magnitude.
   */
  readonly alphaOf: (w: Float32Array) => number;
}

/**
 * s = fround(alpha / top) per group; 1 with alpha 0 where a group is all zero or all masked.
 *
 * @throws E_NON_FINITE with the first offending index
 * @example fitScales(w, [2, 3], { axis: 0, top: 7, alphaOf: largestMagnitude }).scale // one per row
 */
export function fitScales(w: Float32Array, shape: Shape, request: ScaleRequest): FittedScale {
  assertFinite(w, shape, "weight");
  const { axis, top, mask, alphaOf } = request;
  const per = channelSize(shape, axis);
  const groups = axis === null ? 1 : (shape[0] ?? 1);
  const scale = new Float64Array(groups).fill(1);
  const alpha = new Float64Array(groups);
  for (let group = 0; group < groups; group++) {
    const counted = countedWeights(w, group * per, (group + 1) * per, mask);
    const absmax = largestMagnitude(counted);
    if (absmax === 0) continue;
    const wanted = alphaOf(counted);
    // Constant or tiny groups can give 0, a negative number or NaN: nothing better than absmax is known then.
    const clip = wanted > 0 ? Math.min(wanted, largestFloat32) : absmax;
    scale[group] = Math.max(Math.fround(clip / top), smallestFloat32);
    alpha[group] = clip;
  }
  return { axis, scale, alpha, shape };
}

/** The weights of a group that a mask leaves: a view where there is none. */
export function countedWeights(
  w: Float32Array,
  from: number,
  to: number,
  mask: BitSet | undefined,
): Float32Array {
  const all = w.subarray(from, to);
  return mask === undefined ? all : all.filter((_, i) => mask.get(from + i));
}

/** max |w|; 0 for no weights. */
export function largestMagnitude(w: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < w.length; i++) largest = Math.max(largest, Math.abs(w[i] ?? 0));
  return largest;
}

/**
 * Refuses a mask that prunes, for schemes without a level 0.
 *
 * @throws E_NO_ZERO_LEVEL
 */
export function refuseMask(mask: BitSet | undefined, scheme: string): void {
  const pruned = mask === undefined ? 0 : mask.length - mask.count();
  if (pruned > 0)
    throw new NirkitError([quantizeDiagnostic("E_NO_ZERO_LEVEL", "weight", { scheme, pruned })]);
}
