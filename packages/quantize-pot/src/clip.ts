/** The clip value alpha: the weight that the highest level stands for. */
import { splitFloat } from "@nirkit/integer";
import {
  largestMagnitude,
  leastSquaresClip,
  magnitudePercentile,
  roundUpToPowerOfTwo,
} from "@nirkit/quantize";
import * as z from "zod";

/**
 * How alpha is chosen: `absmax`; `percentile` of |w|; `mse`, least squares over absmax·(0.2 + 0.8·i/99); `po2`, absmax
 * rounded up to a power of two, so that every weight is a power of two itself; `learned`, absmax to start from and the
 * RCF gradient.
 */
export type AlphaMode = "absmax" | "percentile" | "mse" | "po2" | "learned";

/** Parameters that all schemes of this package have. */
export interface ClipParams {
  /** null: one scale; 0: one per output channel. */
  readonly axis: null | 0;
  /** Percentile of |w| for alphaMode percentile, 0 < p <= 100. */
  readonly percentile: number;
  /** What the gradient of a learned alpha is multiplied by; the published code takes 0.1. */
  readonly alphaGradient: number;
}

/** Fields of {@link ClipParams} with their defaults. */
export const clipShape: { readonly [K in keyof ClipParams]: z.ZodType<ClipParams[K]> } = {
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  percentile: z.number().gt(0).max(100).default(99.9).describe("Percentile of |w| for alphaMode percentile"),
  alphaGradient: z.number().gt(0).default(1).describe("Factor of the gradient of a learned alpha"),
};

/** Schema of {@link AlphaMode}. */
export const alphaModeSchema: z.ZodType<AlphaMode> = z
  .enum(["absmax", "percentile", "mse", "po2", "learned"])
  .default("absmax")
  .describe("How the weight of the highest level is chosen");

/**
 * alpha of one group of weights with at least one that is not 0.
 *
 * @param mode also `inq`: 2^n1 with n1 = floor(log2(4·max|w|/3)) (Zhou et al., arXiv 1702.03044); `unit`: 1 (DeepShift)
 * @param top the integer that alpha stands for
 * @param levelOf integer of w/s, for mode mse
 */
export function clipValue(
  w: Float32Array,
  mode: AlphaMode | "inq" | "unit",
  p: Pick<ClipParams, "percentile">,
  top: number,
  levelOf: (x: number) => number,
): number {
  switch (mode) {
    case "absmax":
    case "learned":
      return largestMagnitude(w);
    case "percentile":
      return magnitudePercentile(w, p.percentile);
    case "mse":
      return leastSquaresClip(w, top, levelOf);
    case "po2":
      // 2^128 is no float32: weights beyond 2^127 clip.
      return Math.min(roundUpToPowerOfTwo(largestMagnitude(w)), 2 ** 127);
    case "inq":
      return inqTopLevel(largestMagnitude(w));
    case "unit":
      return 1;
  }
}

/**
 * The highest level of incremental network quantization: 2^n1, n1 = floor(log2(4·max|w|/3)).
 *
 * @param absmax > 0
 * @example inqTopLevel(0.9) // 1; inqTopLevel(0.74) is 0.5
 */
export function inqTopLevel(absmax: number): number {
  return 2 ** splitFloat((4 * absmax) / 3).exponent;
}
