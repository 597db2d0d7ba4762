/** How a weight stands in its memory: the integer itself, or sign and exponent of a power of two. */
import { bitLength, signedWidth } from "@nirkit/integer";
import { decodeShifts, encodeShifts, shiftCoding } from "./weight-shifts.ts";

/**
 * - `integer`: two's complement.
 * - `pot`: sign, then m; 0 where m = 0, else (−1)^sign · 2^(m−1). The pattern 10…0 also reads as 0 and is never written.
 * - `pot-nozero`: sign, then m; (−1)^sign · 2^m.
 * - `shifts`, `signed-shifts`: several of them (`weight-shifts.ts`).
 */
export const weightCodes = ["integer", "pot", "pot-nozero", "shifts", "signed-shifts"] as const;

/** One of them. */
export type WeightCode = (typeof weightCodes)[number];

/** A code and the bits of one weight in it. */
export interface WeightCoding {
  readonly code: WeightCode;
  readonly bits: number;
  /** Largest exponent of every slot, of codes with several shifts. */
  readonly slots?: readonly number[] | undefined;
}

/** What decides between codes besides the weights. */
export interface CodingRequest {
  /** Signed bits of an input value; 0 for spikes. */
  readonly valueBits: number;
  /** `off`: always integers. */
  readonly bac: "auto" | "off";
  /** The scheme makes sums of few powers of two: shift them, where there are values to shift. */
  readonly severalShifts?: boolean;
  /** Largest weight that has to fit besides, of either sign: other weights may be loaded. */
  readonly most?: number;
}

/**
 * The code of a weight memory. Powers of two are stored as such where that takes fewer bits, or as many while values
 * come in, because a shift then stands in place of a product. Decided by the integers alone: what the scheme was called
 * does not matter, but for several shifts, which take more bits than the integer.
 *
 * @example chooseCode([64, -32, 0], { valueBits: 0, bac: "auto" }) // { code: "pot", bits: 4 }
 */
export function chooseCode(weights: ArrayLike<number>, request: CodingRequest): WeightCoding {
  const { valueBits, bac, severalShifts = false, most } = request;
  if (most !== undefined) {
    const { most: _, ...rest } = request;
    return chooseCode([...Array.from(weights), most, -most, 0], rest);
  }
  let [bits, largest, hasZero, isPower] = [1, 0, false, true];
  for (let k = 0; k < weights.length; k++) {
    const w = weights[k] as number;
    const size = Math.abs(w);
    bits = Math.max(bits, signedWidth(w, w));
    hasZero ||= size === 0;
    isPower &&= size === 0 || 2 ** (bitLength(size) - 1) === size;
    largest = Math.max(largest, size);
  }
  const integer: WeightCoding = { code: "integer", bits };
  if (bac === "off" || largest === 0) return integer;
  if (!isPower) return (severalShifts && valueBits > 0 ? shiftCoding(weights) : undefined) ?? integer;
  const exponent = bitLength(largest) - 1;
  const withZero = 1 + bitLength(exponent + 1);
  const without = 1 + Math.max(1, bitLength(exponent));
  const pot: WeightCoding =
    !hasZero && without < withZero ? { code: "pot-nozero", bits: without } : { code: "pot", bits: withZero };
  return pot.bits < bits || (valueBits > 0 && pot.bits === bits) ? pot : integer;
}

/**
 * Pattern of a weight, as an unsigned number for powers of two.
 *
 * @example encodeWeight(-32, { code: "pot", bits: 4 }) // 14
 */
export function encodeWeight(weight: number, { code, bits, slots = [] }: WeightCoding): number {
  if (code === "integer") return weight;
  if (code === "shifts" || code === "signed-shifts") return encodeShifts(weight, { code, slots });
  if (weight === 0) return 0;
  const exponent = bitLength(Math.abs(weight)) - 1;
  return (weight < 0 ? 2 ** (bits - 1) : 0) + exponent + (code === "pot" ? 1 : 0);
}

/**
 * Weight of a pattern; total, the inverse of {@link encodeWeight} on what it gives.
 *
 * @example decodeWeight(14, { code: "pot", bits: 4 }) // -32
 */
export function decodeWeight(pattern: number, { code, bits, slots = [] }: WeightCoding): number {
  if (code === "integer") return pattern;
  if (code === "shifts" || code === "signed-shifts") return decodeShifts(pattern, { code, slots });
  const half = 2 ** (bits - 1);
  const m = pattern % half;
  if (code === "pot" && m === 0) return 0;
  const size = 2 ** (code === "pot" ? m - 1 : m);
  return pattern >= half ? -size : size;
}

/** Bits of the largest magnitude that a code of that many bits can stand for. */
export function magnitudeBits({ code, bits, slots = [] }: WeightCoding): number {
  if (code === "integer") return bits - 1;
  if (code === "shifts" || code === "signed-shifts") return 1 + (slots[0] ?? 0);
  return 2 ** (bits - 1) - (code === "pot" ? 1 : 0);
}
