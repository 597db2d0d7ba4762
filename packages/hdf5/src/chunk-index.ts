/**
 * The chunk index of an array, looked at before the HDF5 library reads it.
 *
 * In a B-tree of version 1, which has no checksum, the library takes a chunk that it does not find for one that was never
 * written, and gives zeros. Newer indexes have checksums, and the library verifies them.
 *
 * @see HDF5 File Format Specification 3.0, III.A.1, IV.A.1, IV.A.2.i
 */
import { allChunks } from "./direct/array-chunks.ts";
import { FileBytes, giveUp, NotDirect } from "./direct/file-bytes.ts";
import { LibraryFailure } from "./hdf5-library.ts";
import { superblockOffset } from "./signature.ts";

/** The array whose index is looked at. */
export interface IndexedArray {
  readonly path: string;
  /** Of its object header, counted from the base of the file. */
  readonly address: number;
  readonly shape: readonly number[];
  readonly chunk: readonly number[];
  readonly elementBytes: number;
}

/**
 * Makes sure that a B-tree of version 1 leads to every chunk of an array, once; other indexes are left to the library.
 *
 * @throws LibraryFailure where it does not
 */
export function checkChunkIndex(bytes: Uint8Array, array: IndexedArray): void {
  const { path, shape, chunk, elementBytes } = array;
  try {
    const start = superblockOffset(bytes);
    const all = new FileBytes(bytes.subarray(start));
    const base = all.u64(all.u8(8) < 2 ? 24 : 12);
    const file = base === start ? all : new FileBytes(bytes.subarray(base));
    const layout = layoutMessage(file, array.address);
    // Version 3, chunked; from version 4 on there are other indexes.
    if (layout === undefined || file.u8(layout) !== 3 || file.u8(layout + 1) !== 2) return;
    const nothingWritten = file.part(layout + 3, 8).every((byte) => byte === 0xff);
    if (nothingWritten) return;
    const tree = file.u64(layout + 3);
    allChunks(file, { kind: "chunked", tree, chunk, filters: "any" }, shape, elementBytes, path);
  } catch (error) {
    if (!(error instanceof NotDirect)) throw error;
    throw new LibraryFailure(path, `the index of its chunks: ${error.message}`);
  }
}

const continuation = 0x10;
const dataLayout = 0x08;
/** More blocks than any writer needs for one header; they may go round in circles. */
const mostBlocks = 256;

/** Where the body of the layout message stands. */
function layoutMessage(file: FileBytes, address: number): number | undefined {
  const newer = file.u8(address) !== 1;
  const first = newer ? newerHeader(file, address) : olderHeader(file, address);
  const blocks = [first];
  for (let i = 0; i < blocks.length && i < mostBlocks; i++) {
    const { at, end } = blocks[i] ?? first;
    for (let start = at; start + first.prefix <= end; ) {
      const type = newer ? file.u8(start) : file.u16(start);
      const size = file.u16(start + (newer ? 1 : 2));
      const body = start + first.prefix;
      if (type === dataLayout) return body;
      if (type === continuation) {
        const [next, length] = [file.u64(body), file.u64(body + 8)];
        // A newer block stands between a signature and a checksum.
        blocks.push({ ...first, at: next + (newer ? 4 : 0), end: next + length - (newer ? 4 : 0) });
      }
      start = body + size;
    }
  }
  return undefined;
}

/** Messages from `at` to `end`, each after a prefix of so many bytes. */
interface Block {
  readonly at: number;
  readonly end: number;
  readonly prefix: number;
}

function olderHeader(file: FileBytes, address: number): Block {
  return { at: address + 16, end: address + 16 + file.u32(address + 8), prefix: 8 };
}

function newerHeader(file: FileBytes, address: number): Block {
  file.expect(address, "OHDR");
  const flags = file.u8(address + 5);
  const times = (flags & 0x20) === 0 ? 0 : 16;
  const attributes = (flags & 0x10) === 0 ? 0 : 4;
  const width = 1 << (flags & 3);
  const sizeAt = address + 6 + times + attributes;
  const size =
    width === 1
      ? file.u8(sizeAt)
      : width === 2
        ? file.u16(sizeAt)
        : width === 4
          ? file.u32(sizeAt)
          : file.u64(sizeAt);
  const at = sizeAt + width;
  if (at + size > file.length) giveUp("a header beyond the end");
  return { at, end: at + size, prefix: (flags & 4) === 0 ? 4 : 6 };
}
