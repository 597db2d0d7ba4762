/**
 * Powers of two: weights that hardware multiplies by with a shift.
 *
 * Li et al. arXiv 1909.13144 (projection set), Elhoushi et al. arXiv 1905.13298 (DeepShift), Przewlocka-Rus et al.
 * arXiv 2203.05025 and 2209.15257.
 */
import type { Diagnostic, Shape } from "@nirkit/graph";
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
  type QuantTensor,
  quantizeDiagnostic,
  refuseMask,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import { clipValue } from "./clip.ts";
import { decodePot, encodePot, potLevels, potMagnitudes, potTop } from "./pot-levels.ts";
import { type PotParams, potParams } from "./pot-params.ts";
import { straightThrough } from "./rcf.ts";

const all: Keeps = { idempotent: true, symmetric: true, monotone: true, zero: true };

/**
 * The power-of-two scheme: s = fround(alpha·2^(1−L)), ŵ = s·int, int = 0 or ±2^k, L magnitudes.
 *
 * With |w|/s = m·2^e the exponent is k = e + [m·m >= 2] (log), e + [m >= 1.5] (linear) or e (floor), at most L − 1; in
 * layout `zero` what lies below half the lowest level (or 1/√2 of it) is 0, in `nozero` 0 is taken for +.
 *
 * @example
 * const p = potParams.parse({ bits: 4 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * pot.quantize(w, pot.fit(w, [2, 3], p), p).ints // [64, -32, 4, -32, 8, -2], codes [7, 14, 3, 14, 4, 10]
 */
export const pot: WeightQuantizer<PotParams> = defineQuantizer<PotParams>({
  scheme: "pot",
  summary: "Powers of two: a sign and an exponent, 2 to 5 bits",
  params: potParams,
  keeps: all,
  // In layout nozero 0 becomes +1 whatever its sign, so it has no mirror image either.
  keepsFor: (p) => (p.layout === "zero" ? all : { ...all, symmetric: false, zero: false }),
  bits: (p) => p.bits,
  intBits: (p) => potMagnitudes(p) + 1,
  fit,
  quantize,
  decodeCode: decodePot,
  encodeInt: encodePot,
  levels: potLevels,
  backward: (gradOut, w, fitted, p) =>
    straightThrough(gradOut, w, fitted, p, potTop(p), () => quantize(w, fitted, p)),
  describe: (p) => ({
    layout: p.layout,
    rounding: p.zeroRule === "log" ? `${p.rounding}/log-zero` : p.rounding,
    alphaMode: p.alphaMode,
  }),
  review: unusedLevels,
  withPercentile: (p, percentile) => ({ ...p, alphaMode: "percentile", percentile }),
  fromWords,
});

/** The boundaries of a parameter set, in units of s. */
interface Boundaries {
  readonly top: number;
  /** Below it the integer is 0. */
  readonly zero: number;
  /** Mantissa from which the exponent goes up. */
  readonly up: number;
}

// Math.SQRT2 is the smallest double whose square reaches 2, Math.SQRT1_2 the smallest whose square reaches 1/2.
const upFrom = { log: Math.SQRT2, linear: 1.5, floor: 2 } as const;

function boundariesOf(p: PotParams): Boundaries {
  const zero = p.layout === "nozero" ? 0 : p.zeroRule === "log" ? Math.SQRT1_2 : 0.5;
  return { top: potTop(p), zero, up: upFrom[p.rounding] };
}

/** Magnitude of |w|/s = x; 2^k exactly, or 0. */
function magnitudeOf(x: number, { top, zero, up }: Boundaries): number {
  if (x < zero) return 0;
  if (x >= top) return top;
  if (x < 1) return 1;
  const below = 1 << (31 - Math.clz32(x)); // 1 <= x < top <= 2^15: the power of two below
  return x >= below * up ? below * 2 : below;
}

function fit(w: Float32Array, shape: Shape, p: PotParams, mask?: BitSet): FittedScale {
  if (p.layout === "nozero") refuseMask(mask, `pot:${p.bits} with layout nozero`);
  const boundaries = boundariesOf(p);
  const { top } = boundaries;
  const levelOf = (x: number): number => (x < 0 ? -magnitudeOf(-x, boundaries) : magnitudeOf(x, boundaries));
  const alphaOf = (group: Float32Array): number => clipValue(group, p.alphaMode, p, top, levelOf);
  return fitScales(w, shape, { axis: p.axis, top, mask, alphaOf });
}

function quantize(w: Float32Array, fitted: FittedScale, p: PotParams): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const boundaries = boundariesOf(p);
  const per = Math.max(1, channelSize(shape, axis));
  const intBits = potMagnitudes(p) + 1;
  const ints = intArray(intBits, w.length);
  const codes = codeArray(p.bits, w.length);
  const sign = 2 ** (p.bits - 1);
  const first = p.layout === "zero" ? 32 : 31; // index of 2^k is k + 1 or k
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const s = scale[channel] ?? 1;
    for (let i = from; i < from + per; i++) {
      const value = w[i] ?? 0;
      const magnitude = magnitudeOf(Math.abs(value) / s, boundaries);
      if (magnitude === 0) continue;
      ints[i] = value < 0 ? -magnitude : magnitude;
      codes[i] = (value < 0 ? sign : 0) + first - Math.clz32(magnitude);
    }
  }
  const { bits } = p;
  return buildQuantTensor({
    scheme: "pot",
    bits,
    intBits,
    shape,
    axis,
    scale,
    alpha,
    ints,
    codes,
    levels: potLevels(p),
    source: w,
  });
}

/** Share of the weights below which levels count as almost never used, and what part of the magnitudes that may be. */
const rareShare = 0.02;
const rarePart = 1 / 3;

/** W_UNUSED_LEVELS where a third or more of the magnitudes, the lowest, hold less than 2 % of the weights together. */
function unusedLevels({ ints, stats }: QuantTensor, p: PotParams, path: string): readonly Diagnostic[] {
  const magnitudes = potMagnitudes(p);
  const levels = stats.levelHistogram;
  const enough = ints.length >= 16 * levels.length;
  const positive = levels.length - magnitudes; // index of +1 in the sorted levels
  let unused = 0;
  let share = 0;
  for (let k = 0; k < magnitudes; k++) {
    const taken = (levels[positive + k] ?? 0) + (levels[magnitudes - 1 - k] ?? 0);
    if (share + taken / ints.length >= rareShare) break;
    share += taken / ints.length;
    unused++;
  }
  if (!enough || unused < magnitudes * rarePart) return [];
  return [
    quantizeDiagnostic("W_UNUSED_LEVELS", path, {
      scheme: `pot:${p.bits}`,
      unused: 2 * unused,
      levels: levels.length,
      share,
    }),
  ];
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): PotParams | undefined {
  const [rounding, zero] = words.rounding.split("/");
  if (zero !== undefined && zero !== "log-zero") return undefined;
  const found = potParams.safeParse({
    bits,
    axis,
    layout: words.layout,
    rounding,
    zeroRule: zero === undefined ? "half-min" : "log",
    alphaMode: words.alphaMode,
  });
  return found.success ? found.data : undefined;
}
