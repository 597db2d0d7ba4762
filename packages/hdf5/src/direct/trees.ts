/**
 * B-trees of version 1, and the heaps beside them: members of groups, chunks of datasets, texts.
 *
 * @see HDF5 File Format Specification 3.0, III.A, III.B, III.D, III.E
 */
import { LibraryFailure } from "../hdf5-library.ts";
import { decodeText, type FileBytes, giveUp } from "./file-bytes.ts";

/** Members of a group in the order of its tree: by the bytes of their names. */
export function groupMembers(file: FileBytes, tree: number, heap: number): Map<string, number> {
  file.expect(heap, "HEAP");
  const names = file.part(file.u64(heap + 24), file.u64(heap + 8));
  const members = new Map<string, number>();
  let last: Uint8Array = new Uint8Array(0);
  for (const leaf of leaves(file, tree, 0, 8)) {
    file.expect(leaf.child, "SNOD");
    const count = file.u16(leaf.child + 6);
    for (let entry = leaf.child + 8; entry < leaf.child + 8 + 40 * count; entry += 40) {
      // Cache type 2 is a soft link.
      if (file.u32(entry + 16) > 1) giveUp("a soft link");
      const start = file.u64(entry);
      const end = names.indexOf(0, start);
      if (start >= names.length || end < 0) giveUp("a name beyond its heap");
      const bytes = names.subarray(start, end);
      // The library searches; it would list a member that it then does not find.
      if (!ascends(last, bytes)) giveUp("names out of order");
      last = bytes;
      const name = decodeText(bytes);
      members.set(name, file.u64(entry + 8));
    }
  }
  return members;
}

/** By unsigned bytes, as C compares text. */
function ascends(one: Uint8Array, other: Uint8Array): boolean {
  const at = one.findIndex((byte, i) => byte !== other[i]);
  return at < 0 ? one.length < other.length : (one[at] ?? 0) < (other[at] ?? 0);
}

/** One stored chunk: its first element by axis, and where its bytes are. */
export interface Chunk {
  readonly origin: readonly number[];
  readonly at: number;
  readonly length: number;
  /** Whether it went past a filter of its array. */
  readonly skips: boolean;
}

/**
 * The chunks of a dataset.
 *
 * @throws LibraryFailure where the keys do not ascend: the library finds no chunk there and gives zeros for data
 */
export function chunksOf(file: FileBytes, tree: number, rank: number, path: string): Chunk[] {
  // The last coordinate counts bytes of an element: 0, or all of them in the key after the last chunk.
  const originAt = (key: number): number[] =>
    Array.from({ length: rank + 1 }, (_, axis) => file.u64(key + 8 + 8 * axis));
  const keyBytes = 16 + 8 * rank;
  return leaves(file, tree, 1, keyBytes).map(({ key, child }) => {
    const origin = originAt(key);
    if (origin[rank] !== 0 || !precedes(origin, originAt(key + keyBytes + 8)))
      throw new LibraryFailure(path, "the index of its chunks is out of order");
    const length = file.u32(key);
    if (child + length > file.length) giveUp("beyond the end");
    return { origin: origin.slice(0, rank), at: child, length, skips: file.u32(key + 4) !== 0 };
  });
}

function precedes(one: readonly number[], other: readonly number[]): boolean {
  const axis = one.findIndex((n, i) => n !== other[i]);
  return axis >= 0 && (one[axis] ?? 0) < (other[axis] ?? 0);
}

interface Leaf {
  /** Where the key before the child stands. */
  readonly key: number;
  readonly child: number;
}

/** The children of all nodes of level 0, in order. */
function leaves(file: FileBytes, root: number, type: number, keyBytes: number): Leaf[] {
  const found: Leaf[] = [];
  // A node takes 24 bytes at least: a tree with more nodes than that shares them.
  let nodesLeft = file.length / 24;
  const visit = (at: number, expectedLevel: number | undefined): void => {
    file.expect(at, "TREE");
    const level = file.u8(at + 5);
    if (file.u8(at + 4) !== type || (expectedLevel ?? level) !== level || --nodesLeft < 0) giveUp("a tree");
    const count = file.u16(at + 6);
    for (let i = 0, key = at + 24; i < count; i++, key += keyBytes + 8) {
      const child = file.u64(key + keyBytes);
      if (level > 0) visit(child, level - 1);
      else found.push({ key, child });
      if (found.length > nodesLeft + file.length) giveUp("a tree");
    }
  };
  visit(root, undefined);
  return found;
}

/** Texts of variable length, by the heap collections that they stand in; each collection is walked once. */
export class TextHeaps {
  readonly #file: FileBytes;
  readonly #collections = new Map<number, Map<number, Uint8Array>>();

  constructor(file: FileBytes) {
    this.#file = file;
  }

  /** The text that the 16 bytes at `at` refer to. */
  text(at: number): string {
    const length = this.#file.u32(at);
    if (length === 0) return "";
    const stored = this.#collection(this.#file.u64(at + 4)).get(this.#file.u32(at + 12));
    return stored?.length === length ? decodeText(stored) : giveUp("a text of another length");
  }

  #collection(address: number): Map<number, Uint8Array> {
    const known = this.#collections.get(address);
    if (known !== undefined) return known;
    const file = this.#file;
    file.expect(address, "GCOL");
    const end = address + file.part(address, file.u64(address + 8)).length;
    const objects = new Map<number, Uint8Array>();
    for (let at = address + 16; at + 16 <= end; ) {
      const index = file.u16(at);
      const size = file.u64(at + 8);
      // Object 0 is the free space at the end; its size counts its header.
      if (index === 0 && at + size !== end) giveUp("a heap");
      if (index === 0) break;
      if (at + 16 + size > end || objects.has(index)) giveUp("a heap");
      objects.set(index, file.part(at + 16, size));
      at += 16 + Math.ceil(size / 8) * 8;
    }
    this.#collections.set(address, objects);
    return objects;
  }
}
