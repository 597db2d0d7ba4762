/** DoReFa weights (Zhou et al., arXiv 1606.06160, eq. 9): squashed by tanh, then counted in equal steps over [−1, 1]. */
import type { Shape } from "@nirkit/graph";
import type { BitSet } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  codeArray,
  countedWeights,
  defineQuantizer,
  type FittedScale,
  intArray,
  largestMagnitude,
  type QuantGradients,
  type QuantTensor,
  refuseMask,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { nearestInteger } from "./nearest-integer.ts";
import { decodeOdd, encodeOdd, oddLevels } from "./odd-levels.ts";

/** Parameters of {@link dorefa}; defaults in {@link dorefaParams}. */
export interface DorefaParams {
  /** k, 1 … 8. */
  readonly bits: number;
  readonly axis: null | 0;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const dorefaShape: { readonly [K in keyof DorefaParams]: z.ZodType<DorefaParams[K]> } = {
  bits: z.number().int().min(1).max(8).default(8).describe("Width of a weight, 1 to 8"),
  axis: z.literal(0).nullable().default(null).describe("0: one maximum per output channel; null: per tensor"),
};

/** Schema of {@link DorefaParams}. */
export const dorefaParams: z.ZodType<DorefaParams> = z.object(dorefaShape);

/**
 * The DoReFa scheme: r = tanh(w)/(2·max|tanh w|) + 1/2, code = rne((2^k − 1)·r), ŵ = 2·code/(2^k − 1) − 1, so the
 * integers are the odd ones and the scale is 1/(2^k − 1). It has no level 0, and ŵ is no approximation of w: networks
 * have to be trained with it. `alpha` holds max|tanh w|.
 *
 * @example
 * const p = dorefaParams.parse({ bits: 4 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * dorefa.quantize(w, dorefa.fit(w, [2, 3], p), p).codes // [15, 4, 8, 2, 9, 7]
 */
export const dorefa: WeightQuantizer<DorefaParams> = defineQuantizer<DorefaParams>({
  scheme: "dorefa",
  summary: "tanh of the weights in equal steps over [-1, 1], without a zero",
  params: dorefaParams,
  keeps: { idempotent: false, symmetric: false, monotone: true, zero: false },
  bits: (p) => p.bits,
  intBits: (p) => p.bits + 1,
  fit,
  quantize,
  decodeCode: (code, p) => decodeOdd(code, p.bits),
  encodeInt: (int, p) => encodeOdd(int, p.bits, "dorefa"),
  levels: (p) => oddLevels(p.bits),
  backward,
  describe: () => ({ layout: "odd", rounding: "HALF_EVEN", alphaMode: "tanh" }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: DorefaParams, mask?: BitSet): FittedScale {
  assertFinite(w, shape, "weight");
  refuseMask(mask, `dorefa:${p.bits}`);
  const per = channelSize(shape, p.axis);
  const groups = p.axis === null ? 1 : (shape[0] ?? 1);
  const scale = new Float64Array(groups).fill(Math.fround(1 / (2 ** p.bits - 1)));
  const alpha = new Float64Array(groups);
  for (let group = 0; group < groups; group++)
    // tanh rises with its argument: the largest magnitude has the largest tanh.
    alpha[group] =
      Math.tanh(largestMagnitude(countedWeights(w, group * per, (group + 1) * per, undefined))) || 1;
  return { axis: p.axis, scale, alpha, shape };
}

function quantize(w: Float32Array, fitted: FittedScale, p: DorefaParams): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const { bits } = p;
  const top = 2 ** bits - 1;
  const per = Math.max(1, channelSize(shape, axis));
  const ints = intArray(bits + 1, w.length);
  const codes = codeArray(bits, w.length);
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const twice = 2 * (alpha[channel] ?? 1);
    for (let i = from; i < from + per; i++) {
      const r = Math.max(0, Math.min(1, Math.tanh(w[i] ?? 0) / twice + 0.5));
      const code = nearestInteger(top * r);
      codes[i] = code;
      ints[i] = 2 * code - top;
    }
  }
  const levels = oddLevels(bits);
  return buildQuantTensor({
    scheme: "dorefa",
    bits,
    intBits: bits + 1,
    shape,
    axis,
    scale,
    ints,
    codes,
    levels,
    source: w,
  });
}

/** Straight through the rounding: dŵ/dw = s·(2^k − 1)·(1 − tanh²w)/max|tanh w|, the maximum held fixed. */
function backward(
  gradOut: Float32Array,
  w: Float32Array,
  fitted: FittedScale,
  p: DorefaParams,
): QuantGradients {
  const per = w.length / fitted.scale.length;
  const gradW = new Float32Array(w.length);
  for (let i = 0; i < w.length; i++) {
    const channel = Math.floor(i / per);
    const span = (fitted.scale[channel] ?? 1) * (2 ** p.bits - 1);
    const slope = (span * (1 - Math.tanh(w[i] ?? 0) ** 2)) / (fitted.alpha[channel] ?? 1);
    gradW[i] = slope * (gradOut[i] ?? 0);
  }
  return { gradW };
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): DorefaParams | undefined {
  const found = dorefaParams.safeParse({ bits, axis });
  return found.success && words.layout === "odd" ? found.data : undefined;
}
