/**
 * Ternary weights with a dead zone: TWN (Li et al., arXiv 1605.04711) and the two-bit rule of SpQuant's code.
 */
import { NirkitError, type Shape } from "@nirkit/graph";
import type { BitSet } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  countedWeights,
  defineQuantizer,
  type FittedScale,
  largestMagnitude,
  type QuantTensor,
  quantizeDiagnostic,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { scaledStraightThrough } from "./straight-through.ts";

/** Parameters of {@link ternary}; defaults in {@link ternaryParams}. */
export interface TernaryParams {
  readonly bits: 2;
  readonly axis: null | 0;
  /** twn: Δ = 0.7·mean|w|, |w| > Δ counts; spquant: Δ = 0.05·max|w|, |w| >= Δ counts. */
  readonly rule: "twn" | "spquant";
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const ternaryShape: { readonly [K in keyof TernaryParams]: z.ZodType<TernaryParams[K]> } = {
  bits: z.literal(2).default(2).describe("Width of a weight"),
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  rule: z.enum(["twn", "spquant"]).default("twn").describe("How the dead zone is chosen"),
};

/** Schema of {@link TernaryParams}. */
export const ternaryParams: z.ZodType<TernaryParams> = z.object(ternaryShape);

/**
 * The ternary scheme: 0 in the dead zone, ±s outside, s = fround(mean of the |w| outside). Codes 00 = 0, 01 = +1,
 * 11 = −1; 10 is illegal and decodes to −2. `cut` holds Δ.
 *
 * @example
 * const p = ternaryParams.parse({});
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * ternary.quantize(w, ternary.fit(w, [2, 3], p), p).ints // [1, -1, 0, -1, 0, 0]
 */
export const ternary: WeightQuantizer<TernaryParams> = defineQuantizer<TernaryParams>({
  scheme: "ternary",
  summary: "-1, 0 and +1 with a dead zone",
  params: ternaryParams,
  keeps: { idempotent: true, symmetric: true, monotone: true, zero: true },
  bits: () => 2,
  intBits: () => 2,
  fit,
  quantize,
  decodeCode: (code) => [0, 1, -2, -1][code % 4] ?? 0,
  encodeInt,
  levels: () => Int32Array.of(-1, 0, 1),
  backward: (gradOut, w, fitted, p) => scaledStraightThrough(gradOut, quantize(w, fitted, p)),
  describe: (p) => ({ layout: "narrow", rounding: "dead-zone", alphaMode: p.rule }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: TernaryParams, mask?: BitSet): FittedScale {
  assertFinite(w, shape, "weight");
  const per = channelSize(shape, p.axis);
  const groups = p.axis === null ? 1 : (shape[0] ?? 1);
  const scale = new Float64Array(groups).fill(1);
  const cut = new Float64Array(groups);
  const alpha = new Float64Array(groups);
  for (let group = 0; group < groups; group++) {
    const counted = countedWeights(w, group * per, (group + 1) * per, mask);
    const absmax = largestMagnitude(counted);
    if (absmax === 0) continue;
    const zone = deadZone(counted, absmax, p);
    const mean = meanOutside(counted, zone, p);
    cut[group] = zone;
    scale[group] = Math.max(Math.fround(mean), 2 ** -149);
    alpha[group] = scale[group] ?? 1;
  }
  return { axis: p.axis, scale, alpha, cut, shape };
}

function deadZone(w: Float32Array, absmax: number, p: TernaryParams): number {
  if (p.rule === "spquant") return 0.05 * absmax;
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += Math.abs(w[i] ?? 0);
  return 0.7 * (sum / w.length);
}

function meanOutside(w: Float32Array, zone: number, p: TernaryParams): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < w.length; i++) {
    const magnitude = Math.abs(w[i] ?? 0);
    if (!isOutside(magnitude, zone, p.rule === "spquant")) continue;
    sum += magnitude;
    count++;
  }
  return sum / Math.max(1, count);
}

/** The published code drops w = −Δ while keeping +Δ; here both signs are alike. A zero is never outside. */
function isOutside(magnitude: number, zone: number, inclusive: boolean): boolean {
  return inclusive ? magnitude >= zone && magnitude > 0 : magnitude > zone;
}

function quantize(w: Float32Array, fitted: FittedScale, p: TernaryParams): QuantTensor {
  const { shape, axis, scale, alpha, cut } = fitted;
  assertFinite(w, shape, "weight");
  const per = Math.max(1, channelSize(shape, axis));
  const ints = new Int8Array(w.length);
  const codes = new Uint8Array(w.length);
  const inclusive = p.rule === "spquant";
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    // Without a dead zone of its own the boundary is the midpoint of 0 and s.
    const zone = cut?.[channel] ?? (scale[channel] ?? 1) / 2;
    for (let i = from; i < from + per; i++) {
      const value = w[i] ?? 0;
      const int = isOutside(Math.abs(value), zone, inclusive) ? (value < 0 ? -1 : 1) : 0;
      ints[i] = int;
      codes[i] = int & 3;
    }
  }
  const levels = Int32Array.of(-1, 0, 1);
  return buildQuantTensor({
    scheme: "ternary",
    bits: 2,
    intBits: 2,
    shape,
    axis,
    scale,
    alpha,
    ints,
    codes,
    levels,
    source: w,
  });
}

function encodeInt(int: number): number {
  if (int !== 0 && int !== 1 && int !== -1)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: "ternary", int, where: "" }),
    ]);
  return int & 3;
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): TernaryParams | undefined {
  const found = ternaryParams.safeParse({ bits, axis, rule: words.alphaMode });
  return found.success ? found.data : undefined;
}
