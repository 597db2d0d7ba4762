/**
 * Integer decays of a membrane or a synaptic current. The three forms are not interchangeable: from +100 with
 * k = 3 and no input, U − (U >> 3) sticks at 7 while (U·7) >> 3 reaches 0; from −100 it is the other way round.
 */

/** Rounding of the product in {@link leakMul}. */
export type LeakRounding = "floor" | "zero" | "rne";

/**
 * Arithmetic shift right: floor(x / 2^k).
 *
 * @param x integer, |x| <= 2^53
 * @param k 0 … 52
 */
export function shiftRight(x: number, k: number): number {
  return Math.floor(x / 2 ** k) + 0; // the quotient is exact: only the exponent changes
}

/**
 * U − (U >> k): decay by 1 − 2^−k.
 *
 * @example leakShift(100, 3) // 88; leakShift(-100, 3) is -87
 */
export function leakShift(u: number, k: number): number {
  return u - shiftRight(u, k);
}

/**
 * (U · mul) >> shift with a stated rounding: decay by mul / 2^shift.
 *
 * Exact for every |u| and mul up to 2^53: the product goes through BigInt where it may pass 2^53.
 *
 * @param mul non-negative integer
 * @example leakMul(-100, 3584, 12, "floor") // -88; "zero" gives -87, "rne" gives -88
 */
export function leakMul(u: number, mul: number, shift: number, rounding: LeakRounding): number {
  const product = u * mul;
  // 2^52 leaves room for the rounding offset below.
  if (Math.abs(product) >= 4503599627370496) return Number(leakMulBig(u, mul, shift, rounding));
  const unit = 2 ** shift;
  const quotient = Math.floor(product / unit);
  const remainder = product - quotient * unit;
  if (rounding === "floor") return quotient + 0; // + 0 turns −0 into 0
  if (rounding === "zero") return quotient + (product < 0 && remainder > 0 ? 1 : 0) + 0;
  const half = unit / 2;
  return quotient + (remainder > half || (remainder === half && quotient % 2 !== 0 && shift > 0) ? 1 : 0) + 0;
}

function leakMulBig(u: number, mul: number, shift: number, rounding: LeakRounding): bigint {
  const product = BigInt(u) * BigInt(mul);
  const quotient = product >> BigInt(shift);
  const remainder = product - (quotient << BigInt(shift));
  if (rounding === "floor") return quotient;
  if (rounding === "zero") return quotient + (product < 0n && remainder > 0n ? 1n : 0n);
  const half = shift === 0 ? 1n : 1n << BigInt(shift - 1);
  return quotient + (remainder > half || (remainder === half && (quotient & 1n) === 1n) ? 1n : 0n);
}
