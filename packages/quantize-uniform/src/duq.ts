/**
 * DuQ: weights clipped at a learned a, counted in equal steps, and put out at a learned scale c; used with EWGS by the
 * gesture study arXiv 2302.04174.
 */
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
  fitScales,
  intArray,
  largestMagnitude,
  magnitudePercentile,
  type QuantTensor,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { ewgs } from "./gradient.ts";
import { nearestInteger } from "./nearest-integer.ts";
import { uniform } from "./uniform.ts";
import { type UniformParams, uniformParams } from "./uniform-params.ts";

/** Parameters of {@link duq}; defaults in {@link duqParams}. */
export interface DuqParams {
  /** 2 … 8; n = 2^(b−1) − 1 steps of either sign. */
  readonly bits: number;
  readonly axis: null | 0;
  /** How a starts. */
  readonly clip: "absmax" | "percentile";
  /** Percentile of |w| for clip percentile. */
  readonly percentile: number;
  /** How c starts: the least Σ(w − ŵ)², or a. */
  readonly output: "least-squares" | "clip";
  /** δ of the EWGS gradient; 0 is straight through. */
  readonly ewgsDelta: number;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const duqShape: { readonly [K in keyof DuqParams]: z.ZodType<DuqParams[K]> } = {
  bits: z.number().int().min(2).max(8).default(4).describe("Width of a weight, 2 to 8"),
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  clip: z.enum(["absmax", "percentile"]).default("percentile").describe("How the clip value is chosen"),
  percentile: z.number().gt(0).max(100).default(99).describe("Percentile of |w| for clip percentile"),
  output: z
    .enum(["least-squares", "clip"])
    .default("least-squares")
    .describe("How the output scale is chosen"),
  ewgsDelta: z.number().min(0).default(5e-3).describe("Scaling of the gradient by the rounding error"),
};

/** Schema of {@link DuqParams}. */
export const duqParams: z.ZodType<DuqParams> = z.object(duqShape);

const steps = ({ bits }: Pick<DuqParams, "bits">): number => 2 ** (bits - 1) - 1;

const asUniform = (p: Pick<DuqParams, "bits">): UniformParams => uniformParams.parse({ bits: p.bits });

/**
 * The DuQ scheme: int = rne(n·hardtanh(w/a)), ŵ = c·int/n. `alpha` is a, the scale is fround(c/n); codes and levels are
 * those of {@link uniform}.
 *
 * @example
 * const p = duqParams.parse({ bits: 4, clip: "absmax", output: "clip" }); // a = c = 0.9
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * duq.quantize(w, duq.fit(w, [2, 3], p), p).ints // [7, -3, 0, -5, 1, 0], those of uniform
 */
export const duq: WeightQuantizer<DuqParams> = defineQuantizer<DuqParams>({
  scheme: "duq",
  summary: "Equal steps inside a learned clip value, put out at a learned scale",
  params: duqParams,
  // ŵ is counted in steps of a/n but stands on steps of c/n.
  keeps: { idempotent: false, symmetric: true, monotone: true, zero: true },
  bits: (p) => p.bits,
  intBits: (p) => p.bits,
  fit,
  quantize,
  decodeCode: (code, p) => uniform.decodeCode(code, asUniform(p)),
  encodeInt: (int, p) => uniform.encodeInt(int, asUniform(p)),
  levels: (p) => uniform.levels(asUniform(p)),
  backward: (gradOut, w, fitted, p) => {
    const { gradW, gradOutput } = duqGradient(gradOut, w, fitted, p);
    return { gradW, gradScale: gradOutput.map((g) => g * steps(p)) };
  },
  describe: (p) => ({ layout: "narrow", rounding: "HALF_EVEN", alphaMode: `${p.clip}/${p.output}` }),
  withPercentile: (p, percentile) => ({ ...p, clip: "percentile", percentile }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: DuqParams, mask?: BitSet): FittedScale {
  const n = steps(p);
  const alphaOf = (group: Float32Array): number =>
    p.clip === "percentile" ? magnitudePercentile(group, p.percentile) : largestMagnitude(group);
  const inner = fitScales(w, shape, { axis: p.axis, top: n, mask, alphaOf });
  if (p.output === "clip") return inner;
  const per = channelSize(shape, p.axis);
  const scale = inner.scale.map((s, group) =>
    leastSquaresScale(countedWeights(w, group * per, (group + 1) * per, mask), inner.alpha[group] ?? 0, n, s),
  );
  return { ...inner, scale };
}

/** s with the least Σ(w − s·int)²: Σ w·int / Σ int²; the given one where every integer is 0. */
function leastSquaresScale(w: Float32Array, a: number, n: number, otherwise: number): number {
  let product = 0;
  let squares = 0;
  for (let i = 0; i < w.length; i++) {
    const int = stepsOf(w[i] ?? 0, a, n);
    product += (w[i] ?? 0) * int;
    squares += int * int;
  }
  return squares === 0 ? otherwise : Math.max(Math.fround(product / squares), 2 ** -149);
}

function stepsOf(w: number, a: number, n: number): number {
  if (a === 0) return 0;
  const x = w / a;
  if (x >= 1) return n;
  return x <= -1 ? -n : nearestInteger(n * x);
}

function quantize(w: Float32Array, fitted: FittedScale, p: DuqParams): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const { bits } = p;
  const n = steps(p);
  const mask = 2 ** bits - 1;
  const per = Math.max(1, channelSize(shape, axis));
  const ints = intArray(bits, w.length);
  const codes = codeArray(bits, w.length);
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const a = alpha[channel] ?? 0;
    for (let i = from; i < from + per; i++) {
      const int = stepsOf(w[i] ?? 0, a, n);
      ints[i] = int;
      codes[i] = int & mask;
    }
  }
  const levels = uniform.levels(asUniform(p));
  return buildQuantTensor({
    scheme: "duq",
    bits,
    intBits: bits,
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

/** Gradients of the weights and of both learned values, one of each per scale. */
export interface DuqGradients {
  readonly gradW: Float32Array;
  /** dL/da. */
  readonly gradClip: Float64Array;
  /** dL/dc. */
  readonly gradOutput: Float64Array;
}

/**
 * With v = n·hardtanh(w/a) and ŵ = c·round(v)/n: dŵ/dc = round(v)/n; the gradient at v is that of ŵ, scaled by
 * {@link ewgs}; from there dv/dw = n/a and dv/da = −n·w/a² inside ±a, both 0 outside.
 *
 * @param gradOut dL/dŵ, as long as `w`
 */
export function duqGradient(
  gradOut: Float32Array,
  w: Float32Array,
  fitted: FittedScale,
  p: DuqParams,
): DuqGradients {
  const n = steps(p);
  const per = w.length / fitted.scale.length;
  const gradW = new Float32Array(w.length);
  const gradClip = new Float64Array(fitted.scale.length);
  const gradOutput = new Float64Array(fitted.scale.length);
  for (let i = 0; i < w.length; i++) {
    const channel = Math.floor(i / per);
    const a = fitted.alpha[channel] ?? 0;
    const value = w[i] ?? 0;
    const g = gradOut[i] ?? 0;
    gradOutput[channel] = (gradOutput[channel] ?? 0) + (g * stepsOf(value, a, n)) / n;
    if (a === 0 || Math.abs(value) >= a) continue;
    const atSteps = ewgs(g * (fitted.scale[channel] ?? 1), (n * value) / a, p.ewgsDelta);
    gradW[i] = (atSteps * n) / a;
    gradClip[channel] = (gradClip[channel] ?? 0) - (atSteps * n * value) / (a * a);
  }
  return { gradW, gradClip, gradOutput };
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): DuqParams | undefined {
  const [clip, output] = words.alphaMode.split("/");
  const found = duqParams.safeParse({ bits, axis, clip, output });
  return found.success ? found.data : undefined;
}
