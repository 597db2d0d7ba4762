/** CRC-32 of zip (ISO 3309, polynomial 0xedb88320 reflected). */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit++)
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});

/**
 * The checksum of zip and gzip.
 *
 * @example crc32(new TextEncoder().encode("123456789")) // 0xcbf43926
 */
export function crc32(bytes: Uint8Array): number {
  let remainder = 0xffffffff;
  for (let i = 0; i < bytes.length; i++)
    remainder = (remainder >>> 8) ^ (table[(remainder ^ (bytes[i] ?? 0)) & 255] ?? 0);
  return (remainder ^ 0xffffffff) >>> 0;
}
