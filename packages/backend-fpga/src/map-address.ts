/** Addresses of feature maps: bit-packed { c, y, x } in the streams, row-major indices everywhere else. */
import { addressBits } from "./address-bits.ts";

/** Channels, height, width. */
export type MapShape = readonly [channels: number, height: number, width: number];

/** Bits of c, y and x. */
export function fieldBits([channels, height, width]: MapShape): readonly [number, number, number] {
  return [addressBits(channels), addressBits(height), addressBits(width)];
}

/** Bits of an address: packed for a map, of an index otherwise. */
export function streamAddressBits(map: MapShape | null, size: number): number {
  return map === null ? addressBits(size) : fieldBits(map).reduce((a, b) => a + b, 0);
}

/**
 * Address of a row-major index.
 *
 * @example c = 1, y = 5, x = 9 of [2, 34, 34] is 0x1149
 */
export function packAddress(map: MapShape | null, index: number): number {
  if (map === null) return index;
  const [, height, width] = map;
  const [, yBits, xBits] = fieldBits(map);
  const x = index % width;
  const y = Math.floor(index / width) % height;
  const c = Math.floor(index / (width * height));
  return (c * 2 ** yBits + y) * 2 ** xBits + x;
}

/** Row-major index of an address; the inverse of {@link packAddress}. */
export function unpackAddress(map: MapShape | null, address: number): number {
  if (map === null) return address;
  const [, height, width] = map;
  const [, yBits, xBits] = fieldBits(map);
  const x = address % 2 ** xBits;
  const y = Math.floor(address / 2 ** xBits) % 2 ** yBits;
  const c = Math.floor(address / 2 ** (xBits + yBits));
  return (c * height + y) * width + x;
}
