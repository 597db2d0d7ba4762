/**
 * Quantisation as a sum of sigmoids (Yang et al., arXiv 1911.09464; for spiking networks arXiv 2305.19295): smooth while
 * it is trained, steps when it is done.
 */
import { NirkitError, type Shape } from "@nirkit/graph";
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
  type Keeps,
  largestMagnitude,
  magnitudePercentile,
  type QuantGradients,
  type QuantTensor,
  quantizeDiagnostic,
  refuseMask,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";

/** Steps of y = a·(Σ_i d_i·σ(T·(b·x − t_i)) − o). */
export interface SigmoidSteps {
  /** Heights d_i. */
  readonly heights: readonly number[];
  /** Places t_i, ascending. */
  readonly places: readonly number[];
  /** o. */
  readonly offset: number;
}

/** y and its derivatives at one x. */
export interface SigmoidValue {
  readonly y: number;
  readonly dx: number;
  readonly da: number;
  readonly db: number;
}

/**
 * The sum of sigmoids and its derivatives.
 *
 * @param temperature T, > 0; the larger, the steeper
 * @example sigmoidSum(0.2, { heights: [2], places: [0], offset: 1 }, 1, 1, 10).y // 0.7616
 */
export function sigmoidSum(
  x: number,
  { heights, places, offset }: SigmoidSteps,
  a: number,
  b: number,
  temperature: number,
): SigmoidValue {
  let sum = -offset;
  let slope = 0;
  for (let i = 0; i < heights.length; i++) {
    const d = heights[i] ?? 0;
    const sigma = 1 / (1 + Math.exp(-temperature * (b * x - (places[i] ?? 0))));
    sum += d * sigma;
    slope += d * temperature * sigma * (1 - sigma);
  }
  return { y: a * sum, dx: a * b * slope, da: sum, db: a * x * slope };
}

/** The same with hard steps: y = a·(Σ_i d_i·[b·x >= t_i] − o), as at inference. */
export function hardSteps(
  x: number,
  { heights, places, offset }: SigmoidSteps,
  a: number,
  b: number,
): number {
  let sum = -offset;
  for (let i = 0; i < heights.length; i++) if (b * x >= (places[i] ?? 0)) sum += heights[i] ?? 0;
  return a * sum;
}

/**
 * T over the training, from `first` to `last`, equal factors per step. The published schedule is not known.
 *
 * @example annealedTemperature(5, 10, 1, 100) // 10
 */
export function annealedTemperature(step: number, steps: number, first: number, last: number): number {
  return first * (last / first) ** (step / steps);
}

