/** Zip archives: the members that the central directory declares, each unpacked on its own and checked. */
import { inflateSync } from "fflate";
import { crc32 } from "./crc32.ts";
import { type NpyError, npyError } from "./npy-error.ts";
import type { ZipEntry } from "./zip-directory.ts";

// Deflate cannot expand more than 1032 times; a larger claim is a lie that would only cost memory.
const maxInflation = 1032;

/**
 * The content of one member, inflated into exactly the size it declares and checked against its CRC-32.
 *
 * @param file the whole archive, as given to {@link readZipDirectory}
 * @throws NpyError E_NPZ_MEMBER for an unknown method, a false size, damaged data or a wrong checksum
 */
export function unzipEntry(file: Uint8Array, entry: ZipEntry): Uint8Array {
  const content = unpack(file.subarray(entry.offset, entry.offset + entry.packedBytes), entry);
  if (crc32(content) !== entry.crc) throw memberError(entry, "does not match its checksum");
  return content;
}

function unpack(packed: Uint8Array, entry: ZipEntry): Uint8Array {
  if (entry.method === 0) {
    if (entry.bytes !== packed.length) throw memberError(entry, "is stored with two different sizes");
    return packed;
  }
  if (entry.method !== 8) throw memberError(entry, `is packed with method ${entry.method}`);
  if (entry.bytes > packed.length * maxInflation)
    throw memberError(entry, `claims ${entry.bytes} bytes from ${packed.length} deflated ones`);
  const content = inflate(packed, entry);
  if (content.length !== entry.bytes)
    throw memberError(entry, `does not inflate to the ${entry.bytes} bytes it declares`);
  return content;
}

/** One byte more than declared, so that a longer stream is noticed; bytes beyond it are dropped, not stored. */
function inflate(packed: Uint8Array, entry: ZipEntry): Uint8Array {
  try {
    return inflateSync(packed, { out: new Uint8Array(entry.bytes + 1) });
  } catch {
    throw memberError(entry, "is not valid deflate data");
  }
}

/** A refusal located in a member. */
export function memberError(entry: ZipEntry, why: string): NpyError {
  return npyError("E_NPZ_MEMBER", entry.name, { name: entry.name, why });
}
