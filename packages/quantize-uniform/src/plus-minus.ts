/**
 * {−1, +1} decomposition (arXiv 2106.09886): an odd integer of M bits is a sum of ±2^m, so a dot product with spikes is
 * M popcounts.
 */
import type { Shape } from "@nirkit/graph";
import type { BitSet } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  codeArray,
  defineQuantizer,
  type FittedScale,
  fitScales,
  intArray,
  largestMagnitude,
  magnitudePercentile,
  type QuantTensor,
  refuseMask,
  roundUpToPowerOfTwo,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { decodeOdd, encodeOdd, oddLevels } from "./odd-levels.ts";

/** Parameters of {@link plusMinus}; defaults in {@link plusMinusParams}. */
export interface PlusMinusParams {
  /** M, 1 … 8. */
  readonly bits: number;
  readonly axis: null | 0;
  readonly clip: "absmax" | "percentile" | "po2";
  /** Percentile of |w| for clip percentile. */
  readonly percentile: number;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const plusMinusShape: { readonly [K in keyof PlusMinusParams]: z.ZodType<PlusMinusParams[K]> } = {
  bits: z.number().int().min(1).max(8).default(2).describe("Bit planes of a weight, 1 to 8"),
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  clip: z
    .enum(["absmax", "percentile", "po2"])
    .default("absmax")
    .describe("How the largest representable weight is chosen"),
  percentile: z.number().gt(0).max(100).default(99.9).describe("Percentile of |w| for clip percentile"),
};

/** Schema of {@link PlusMinusParams}. */
export const plusMinusParams: z.ZodType<PlusMinusParams> = z.object(plusMinusShape);

/**
 * The decomposition as a scheme: D = 2^M − 1, s = fround(alpha/D), c = clip(floor((w/s + D + 1)/2), 0, D), the integer
 * is 2c − D and the code c. Ties go up, so 0 becomes +1; there is no level 0.
 *
 * @example
 * const p = plusMinusParams.parse({ bits: 2, clip: "po2" });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * plusMinus.quantize(w, plusMinus.fit(w, [2, 3], p), p).ints // [3, -1, 1, -1, 1, -1]
 */
export const plusMinus: WeightQuantizer<PlusMinusParams> = defineQuantizer<PlusMinusParams>({
  scheme: "plus-minus",
  summary: "Sums of +-1, +-2, +-4, ...: odd integers for popcount hardware, 1 to 8 bit planes",
  params: plusMinusParams,
  keeps: { idempotent: true, symmetric: false, monotone: true, zero: false },
  bits: (p) => p.bits,
  intBits: (p) => p.bits + 1,
  fit,
  quantize,
  decodeCode: (code, p) => decodeOdd(code, p.bits),
  encodeInt: (int, p) => encodeOdd(int, p.bits, "plus-minus"),
  levels: (p) => oddLevels(p.bits),
  backward: (gradOut) => ({ gradW: Float32Array.from(gradOut) }),
  describe: (p) => ({ layout: "odd", rounding: "HALF_UP", alphaMode: p.clip }),
  withPercentile: (p, percentile) => ({ ...p, clip: "percentile", percentile }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: PlusMinusParams, mask?: BitSet): FittedScale {
  refuseMask(mask, `plus-minus:${p.bits}`);
  const alphaOf = (group: Float32Array): number => {
    if (p.clip === "percentile") return magnitudePercentile(group, p.percentile);
    const absmax = largestMagnitude(group);
    return p.clip === "po2" ? Math.min(roundUpToPowerOfTwo(absmax), 2 ** 127) : absmax;
  };
  return fitScales(w, shape, { axis: p.axis, top: 2 ** p.bits - 1, alphaOf });
}

function quantize(w: Float32Array, fitted: FittedScale, p: PlusMinusParams): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const { bits } = p;
  const top = 2 ** bits - 1;
  const per = Math.max(1, channelSize(shape, axis));
  const ints = intArray(bits + 1, w.length);
  const codes = codeArray(bits, w.length);
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const s = scale[channel] ?? 1;
    for (let i = from; i < from + per; i++) {
      const c = Math.floor(((w[i] ?? 0) / s + top + 1) / 2);
      const code = c < 0 ? 0 : Math.min(c, top);
      codes[i] = code;
      ints[i] = 2 * code - top;
    }
  }
  return buildQuantTensor({
    scheme: "plus-minus",
    bits,
    intBits: bits + 1,
    shape,
    axis,
    scale,
    alpha,
    ints,
    codes,
    levels: oddLevels(bits),
    source: w,
  });
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): PlusMinusParams | undefined {
  const found = plusMinusParams.safeParse({ bits, axis, clip: words.alphaMode });
  return found.success && words.layout === "odd" ? found.data : undefined;
}

/**
 * Bit planes of codes, lowest first: plane m holds bit m of every code, 32 codes to a word.
 *
 * @param codes as {@link plusMinus} gives them, one row of a weight
 */
export function bitPlanes(codes: ArrayLike<number>, bits: number): readonly Uint32Array[] {
  const planes = Array.from({ length: bits }, () => new Uint32Array(Math.ceil(codes.length / 32)));
  for (let i = 0; i < codes.length; i++)
    for (const [m, plane] of planes.entries())
      if ((((codes[i] ?? 0) >>> m) & 1) === 1)
        plane[i >>> 5] = ((plane[i >>> 5] ?? 0) | (1 << (i & 31))) >>> 0;
  return planes;
}

/**
 * Dot product of spikes with a row: Σ_m 2^m·(2·popcount(spikes & plane_m) − popcount(spikes)).
 *
 * @param spikes 32 inputs to a word, as long as the planes
 * @example spikeDot(Uint32Array.of(0b101), bitPlanes([3, 1, 2], 2)) // 3 + 1 = 4
 */
export function spikeDot(spikes: Uint32Array, planes: readonly Uint32Array[]): number {
  let total = 0;
  for (let i = 0; i < spikes.length; i++) total += popcount(spikes[i] ?? 0);
  let sum = 0;
  for (const [m, plane] of planes.entries()) {
    let ones = 0;
    for (let i = 0; i < spikes.length; i++) ones += popcount((spikes[i] ?? 0) & (plane[i] ?? 0));
    sum += 2 ** m * (2 * ones - total);
  }
  return sum;
}

function popcount(x: number): number {
  let word = x - ((x >>> 1) & 0x55555555);
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return (((word + (word >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
