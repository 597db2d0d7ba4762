/**
 * Lists of variable length lie in global heap collections. The HDF5 library follows a damaged size in one without end,
 * so that they are walked here first.
 *
 * @see HDF5 File Format Specification 3.0, III.E
 */

/** `GCOL`, version 1, three reserved zeros. */
const mark = [0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0];
const headerBytes = 16;
const smallestCollection = 4096;

/** Where a collection lies whose objects do not fill it one behind the other; undefined when all are sound. */
export function damagedHeap(bytes: Uint8Array): number | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.indexOf(0x47); at >= 0; at = bytes.indexOf(0x47, at + 1)) {
    if (at + headerBytes > bytes.length || !mark.every((byte, k) => bytes[at + k] === byte)) continue;
    // The library takes 32 bits of a size, and itself refuses one that is too small or reaches beyond the file.
    const size = view.getUint32(at + 8, true);
    if (
      size >= smallestCollection &&
      size <= bytes.length - at &&
      !isFilled(view, at + headerBytes, at + size)
    )
      return at;
  }
  return undefined;
}

function isFilled(view: DataView, start: number, end: number): boolean {
  let at = start;
  while (at + headerBytes <= end) {
    const free = view.getUint16(at, true) === 0;
    const size = Number(view.getBigUint64(at + 8, true));
    // Free space counts its own header; objects are padded to 8 bytes behind theirs.
    const whole = free ? size : headerBytes + Math.ceil(size / 8) * 8;
    if (whole < 8 || at + whole > end) return false;
    at += whole;
  }
  return true;
}