/** Parameters of {@link sigmoidSteps}; defaults in {@link sigmoidStepsParams}. */
export interface SigmoidStepsParams {
  /** 1 … 8: one bit is −1, +1; more are −(2^(b−1) − 1) … 2^(b−1) − 1. */
  readonly bits: number;
  readonly axis: null | 0;
  readonly clip: "absmax" | "percentile";
  /** Percentile of |w| for clip percentile. */
  readonly percentile: number;
  /** T of the gradient. */
  readonly temperature: number;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const sigmoidStepsShape: {
  readonly [K in keyof SigmoidStepsParams]: z.ZodType<SigmoidStepsParams[K]>;
} = {
  bits: z.number().int().min(1).max(8).default(4).describe("Width of a weight, 1 to 8"),
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  clip: z.enum(["absmax", "percentile"]).default("absmax").describe("How the clip value is chosen"),
  percentile: z.number().gt(0).max(100).default(99.9).describe("Percentile of |w| for clip percentile"),
  temperature: z.number().gt(0).default(10).describe("Steepness of the sigmoids in the gradient"),
};

/** Schema of {@link SigmoidStepsParams}. */
export const sigmoidStepsParams: z.ZodType<SigmoidStepsParams> = z.object(sigmoidStepsShape);

const topOf = (bits: number): number => (bits === 1 ? 1 : 2 ** (bits - 1) - 1);

/** Unit steps halfway between neighbouring integers; for one bit a step of two at 0. */
export function integerSteps(bits: number): SigmoidSteps {
  const top = topOf(bits);
  if (bits === 1) return { heights: [2], places: [0], offset: 1 };
  const places = Array.from({ length: 2 * top }, (_, i) => i - top + 0.5);
  return { heights: places.map(() => 1), places, offset: top };
}

const several: Keeps = { idempotent: true, symmetric: false, monotone: true, zero: true };

/**
 * The steps as a scheme: a = s, b = 1/s, so int = Σ_i d_i·[w/s >= t_i] − o; a value on a step goes up, whatever its
 * sign. The gradient is that of the sigmoids at `temperature`.
 *
 * @example
 * const p = sigmoidStepsParams.parse({ bits: 4 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * sigmoidSteps.quantize(w, sigmoidSteps.fit(w, [2, 3], p), p).ints // [7, -3, 0, -5, 1, 0]
 */
export const sigmoidSteps: WeightQuantizer<SigmoidStepsParams> = defineQuantizer<SigmoidStepsParams>({
  scheme: "sigmoid-steps",
  summary: "Steps trained as a sum of sigmoids, 1 to 8 bits",
  params: sigmoidStepsParams,
  keeps: several,
  keepsFor: (p) => (p.bits === 1 ? { ...several, zero: false } : several),
  bits: (p) => p.bits,
  intBits: (p) => Math.max(2, p.bits),
  fit,
  quantize,
  decodeCode,
  encodeInt,
  levels: ({ bits }) =>
    bits === 1
      ? Int32Array.of(-1, 1)
      : Int32Array.from({ length: 2 * topOf(bits) + 1 }, (_, i) => i - topOf(bits)),
  backward,
  describe: (p) => ({ layout: p.bits === 1 ? "bipolar" : "narrow", rounding: "step-up", alphaMode: p.clip }),
  withPercentile: (p, percentile) => ({ ...p, clip: "percentile", percentile }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: SigmoidStepsParams, mask?: BitSet): FittedScale {
  if (p.bits === 1) refuseMask(mask, "sigmoid-steps:1");
  const alphaOf = (group: Float32Array): number =>
    p.clip === "percentile" ? magnitudePercentile(group, p.percentile) : largestMagnitude(group);
  return fitScales(w, shape, { axis: p.axis, top: topOf(p.bits), mask, alphaOf });
}

function quantize(w: Float32Array, fitted: FittedScale, p: SigmoidStepsParams): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const { bits } = p;
  const top = topOf(bits);
  const mask = 2 ** bits - 1;
  const intBits = Math.max(2, bits);
  const per = Math.max(1, channelSize(shape, axis));
  const ints = intArray(intBits, w.length);
  const codes = codeArray(bits, w.length);
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const s = scale[channel] ?? 1;
    for (let i = from; i < from + per; i++) {
      const x = (w[i] ?? 0) / s;
      let int = -top;
      if (x >= top) int = top;
      else if (bits === 1) int = x >= 0 ? 1 : -1;
      else if (x > -top) int = Math.floor(x + 0.5);
      ints[i] = int;
      codes[i] = bits === 1 ? (int + 1) >> 1 : int & mask;
    }
  }
  const levels = sigmoidSteps.levels(p);
  return buildQuantTensor({
    scheme: "sigmoid-steps",
    bits,
    intBits,
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

/** dŵ/dw and dŵ/ds of the smooth y with a = s and b = 1/s. */
function backward(
  gradOut: Float32Array,
  w: Float32Array,
  fitted: FittedScale,
  p: SigmoidStepsParams,
): QuantGradients {
  const steps = integerSteps(p.bits);
  const per = w.length / fitted.scale.length;
  const gradW = new Float32Array(w.length);
  const gradScale = new Float64Array(fitted.scale.length);
  for (let i = 0; i < w.length; i++) {
    const channel = Math.floor(i / per);
    const s = fitted.scale[channel] ?? 1;
    const g = gradOut[i] ?? 0;
    const { dx, da, db } = sigmoidSum(w[i] ?? 0, steps, s, 1 / s, p.temperature);
    gradW[i] = g * dx;
    gradScale[channel] = (gradScale[channel] ?? 0) + g * (da - db / (s * s));
  }
  return { gradW, gradScale };
}

function decodeCode(code: number, { bits }: SigmoidStepsParams): number {
  const low = code % 2 ** bits;
  if (bits === 1) return 2 * low - 1;
  return low >= 2 ** (bits - 1) ? low - 2 ** bits : low;
}

function encodeInt(int: number, { bits }: SigmoidStepsParams): number {
  const isLevel = Number.isInteger(int) && Math.abs(int) <= topOf(bits) && (bits > 1 || int !== 0);
  if (!isLevel)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: `sigmoid-steps:${bits}`, int, where: "" }),
    ]);
  return bits === 1 ? (int + 1) / 2 : int & (2 ** bits - 1);
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): SigmoidStepsParams | undefined {
  const found = sigmoidStepsParams.safeParse({ bits, axis, clip: words.alphaMode });
  return found.success ? found.data : undefined;
}
