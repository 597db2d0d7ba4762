/**
 * Binary weights: the sign with the mean magnitude (Rastegari et al., arXiv 1603.05279), and WS-DR of Q-SNN, the sign of
 * standardized weights with a power-of-two scale.
 */
import { NirkitError, type Shape } from "@nirkit/graph";
import type { BitSet } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  defineQuantizer,
  type FittedScale,
  type Keeps,
  type QuantGradients,
  type QuantTensor,
  quantizeDiagnostic,
  refuseMask,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { scaledStraightThrough } from "./straight-through.ts";
import { standardize, wsdrGradient, wsdrScale } from "./ws-dr.ts";

/** Parameters of {@link binary}; defaults in {@link binaryParams}. */
export interface BinaryParams {
  readonly bits: 1;
  /** ws-dr is per output channel always. */
  readonly axis: null | 0;
  /** sign: sign(w), scale mean|w|; ws-dr: sign of z = (w − mean)/std, scale 2^round(log2(mean|z|)). */
  readonly rule: "sign" | "ws-dr";
  /** t of the ws-dr gradient, annealed upward: see `wsdrTemperature`. */
  readonly temperature: number;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const binaryShape: { readonly [K in keyof BinaryParams]: z.ZodType<BinaryParams[K]> } = {
  bits: z.literal(1).default(1).describe("Width of a weight"),
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  rule: z.enum(["sign", "ws-dr"]).default("sign").describe("Which sign and which scale"),
  temperature: z.number().gt(0).default(1).describe("Steepness of the ws-dr gradient"),
};

/** Schema of {@link BinaryParams}. */
export const binaryParams: z.ZodType<BinaryParams> = z.object(binaryShape);

const keeps: Keeps = { idempotent: true, symmetric: false, monotone: true, zero: false };

/**
 * The binary scheme: +1 where w >= cut (0, or the mean of the channel), −1 below; code 1 is +1, code 0 is −1. 0 counts
 * as positive, so there is no level 0 and pruning is refused.
 *
 * @example
 * const p = binaryParams.parse({ rule: "ws-dr" });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * binary.quantize(w, binary.fit(w, [2, 3], p), p).dequant // [1, -1, -1, -1, 1, 1]
 */
export const binary: WeightQuantizer<BinaryParams> = defineQuantizer<BinaryParams>({
  scheme: "binary",
  summary: "-1 and +1 with one scale",
  params: binaryParams,
  keeps,
  // Standardized weights are no approximation of the weights, and the mean of ±s is another mean.
  keepsFor: (p) => (p.rule === "sign" ? keeps : { ...keeps, idempotent: false }),
  bits: () => 1,
  intBits: () => 2,
  fit,
  quantize,
  decodeCode: (code) => (code % 2 === 1 ? 1 : -1),
  encodeInt,
  levels: () => Int32Array.of(-1, 1),
  backward,
  describe: (p) => ({ layout: "bipolar", rounding: "sign", alphaMode: p.rule }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: BinaryParams, mask?: BitSet): FittedScale {
  assertFinite(w, shape, "weight");
  refuseMask(mask, "binary");
  const axis = p.rule === "ws-dr" ? 0 : p.axis;
  const per = channelSize(shape, axis);
  const groups = axis === null ? 1 : (shape[0] ?? 1);
  const scale = new Float64Array(groups).fill(1);
  const cut = new Float64Array(groups);
  for (let group = 0; group < groups; group++) {
    const channel = w.subarray(group * per, (group + 1) * per);
    if (p.rule === "ws-dr") {
      const standardized = standardize(channel);
      cut[group] = standardized.mean;
      scale[group] = wsdrScale(channel, standardized);
    } else scale[group] = meanMagnitude(channel);
  }
  return { axis, scale, alpha: scale.slice(), cut, shape };
}

function meanMagnitude(w: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += Math.abs(w[i] ?? 0);
  return sum === 0 ? 1 : Math.max(Math.fround(sum / w.length), 2 ** -149);
}

function quantize(w: Float32Array, fitted: FittedScale, _p: BinaryParams): QuantTensor {
  const { shape, axis, scale, alpha, cut } = fitted;
  assertFinite(w, shape, "weight");
  const per = Math.max(1, channelSize(shape, axis));
  const ints = new Int8Array(w.length);
  const codes = new Uint8Array(w.length);
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const boundary = cut?.[channel] ?? 0;
    for (let i = from; i < from + per; i++) {
      const positive = (w[i] ?? 0) >= boundary;
      ints[i] = positive ? 1 : -1;
      codes[i] = positive ? 1 : 0;
    }
  }
  const levels = Int32Array.of(-1, 1);
  return buildQuantTensor({
    scheme: "binary",
    bits: 1,
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

function backward(
  gradOut: Float32Array,
  w: Float32Array,
  fitted: FittedScale,
  p: BinaryParams,
): QuantGradients {
  if (p.rule === "sign") return scaledStraightThrough(gradOut, quantize(w, fitted, p));
  const per = w.length / fitted.scale.length;
  const gradW = new Float32Array(w.length);
  for (let channel = 0; channel < fitted.scale.length; channel++) {
    const range = [channel * per, (channel + 1) * per] as const;
    const grad = wsdrGradient(
      gradOut.subarray(...range),
      w.subarray(...range),
      fitted.scale[channel] ?? 1,
      p.temperature,
    );
    gradW.set(grad, range[0]);
  }
  return { gradW };
}

function encodeInt(int: number): number {
  if (int !== 1 && int !== -1)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: "binary", int, where: "" }),
    ]);
  return int === 1 ? 1 : 0;
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): BinaryParams | undefined {
  const found = binaryParams.safeParse({ bits, axis, rule: words.alphaMode });
  return found.success ? found.data : undefined;
}
