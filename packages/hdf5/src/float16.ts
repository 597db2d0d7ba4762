/** IEEE 754 binary16, for runtimes without Float16Array. */

/** Widens 16-bit patterns to float32; every binary16 value is exact in binary32. */
export function decodeFloat16(bits: Uint16Array): Float32Array {
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) {
    const pattern = bits[i] ?? 0;
    const sign = pattern & 0x8000 ? -1 : 1;
    const exponent = (pattern >> 10) & 31;
    const fraction = pattern & 0x3ff;
    if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else if (exponent < 31) values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    else values[i] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return values;
}

/** Narrows to 16-bit patterns, to nearest, ties to even; exact for values that came from binary16. */
export function encodeFloat16(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, encode);
}

function encode(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00; // 65520 and more round to infinity
  if (magnitude >= 0x38800000) return sign | roundedShift(magnitude - 0x38000000, 13);
  if (magnitude < 0x33000000) return sign; // below half the smallest subnormal, 2^-25
  const exponent = magnitude >>> 23;
  return sign | roundedShift((magnitude & 0x7fffff) | 0x800000, 126 - exponent);
}

function roundedShift(value: number, by: number): number {
  const kept = value >>> by;
  const rest = value & (2 ** by - 1);
  const half = 2 ** (by - 1);
  return rest > half || (rest === half && (kept & 1) === 1) ? kept + 1 : kept;
}
