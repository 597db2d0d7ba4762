/** Uniform quantisation: equally spaced levels, two's complement codes. */
import { NirkitError, type Shape } from "@nirkit/graph";
import { type BitSet, philox, round, roundStochastic, saturate } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  defineQuantizer,
  type FittedScale,
  type QuantTensor,
  quantizeDiagnostic,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import { clipValue, roundUpToPowerOfTwo } from "./clip.ts";
import { uniformGradient } from "./gradient.ts";
import { type ClipMode, type UniformParams, uniformParams, uniformRange } from "./uniform-params.ts";

const smallestFloat32 = 2 ** -149;

/**
 * The uniform scheme of 2 … 8 bits.
 *
 * Qp = 2^(b−1) − 1, Qn = −Qp (narrow) or −2^(b−1) (full); s = fround(alpha/Qp); q = round(clip(w/s, Qn, Qp)); ŵ = s·q.
 * A value that is a level already keeps its integer in every rounding mode.
 *
 * @example
 * const p = uniformParams.parse({ bits: 4 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * uniform.quantize(w, uniform.fit(w, [2, 3], p), p).ints // [7, -3, 0, -5, 1, 0], codes [7, 13, 0, 11, 1, 0]
 */
export const uniform: WeightQuantizer<UniformParams> = defineQuantizer<UniformParams>({
  scheme: "uniform",
  summary: "Equally spaced levels of 2 to 8 bits",
  params: uniformParams,
  keeps: { idempotent: true, symmetric: true, monotone: true, zero: true },
  bits: (p) => p.bits,
  intBits: (p) => p.bits,
  fit,
  quantize,
  decodeCode,
  encodeInt,
  levels: (p) => {
    const [qn, qp] = uniformRange(p);
    return Int32Array.from({ length: qp - qn + 1 }, (_, i) => qn + i);
  },
  backward: uniformGradient,
  describe: (p) => ({ layout: p.range, rounding: p.rounding, alphaMode: p.clip }),
  fromWords,
});

function fit(w: Float32Array, shape: Shape, p: UniformParams, mask?: BitSet): FittedScale {
  assertFinite(w, shape, "weight");
  const per = channelSize(shape, p.axis);
  const groups = p.axis === null ? 1 : (shape[0] ?? 1);
  const scale = new Float64Array(groups).fill(1);
  const alpha = new Float64Array(groups);
  const [, qp] = uniformRange(p);
  for (let group = 0; group < groups; group++) {
    const kept = countedWeights(w, group * per, (group + 1) * per, mask);
    const clip = clipValue(kept, p);
    if (clip === 0) continue; // all zero: scale 1, integers 0
    const step = Math.max(Math.fround(clip / qp), smallestFloat32);
    const po2 = p.scalePo2 ? roundUpToPowerOfTwo(step) : step;
    scale[group] = po2;
    alpha[group] = p.scalePo2 ? po2 * qp : clip;
  }
  return { axis: p.axis, scale, alpha, shape };
}

function countedWeights(w: Float32Array, from: number, to: number, mask: BitSet | undefined): Float64Array {
  const all = Float64Array.from(w.subarray(from, to));
  return mask === undefined ? all : all.filter((_, i) => mask.get(from + i));
}

function quantize(w: Float32Array, fitted: FittedScale, p: UniformParams): QuantTensor {
  assertFinite(w, fitted.shape, "weight");
  const per = Math.max(1, channelSize(fitted.shape, fitted.axis));
  const [qn, qp] = uniformRange(p);
  const rounder = rounding(p);
  const ints = new Int32Array(w.length);
  const codes = new Uint8Array(w.length);
  const mask = 2 ** p.bits - 1;
  for (let i = 0; i < w.length; i++) {
    const s = fitted.scale[Math.floor(i / per)] ?? 1;
    const value = w[i] ?? 0;
    // Clip, then round (QONNX); with integer bounds the order does not matter.
    const x = saturate(value / s, qn, qp);
    const nearest = round(x, "HALF_EVEN");
    const int = Math.fround(s * nearest) === value ? nearest : rounder(x, i);
    ints[i] = int;
    codes[i] = int & mask;
  }
  return buildQuantTensor({
    scheme: "uniform",
    bits: p.bits,
    intBits: p.bits,
    shape: fitted.shape,
    axis: fitted.axis,
    scale: fitted.scale,
    alpha: fitted.alpha,
    ints,
    codes,
    levels: uniform.levels(p),
    source: w,
  });
}

function rounding(p: UniformParams): (x: number, index: number) => number {
  if (p.rounding !== "STOCHASTIC") {
    const mode = p.rounding;
    return (x) => round(x, mode);
  }
  // One word per flat index, so the result does not depend on the order of evaluation.
  const random = philox(p.seed, "quantize-uniform/rounding");
  return (x, index) => roundStochastic(x, random.at(index) / 4294967296);
}

function decodeCode(code: number, p: UniformParams): number {
  const span = 2 ** p.bits;
  const low = ((code % span) + span) % span;
  return low >= span / 2 ? low - span : low;
}

function encodeInt(int: number, p: UniformParams): number {
  const [qn, qp] = uniformRange(p);
  if (!Number.isInteger(int) || int < qn || int > qp)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: `uniform:${p.bits}`, int, where: "" }),
    ]);
  return int & (2 ** p.bits - 1);
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): UniformParams | undefined {
  const found = uniformParams.safeParse({
    bits,
    axis,
    range: words.layout,
    rounding: words.rounding,
    clip: words.alphaMode as ClipMode,
  });
  return found.success ? found.data : undefined;
}
