/** IEEE 754 binary16: exact widening, and narrowing that refuses instead of rounding. */

/**
 * The value of a half-precision bit pattern.
 *
 * @example fromFloat16Bits(0x3555) // 0.333251953125
 */
export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  // Subnormals count in 2^-24; normals add the hidden bit.
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * The bit pattern of a value, or undefined where half precision cannot hold it exactly.
 *
 * @example toFloat16Bits(-2) // 0xc000; toFloat16Bits(0.1) is undefined
 */
export function toFloat16Bits(value: number): number | undefined {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00;
  if (magnitude === 0) return sign;
  let exponent = 15;
  while (exponent > -14 && magnitude < 2 ** exponent) exponent--;
  const fraction = magnitude / 2 ** (exponent - 10); // exact; in [1024, 2048) unless subnormal
  if (!Number.isInteger(fraction) || fraction >= 2048) return undefined;
  return sign | (fraction < 1024 ? fraction : ((exponent + 15) << 10) | (fraction - 1024));
}
