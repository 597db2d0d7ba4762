/** gzip and zlib with a bound on what comes out: the size that a file declares is not believed. */
import { crc32 } from "@nirkit/npy";
import { Gunzip, Unzlib } from "fflate";
import { eventsError } from "../diagnostics.ts";

/** Most bytes that are unpacked when nothing else is said; the MNIST images take 47 MB. */
export const maxUnpackedBytes: number = 2 ** 30;

/** Packed bytes given at once: deflate gives at most 1032 times as many. */
const pieceBytes = 65536;

/** True for the mark of gzip. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The content of a gzip file of one member, checked against its CRC-32.
 *
 * @throws E_GZIP; E_EVENTS_LIMIT for more than `limit` bytes
 */
export function gunzip(bytes: Uint8Array, path = "", limit: number = maxUnpackedBytes): Uint8Array {
  if (bytes.length < 18) throw eventsError("E_GZIP", path, { why: "it is too short" });
  const content = collect(bytes, (take) => new Gunzip(take), path, limit);
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 8, 8);
  if (view.getUint32(4, true) !== content.length % 2 ** 32 || view.getUint32(0, true) !== crc32(content))
    throw eventsError("E_GZIP", path, { why: "it does not match its checksum" });
  return content;
}

/**
 * The content of a zlib stream, checked against its Adler-32.
 *
 * @throws E_GZIP, E_EVENTS_LIMIT
 */
export function unzlib(bytes: Uint8Array, path = "", limit: number = maxUnpackedBytes): Uint8Array {
  if (bytes.length < 6) throw eventsError("E_GZIP", path, { why: "it is too short" });
  const content = collect(bytes, (take) => new Unzlib(take), path, limit);
  const view = new DataView(bytes.buffer, bytes.byteOffset + bytes.length - 4, 4);
  if (view.getUint32(0) !== adler32(content))
    throw eventsError("E_GZIP", path, { why: "it does not match its checksum" });
  return content;
}

interface Inflater {
  push(piece: Uint8Array, last: boolean): void;
}

class TooLarge extends Error {}

function collect(
  bytes: Uint8Array,
  make: (take: (piece: Uint8Array) => void) => Inflater,
  path: string,
  limit: number,
): Uint8Array {
  const pieces: Uint8Array[] = [];
  let total = 0;
  const inflater = make((piece) => {
    total += piece.length;
    if (total > limit) throw new TooLarge();
    pieces.push(piece);
  });
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      inflater.push(bytes.subarray(at, at + pieceBytes), at + pieceBytes >= bytes.length);
  } catch (error) {
    if (error instanceof TooLarge)
      throw eventsError("E_EVENTS_LIMIT", path, { what: "bytes or more, unpacked", found: total, limit });
    throw eventsError("E_GZIP", path, { why: error instanceof Error ? error.message : "it is damaged" });
  }
  const content = new Uint8Array(total);
  let at = 0;
  for (const piece of pieces) {
    content.set(piece, at);
    at += piece.length;
  }
  return content;
}

/** Sums of 5552 bytes stay below 2^32 (RFC 1950). */
function adler32(bytes: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let from = 0; from < bytes.length; from += 5552) {
    const to = Math.min(bytes.length, from + 5552);
    for (let i = from; i < to; i++) {
      a += bytes[i] as number;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}
