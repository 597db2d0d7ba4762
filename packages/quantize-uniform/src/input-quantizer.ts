/**
 * Real inputs as integers: unsigned, signed, or asymmetric with a zero point. Weights have no zero point; that of an
 * input goes into the biases of the first layer.
 */
import { NirkitError } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import { channelSize, type QuantTensor, quantizeDiagnostic } from "@nirkit/quantize";

/** x ≈ scale·(q − zeroPoint), q of `bits` bits. */
export interface AffineInput {
  readonly bits: number;
  /** q is −2^(b−1) … 2^(b−1) − 1, else 0 … 2^b − 1. */
  readonly signed: boolean;
  /** Exactly representable in float32. */
  readonly scale: number;
  /** 0 but for asymmetric inputs. */
  readonly zeroPoint: number;
}

/** How inputs become integers. */
export type InputRangeForm = "unsigned" | "signed" | "asymmetric";

/**
 * The integer form of inputs between two values.
 *
 * unsigned: s = max/(2^b − 1), values below 0 clip; signed: s = max|x|/(2^(b−1) − 1); asymmetric: s = (max − min)/
 * (2^b − 1) with 0 in the range, z = rne(−min/s). A range without extent takes scale 1.
 *
 * @param bits 1 … 16; 2 … 16 for signed
 * @throws E_BAD_OPTION for other widths and for ranges that are none
 * @example fitInput(-1, 3, 8, "asymmetric") // scale 4/255, zero point 64
 */
export function fitInput(min: number, max: number, bits: number, form: InputRangeForm): AffineInput {
  const fewest = form === "signed" ? 2 : 1;
  const isWidth = Number.isInteger(bits) && bits >= fewest && bits <= 16;
  if (!isWidth || !(min <= max) || !Number.isFinite(max - min))
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "input", {
        option: "The input form",
        found: `${bits} bits for ${min} to ${max}`,
        expected: `${fewest} to 16 bits and a finite range`,
      }),
    ]);
  const low = Math.min(0, min);
  const high = Math.max(0, max);
  if (form === "signed") {
    const extent = Math.max(high, -low);
    return { bits, signed: true, scale: stepOf(extent, 2 ** (bits - 1) - 1), zeroPoint: 0 };
  }
  const top = 2 ** bits - 1;
  if (form === "unsigned") return { bits, signed: false, scale: stepOf(high, top), zeroPoint: 0 };
  const scale = stepOf(high - low, top);
  return { bits, signed: false, scale, zeroPoint: Math.min(top, roundHalfEven(-low / scale)) };
}

function stepOf(extent: number, top: number): number {
  return extent === 0 ? 1 : Math.max(Math.fround(extent / top), 2 ** -149);
}

/**
 * q = rne(clip(x/s + z)).
 *
 * @throws E_NON_FINITE with the first offending index
 */
export function quantizeInputs(x: Float32Array, { bits, signed, scale, zeroPoint }: AffineInput): Int32Array {
  const min = signed ? -(2 ** (bits - 1)) : 0;
  const max = min + 2 ** bits - 1;
  const ints = new Int32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const value = x[i] ?? 0;
    if (!Number.isFinite(value))
      throw new NirkitError([quantizeDiagnostic("E_NON_FINITE", `input[${i}]`, { value })]);
    ints[i] = roundHalfEven(Math.max(min, Math.min(max, value / scale + zeroPoint)));
  }
  return ints;
}

/** x̂ = fround(s·(q − z)). */
export function dequantizeInputs(ints: ArrayLike<number>, { scale, zeroPoint }: AffineInput): Float32Array {
  const x = new Float32Array(ints.length);
  for (let i = 0; i < x.length; i++) x[i] = scale * ((ints[i] ?? 0) - zeroPoint) + 0;
  return x;
}

/**
 * What the zero point adds to the bias of each output, in units of weight step times input step: −z·Σ_j q_j. Adding it
 * to the sums of q_j·x_j over the stored inputs gives the sums over the real ones, exactly; a convolution must then
 * pad with z.
 *
 * @example foldZeroPoint(weight, 64) // weights [[7, -3, 0]]: [-256]
 */
export function foldZeroPoint(weight: QuantTensor, zeroPoint: number): Float64Array {
  const per = Math.max(1, channelSize(weight.shape, 0));
  const sums = new Float64Array(weight.ints.length / per);
  for (let i = 0; i < weight.ints.length; i++) {
    const output = Math.floor(i / per);
    sums[output] = (sums[output] ?? 0) - zeroPoint * (weight.ints[i] ?? 0) + 0;
  }
  return sums;
}
