/** Packing of equal-width bit patterns into bytes, little-endian in bit order: code 0 starts at bit 0 of byte 0. */

/**
 * Packs codes of `bits` bits one behind the other.
 *
 * @param codes each in [0, 2^bits); negative codes give their low bits (two's complement)
 * @param bits 1 … 32
 * @returns ceil(codes.length · bits / 8) bytes; unused high bits of the last byte are 0
 * @example packBits([7, 13, 0], 4) // [0xd7, 0x00]
 */
export function packBits(codes: ArrayLike<number>, bits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((codes.length * bits) / 8));
  for (let i = 0, position = 0; i < codes.length; i++) {
    const code = (codes[i] ?? 0) >>> 0;
    for (let bit = 0; bit < bits; bit++, position++)
      if ((code >>> bit) & 1) bytes[position >>> 3] = (bytes[position >>> 3] ?? 0) | (1 << (position & 7));
  }
  return bytes;
}

/**
 * The inverse of {@link packBits}.
 *
 * @param count number of codes to read
 * @throws RangeError when the bytes hold fewer
 */
export function unpackBits(bytes: Uint8Array, bits: number, count: number): Uint32Array {
  if (bytes.length * 8 < count * bits)
    throw new RangeError(`unpackBits: ${bytes.length} bytes hold fewer than ${count} codes of ${bits} bits`);
  const codes = new Uint32Array(count);
  for (let i = 0, position = 0; i < count; i++) {
    let code = 0;
    for (let bit = 0; bit < bits; bit++, position++)
      code |= (((bytes[position >>> 3] ?? 0) >>> (position & 7)) & 1) << bit;
    codes[i] = code;
  }
  return codes;
}
