/** Uniform quantisation of weights: equally spaced levels, two's complement codes. */
import { NirkitError, type Shape } from "@nirkit/graph";
import { type BitSet, philox, round, roundStochastic } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  codeArray,
  countedWeights,
  defineQuantizer,
  type FittedScale,
  intArray,
  type Keeps,
  type QuantTensor,
  quantizeDiagnostic,
  roundUpToPowerOfTwo,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import { clipValue } from "./clip.ts";
import { uniformGradient } from "./gradient.ts";
import { nearestInteger } from "./nearest-integer.ts";
import { type ClipMode, type UniformParams, uniformParams, uniformRange } from "./uniform-params.ts";

const smallestFloat32 = 2 ** -149;
const all: Keeps = { idempotent: true, symmetric: true, monotone: true, zero: true };
/** Roundings that treat both signs alike. */
const mirrored = new Set(["HALF_EVEN", "HALF_UP", "HALF_DOWN", "UP", "DOWN"]);

function keepsFor(p: UniformParams): Keeps {
  const symmetric = p.range === "narrow" && mirrored.has(p.rounding);
  // A product can end just below the integer that it stands for; nearest integers alone do not mind.
  const idempotent = p.integers === "quotient" || p.rounding.startsWith("HALF_");
  return { idempotent, symmetric, monotone: p.rounding !== "STOCHASTIC", zero: true };
}

/**
 * The uniform scheme of 2 … 16 bits.
 *
 * Qp = 2^(b−1) − 1, Qn = −Qp (narrow) or −2^(b−1) (full); s = fround(alpha/Qp); q = round(clip(w/s, Qn, Qp)); ŵ = s·q.
 * A value that is a level already keeps its integer in every rounding mode. With `integers: product`
 * q = round(clip(w·(Qp/alpha), Qn, Qp)) in float64, levels or not.
 *
 * @example
 * const p = uniformParams.parse({ bits: 4 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * uniform.quantize(w, uniform.fit(w, [2, 3], p), p).ints // [7, -3, 0, -5, 1, 0], codes [7, 13, 0, 11, 1, 0]
 */
export const uniform: WeightQuantizer<UniformParams> = defineQuantizer<UniformParams>({
  scheme: "uniform",
  summary: "Equally spaced levels of 2 to 16 bits",
  params: uniformParams,
  keeps: all,
  keepsFor,
  bits: (p) => p.bits,
  intBits: (p) => p.bits,
  fit,
  quantize,
  decodeCode,
  encodeInt,
  levels: (p) => {
    const [qn, qp] = uniformRange(p);
    const levels = new Int32Array(qp - qn + 1);
    for (let i = 0; i < levels.length; i++) levels[i] = qn + i;
    return levels;
  },
  backward: uniformGradient,
  withPercentile: (p, percentile) => ({ ...p, clip: "percentile", percentile }),
  describe: (p) => ({ layout: p.nested ? "nested" : p.range, rounding: p.rounding, alphaMode: p.clip }),
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

function quantize(w: Float32Array, fitted: FittedScale, p: UniformParams): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const per = Math.max(1, channelSize(shape, axis));
  const ints = intArray(p.bits, w.length);
  const factor = p.integers === "product" ? factorsOf(fitted, p) : undefined;
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const by = factor?.[channel];
    if (by === undefined) roundChannel(w, ints, from, from + per, scale[channel] ?? 1, p);
    else roundProducts(w, ints, from, from + per, by, p);
  }
  const codes = codeArray(p.bits, w.length);
  const mask = 2 ** p.bits - 1;
  for (let i = 0; i < w.length; i++) codes[i] = (ints[i] ?? 0) & mask;
  const { bits } = p;
  return buildQuantTensor({
    scheme: "uniform",
    bits,
    intBits: bits,
    shape,
    axis,
    scale,
    factor,
    alpha,
    ints,
    codes,
    levels: uniform.levels(p),
    source: w,
  });
}

/** Clip, then round (QONNX); with integer bounds the order does not matter. */
function roundChannel(
  w: Float32Array,
  ints: { [i: number]: number },
  from: number,
  to: number,
  s: number,
  p: UniformParams,
): void {
  const [qn, qp] = uniformRange(p);
  const inMode = p.rounding === "HALF_EVEN" ? undefined : rounding(p);
  for (let i = from; i < to; i++) {
    const value = w[i] ?? 0;
    let x = value / s;
    if (x < qn) x = qn;
    else if (x > qp) x = qp;
    const nearest = nearestInteger(x);
    // A value that is a level already keeps its integer in every mode.
    ints[i] = inMode === undefined || Math.fround(s * nearest) === value ? nearest : inMode(x, i);
  }
}

/** Qp/alpha, where the step is that to float32; else what the step gives. */
function factorsOf({ scale, alpha }: FittedScale, p: UniformParams): Float64Array {
  const [, qp] = uniformRange(p);
  return scale.map((s, channel) => {
    const clip = alpha[channel] ?? 0;
    return Math.fround(clip / qp) === s ? qp / clip : 1 / s;
  });
}

function roundProducts(
  w: Float32Array,
  ints: { [i: number]: number },
  from: number,
  to: number,
  factor: number,
  p: UniformParams,
): void {
  const [qn, qp] = uniformRange(p);
  const inMode = rounding(p);
  for (let i = from; i < to; i++) ints[i] = inMode(Math.max(qn, Math.min(qp, (w[i] ?? 0) * factor)), i);
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
    range: words.layout === "nested" ? "narrow" : words.layout,
    nested: words.layout === "nested",
    rounding: words.rounding,
    clip: words.alphaMode as ClipMode,
  });
  return found.success ? found.data : undefined;
}
