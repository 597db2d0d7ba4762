/** The central directory of a zip archive (PKWARE APPNOTE 6.3, zip64 included), checked before anything is inflated. */
import { strFromU8 } from "fflate";
import { npyError } from "./npy-error.ts";

/** One member as the central directory declares it. */
export interface ZipEntry {
  readonly name: string;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  /** Where its packed bytes start. */
  readonly offset: number;
}

interface Directory {
  readonly offset: number;
  readonly count: number;
}

const endSignature = 0x06054b50;
const end64Signature = 0x06064b50;
const locator64Signature = 0x07064b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;

/**
 * All members of a zip archive, in the order of its central directory. Local headers give nothing but the place of
 * the data, and every position lies inside the file.
 *
 * @param file the whole archive
 * @throws NpyError E_NPZ_FORMAT, E_NPZ_MEMBER for an encrypted member
 */
export function readZipDirectory(file: Uint8Array): readonly ZipEntry[] {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    return readEntries(view, findDirectory(view));
  } catch (error) {
    // A DataView refuses offsets outside the file; every declared position is checked that way.
    if (error instanceof RangeError) throw npyError("E_NPZ_FORMAT", "", { why: "it points outside itself" });
    throw error;
  }
}

function findDirectory(view: DataView): Directory {
  const last = view.byteLength - 22;
  for (let at = last; at >= Math.max(0, last - 65535); at--) {
    if (view.getUint32(at, true) !== endSignature) continue;
    const count = view.getUint16(at + 10, true);
    const offset = view.getUint32(at + 16, true);
    const is64 = at >= 20 && view.getUint32(at - 20, true) === locator64Signature;
    return is64 ? readEnd64(view, uint64(view, at - 12)) : { count, offset };
  }
  throw npyError("E_NPZ_FORMAT", "", { why: "there is no end-of-directory record" });
}

function readEnd64(view: DataView, at: number): Directory {
  if (view.getUint32(at, true) !== end64Signature)
    throw npyError("E_NPZ_FORMAT", "", { why: "its zip64 record is missing" });
  return { count: uint64(view, at + 32), offset: uint64(view, at + 48) };
}

function readEntries(view: DataView, directory: Directory): readonly ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let i = 0, at = directory.offset; i < directory.count; i++) {
    if (view.getUint32(at, true) !== entrySignature)
      throw npyError("E_NPZ_FORMAT", "", { why: `entry ${i} of its directory is damaged` });
    const nameLength = view.getUint16(at + 28, true);
    const extraLength = view.getUint16(at + 30, true);
    const name = decodeName(bytesAt(view, at + 46, nameLength));
    if (view.getUint16(at + 8, true) & 1) throw npyError("E_NPZ_MEMBER", name, { name, why: "is encrypted" });
    const wide = wideFields(view, at, at + 46 + nameLength, extraLength);
    const entry = {
      name,
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      packedBytes: wide.packedBytes,
      bytes: wide.bytes,
      offset: dataOffset(view, wide.localOffset),
    };
    bytesAt(view, entry.offset, entry.packedBytes);
    entries.push(entry);
    at += 46 + nameLength + extraLength + view.getUint16(at + 32, true);
  }
  return entries;
}

/** UTF-8 as zip writers of today write it, else one character per byte. */
function decodeName(bytes: Uint8Array): string {
  try {
    return strFromU8(bytes);
  } catch {
    return strFromU8(bytes, true);
  }
}

/** Sizes and offset, taken from the zip64 extra field where the 32-bit field says 0xffffffff. */
function wideFields(
  view: DataView,
  entry: number,
  extra: number,
  extraLength: number,
): { bytes: number; packedBytes: number; localOffset: number } {
  let at = extra;
  while (at + 4 <= extra + extraLength && view.getUint16(at, true) !== 1)
    at += 4 + view.getUint16(at + 2, true);
  let next = at + 4;
  const read = (position: number): number => {
    const narrow = view.getUint32(position, true);
    if (narrow !== 0xffffffff || at + 4 > extra + extraLength) return narrow;
    next += 8;
    return uint64(view, next - 8);
  };
  const bytes = read(entry + 24);
  const packedBytes = read(entry + 20);
  return { bytes, packedBytes, localOffset: read(entry + 42) };
}

/** Only the lengths of the local header count; its sizes may be left to a data descriptor. */
function dataOffset(view: DataView, local: number): number {
  if (view.getUint32(local, true) !== localSignature)
    throw npyError("E_NPZ_FORMAT", "", { why: "a member has no local header" });
  return local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
}

function uint64(view: DataView, at: number): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new RangeError("beyond 2^53");
  return value;
}

function bytesAt(view: DataView, offset: number, length: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).subarray(
    offset,
    offset + new DataView(view.buffer, view.byteOffset + offset, length).byteLength,
  );
}
