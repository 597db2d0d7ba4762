/**
 * Global heap collections, which hold the texts of variable length. The library follows the sizes in a damaged one
 * without end, so they are walked here first.
 *
 * @see HDF5 File Format Specification 3.0, III.E
 */

/** `GCOL`, version 1, three reserved zeros. */
const signature = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0] as const;
const headerSize = 16;
const smallest = 4096;

/** The offset of a collection whose objects do not tile it; undefined when all are sound. */
export function brokenGlobalHeap(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.indexOf(signature[0]); at >= 0; at = bytes.indexOf(signature[0], at + 1)) {
    if (!signature.every((byte, i) => bytes[at + i] === byte) || at + headerSize > bytes.length) continue;
    // The library's sizes have 32 bits: of a damaged larger one it takes what is left.
    const size = view.getUint32(at + 8, true);
    // What is no collection size is refused by the library; these bytes may also be a tensor's.
    if (size < smallest || size > bytes.length - at) continue;
    if (!isTiled(view, at, size)) return at;
  }
  return undefined;
}

function isTiled(view: DataView, start: number, size: number): boolean {
  const end = start + size;
  let at = start + headerSize;
  while (at + headerSize <= end) {
    const index = view.getUint16(at, true);
    const stored = view.getBigUint64(at + 8, true);
    if (stored > end - at) return false;
    // Object 0 is the free space and counts its own header; the others are padded to 8 bytes.
    const needed = index === 0 ? Number(stored) : headerSize + Math.ceil(Number(stored) / 8) * 8;
    if (needed < 8 || at + needed > end) return false;
    at += needed;
  }
  return true;
}
