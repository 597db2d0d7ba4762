/**
 * DeepShift (Elhoushi et al., arXiv 1905.13298): powers of two of at most 1, without a scale of their own. Form Q
 * rounds float weights; form PS learns the shift and the sign as parameters, and its sign can be 0.
 */
import { round, splitFloat } from "@nirkit/integer";
import { defineQuantizer, type Keeps, type SchemeWords, type WeightQuantizer } from "@nirkit/quantize";
import * as z from "zod";
import { pot } from "./pot.ts";
import { type PotParams, potParams } from "./pot-params.ts";

/** Parameters of {@link deepShift}; defaults in {@link deepShiftParams}. */
export interface DeepShiftParams {
  /** 2 … 5. */
  readonly bits: number;
  /** `q`: shifts −(2^(b−1) − 1) … 0 and a sign; `ps`: shifts −(2^(b−1) − 2) … 0 and a sign that can be 0. */
  readonly form: "q" | "ps";
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const deepShiftShape: { readonly [K in keyof DeepShiftParams]: z.ZodType<DeepShiftParams[K]> } = {
  bits: z.number().int().min(2).max(5).default(5).describe("Width of a weight, 2 to 5"),
  form: z.enum(["q", "ps"]).default("ps").describe("Rounded weights without a zero, or shift and sign"),
};

/** Schema of {@link DeepShiftParams}. */
export const deepShiftParams: z.ZodType<DeepShiftParams> = z.object(deepShiftShape);

/** The power-of-two scheme that a form is a case of: alpha 1, rounded in the logarithm. */
function potOf({ bits, form }: DeepShiftParams): PotParams {
  return potParams.parse({ bits, layout: form === "q" ? "nozero" : "zero", alphaMode: "unit" });
}

const all: Keeps = { idempotent: true, symmetric: true, monotone: true, zero: true };

/**
 * DeepShift as a weight scheme: ±2^P, round(log2 |w|) clipped to the shifts, scale 2^(lowest shift).
 *
 * @example
 * const p = deepShiftParams.parse({ bits: 4, form: "ps" });
 * deepShift.quantize(w, deepShift.fit(w, shape, p), p).scale // [2^-6]
 */
export const deepShift: WeightQuantizer<DeepShiftParams> = defineQuantizer<DeepShiftParams>({
  scheme: "deepshift",
  summary: "Powers of two of at most 1: shift and sign, 2 to 5 bits",
  params: deepShiftParams,
  keeps: all,
  keepsFor: (p) => (p.form === "ps" ? all : { ...all, symmetric: false, zero: false }),
  bits: (p) => p.bits,
  intBits: (p) => pot.intBits(potOf(p)),
  fit: (w, shape, p, mask) => pot.fit(w, shape, potOf(p), mask),
  quantize: (w, fitted, p) => ({ ...pot.quantize(w, fitted, potOf(p)), scheme: "deepshift" }),
  decodeCode: (code, p) => pot.decodeCode(code, potOf(p)),
  encodeInt: (int, p) => pot.encodeInt(int, potOf(p)),
  levels: (p) => pot.levels(potOf(p)),
  backward: (gradOut) => ({ gradW: Float32Array.from(gradOut) }),
  describe: (p) => ({ layout: p.form, rounding: "log", alphaMode: "unit" }),
  fromWords,
});

function fromWords(bits: number, axis: number | null, words: SchemeWords): DeepShiftParams | undefined {
  const found = deepShiftParams.safeParse({ bits, form: words.layout });
  return found.success && axis === null ? found.data : undefined;
}

/** Learned parameters of DeepShift-PS, one of each per weight, real-valued. */
export interface ShiftSign {
  readonly shift: Float32Array;
  readonly sign: Float32Array;
}

/** Lowest shift of form PS: −(2^(b−1) − 2). */
export function lowestShift(bits: number): number {
  return 2 - 2 ** (bits - 1);
}

/**
 * Shift and sign to start training from: round(log2 |w|) clipped, and the sign of w, 0 for 0.
 *
 * @example shiftSignOf(Float32Array.of(0.35, -0.7, 0), 4) // shift [-1, 0, -6], sign [1, -1, 0]
 */
export function shiftSignOf(w: Float32Array, bits: number): ShiftSign {
  const low = lowestShift(bits);
  const shift = new Float32Array(w.length);
  const sign = new Float32Array(w.length);
  for (let i = 0; i < w.length; i++) {
    const value = w[i] ?? 0;
    sign[i] = Math.sign(value) + 0;
    shift[i] = value === 0 ? low : Math.max(low, Math.min(0, roundedLog2(value)));
  }
  return { shift, sign };
}

function roundedLog2(x: number): number {
  const { mantissa, exponent } = splitFloat(x);
  return exponent + (mantissa >= Math.SQRT2 ? 1 : 0);
}

/**
 * ŵ = sign · 2^shift with the shift rounded and clipped, and the sign rounded to −1, 0 or 1 (halves go to even: 0).
 *
 * @returns ŵ, and the integers in units of 2^{@link lowestShift}
 */
export function shiftSignForward(
  { shift, sign }: ShiftSign,
  bits: number,
): { readonly value: Float32Array; readonly ints: Int32Array } {
  const low = lowestShift(bits);
  const value = new Float32Array(shift.length);
  const ints = new Int32Array(shift.length);
  for (let i = 0; i < shift.length; i++) {
    const power = Math.max(low, Math.min(0, round(shift[i] ?? 0, "HALF_EVEN")));
    const unit = Math.max(-1, Math.min(1, round(sign[i] ?? 0, "HALF_EVEN")));
    ints[i] = unit * 2 ** (power - low);
    value[i] = unit * 2 ** power + 0;
  }
  return { value, ints };
}

/**
 * Gradients through both roundings straight through: dŵ/dshift = ŵ·ln 2, dŵ/dsign = 2^shift (rounded).
 *
 * @param gradOut dL/dŵ
 */
export function shiftSignBackward(gradOut: Float32Array, parameters: ShiftSign, bits: number): ShiftSign {
  const low = lowestShift(bits);
  const { value } = shiftSignForward(parameters, bits);
  const shift = new Float32Array(gradOut.length);
  const sign = new Float32Array(gradOut.length);
  for (let i = 0; i < gradOut.length; i++) {
    const g = gradOut[i] ?? 0;
    const power = Math.max(low, Math.min(0, round(parameters.shift[i] ?? 0, "HALF_EVEN")));
    shift[i] = g * (value[i] ?? 0) * Math.LN2;
    sign[i] = g * 2 ** power;
  }
  return { shift, sign };
}
