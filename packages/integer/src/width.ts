/** Bit widths of integers, saturation and wrap-around in two's complement. */

/**
 * Clamps x into [min, max].
 *
 * @example saturate(300, -128, 127) // 127
 */
export function saturate(x: number, min: number, max: number): number {
  return Math.max(min, Math.min(max, x));
}

/**
 * The low `bits` bits of x, read as two's complement.
 *
 * @param x integer, |x| < 2^53
 * @param bits 1 … 53
 * @example wrap(128, 8) // -128; wrap(-129, 8) is 127
 */
export function wrap(x: number, bits: number): number {
  if (bits <= 32) return Number(BigInt.asIntN(bits, BigInt(x)));
  const span = 2 ** bits;
  if (bits > 53) return x;
  const low = Number(((BigInt(x) % BigInt(span)) + BigInt(span)) % BigInt(span));
  return low >= span / 2 ? low - span : low;
}

/**
 * Bits of a non-negative integer: floor(log2(n)) + 1, and 0 for 0. Exact to 2^53, without a logarithm.
 *
 * @example bitLength(127) // 7; bitLength(128) is 8
 */
export function bitLength(n: number): number {
  let rest = n;
  let bits = 0;
  while (rest >= 4294967296) {
    rest = Math.floor(rest / 4294967296);
    bits += 32;
  }
  return bits + 32 - Math.clz32(rest);
}

/**
 * Smallest two's-complement width that holds every integer of [min, max]; at least 1.
 *
 * @example signedWidth(-128, 127) // 8; signedWidth(0, 128) is 9; signedWidth(0, 0) is 1
 */
export function signedWidth(min: number, max: number): number {
  const below = min < 0 ? bitLength(-min - 1) : 0;
  const above = max > 0 ? bitLength(max) : 0;
  return 1 + Math.max(below, above);
}
