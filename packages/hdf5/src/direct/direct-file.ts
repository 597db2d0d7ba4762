/**
 * HDF5 as nearly every `.nir` file has it (superblock 0, symbol tables, plain or deflated little-endian arrays, texts of
 * variable length), read without the library: many times faster, without its start, and large arrays without a copy.
 *
 * It judges nothing. Whatever is unusual, damaged or too large throws {@link NotDirect}, and the file is read again by
 * the library, whose word counts.
 */
import { sizeOf, type Tensor, tensorFromBytes } from "@nirkit/graph";
import type { Dataset, Hdf5File, ObjectKind } from "../hdf5-file.ts";
import { LibraryFailure } from "../hdf5-library.ts";
import { typedView } from "../typed-view.ts";
import { FileBytes, giveUp } from "./file-bytes.ts";
import { inflate } from "./inflate.ts";
import { type HeaderObject, headerObject } from "./object-header.ts";
import { chunksOf, groupMembers, TextHeaps } from "./trees.ts";

type HeaderDataset = Extract<HeaderObject, { kind: "dataset" }>;

interface DirectDataset extends Dataset {
  readonly header: HeaderDataset;
}

/** What the file can be read with. */
export interface DirectOptions {
  /** Bytes that the arrays may take together. */
  readonly maxBytes: number;
  /** Large arrays may be views of the file's bytes: nobody else changes them. */
  readonly owned: boolean;
}

/** Arrays of this size and more are not copied out of owned bytes. */
const smallestView = 2 ** 20;

/** deflate gains at most 1032:1. */
const largestExpansion = 1100;

export class DirectFile implements Hdf5File {
  readonly #file: FileBytes;
  readonly #texts: TextHeaps;
  readonly #options: DirectOptions;
  readonly #root: number;
  readonly #addresses = new Map<string, number | undefined>();
  readonly #objects = new Map<number, HeaderObject>();
  readonly #groups = new Map<number, ReadonlyMap<string, number>>();
  #declared = 0;

  /** @throws NotDirect for another superblock than the oldest, at the start of the file */
  constructor(bytes: Uint8Array, options: DirectOptions) {
    this.#file = new FileBytes(bytes);
    this.#texts = new TextHeaps(this.#file);
    this.#options = options;
    const versions = [8, 9, 10, 12].some((at) => this.#file.u8(at) !== 0);
    const widths = this.#file.u8(13) !== 8 || this.#file.u8(14) !== 8;
    // Base address 0, and no driver information: its address is all ones.
    if (versions || widths || this.#file.u64(24) !== 0 || this.#file.u32(52) !== 0xffff_ffff)
      giveUp("another superblock");
    this.#root = this.#file.u64(64);
  }

  members(path: string): readonly string[] {
    return [...this.#members(this.#addressOf(path) ?? giveUp("no group")).keys()];
  }

  kind(path: string): ObjectKind {
    const address = this.#addressOf(path);
    return address === undefined ? "nothing" : this.#object(address).kind;
  }

  address(path: string): string {
    return String(this.#addressOf(path) ?? giveUp("no object"));
  }

  dataset(path: string): Dataset {
    const header = this.#object(this.#addressOf(path) ?? giveUp("no dataset"));
    if (header.kind !== "dataset") return giveUp("no dataset");
    const count = sizeOf(header.shape);
    const bytes = count * header.elementBytes;
    const { layout, element, shape } = header;
    if (layout.kind === "contiguous" && layout.bytes !== bytes) giveUp("another size");
    const dataset: DirectDataset = { path, element, shape, count, bytes, header };
    return dataset;
  }

  attributes(): never {
    return giveUp("attributes");
  }

  attribute(): never {
    return giveUp("attributes");
  }

  tensor(dataset: Dataset): Tensor {
    const { element, elementBytes, shape } = (dataset as DirectDataset).header;
    if (element === "string") return giveUp("text");
    this.#admit(dataset.bytes);
    const stored = this.#elements(dataset as DirectDataset);
    if (element === "float16") return tensorFromBytes(element, [...shape], new Uint8Array(stored));
    const mine = this.#options.owned || stored.buffer !== this.#file.bytes.buffer;
    const viewed = mine && stored.length >= smallestView && stored.byteOffset % elementBytes === 0;
    const own = viewed ? stored : new Uint8Array(stored);
    const data = typedView(element, own.buffer as ArrayBuffer, own.byteOffset, dataset.count);
    return { dtype: element, shape: [...shape], data } as Tensor;
  }

  strings(dataset: Dataset): readonly string[] {
    const { element, layout } = (dataset as DirectDataset).header;
    if (element !== "string" || layout.kind !== "contiguous") return giveUp("no text");
    this.#admit(dataset.bytes);
    this.#file.part(layout.at, layout.bytes);
    return Array.from({ length: dataset.count }, (_, i) => this.#texts.text(layout.at + 16 * i));
  }

  #addressOf(path: string): number | undefined {
    if (path === "" || path === "/") return this.#root;
    if (this.#addresses.has(path)) return this.#addresses.get(path);
    const slash = path.lastIndexOf("/");
    const parent = this.#addressOf(path.slice(0, slash));
    const address =
      parent === undefined || this.#object(parent).kind !== "group"
        ? undefined
        : this.#members(parent).get(path.slice(slash + 1));
    this.#addresses.set(path, address);
    return address;
  }

  #object(address: number): HeaderObject {
    const known = this.#objects.get(address);
    if (known !== undefined) return known;
    const object = headerObject(this.#file, address);
    this.#objects.set(address, object);
    return object;
  }

  #members(address: number): ReadonlyMap<string, number> {
    const known = this.#groups.get(address);
    if (known !== undefined) return known;
    const group = this.#object(address);
    if (group.kind !== "group") return giveUp("no group");
    const members = groupMembers(this.#file, group.tree, group.heap);
    this.#groups.set(address, members);
    return members;
  }

  /** What is more than the file can hold, or the caller allows, is refused by the library in its words. */
  #admit(bytes: number): void {
    this.#declared += bytes;
    const storable = Math.max(smallestView, this.#file.bytes.length * largestExpansion);
    if (bytes > storable || this.#declared > this.#options.maxBytes) giveUp("too large");
  }

  #elements({ path, bytes, header }: DirectDataset): Uint8Array {
    const { layout, shape, elementBytes } = header;
    if (layout.kind === "contiguous") return this.#file.part(layout.at, bytes);
    if (bytes === 0) return new Uint8Array(0);
    const { chunk, deflated, tree } = layout;
    const chunkBytes = sizeOf(chunk) * elementBytes;
    const grid = shape.map((n, axis) => Math.ceil(n / (chunk[axis] ?? 1)));
    const chunks = chunksOf(this.#file, tree, shape.length, path);
    // Chunks that were never written have the fill value; two at one place are damage.
    const inside = (start: number, axis: number): boolean =>
      start % (chunk[axis] ?? 1) === 0 && start < (shape[axis] ?? 0);
    if (!chunks.every(({ origin }) => origin.every(inside)))
      throw new LibraryFailure(path, "a chunk lies beyond the array");
    const places = new Set(chunks.map(({ origin }) => origin.join()));
    if (places.size !== sizeOf(grid) || chunks.length !== places.size) giveUp("missing chunks");
    const raw = chunks.map(({ origin, stored }) => ({
      origin,
      decoded: decode(stored, chunkBytes, deflated),
    }));
    const only = raw.length === 1 ? raw[0] : undefined;
    if (only !== undefined && chunkBytes === bytes) return only.decoded;
    const whole = new Uint8Array(bytes);
    for (const { origin, decoded } of raw) place(whole, shape, decoded, chunk, origin, elementBytes);
    return whole;
  }
}

function decode(stored: Uint8Array, chunkBytes: number, deflated: boolean): Uint8Array {
  if (chunkBytes > Math.max(smallestView, stored.length * largestExpansion)) giveUp("too large");
  const decoded = deflated ? inflate(stored, chunkBytes) : stored;
  return decoded.length === chunkBytes ? decoded : giveUp("a chunk of another size");
}

/** Copies one chunk, cut at the edges of the array, to its place, row by row of the last axis. */
function place(
  whole: Uint8Array,
  shape: readonly number[],
  decoded: Uint8Array,
  chunk: readonly number[],
  origin: readonly number[],
  elementBytes: number,
): void {
  const rank = shape.length;
  const extent = shape.map((n, axis) => {
    const [start = 0, length = 0] = [origin[axis], chunk[axis]];
    return start % length === 0 && start < n
      ? Math.min(length, n - start)
      : giveUp("a chunk beyond the array");
  });
  // Axes that the chunk covers whole from here on are contiguous in both.
  let axis = rank - 1;
  let run = elementBytes;
  for (; axis > 0 && chunk[axis] === shape[axis]; axis--) run *= shape[axis] ?? 1;
  run *= extent[axis] ?? 1;
  const index = Array<number>(axis).fill(0);
  for (;;) {
    let [from, to] = [0, 0];
    for (let d = 0; d < rank; d++) {
      const step = d < axis ? (index[d] ?? 0) : 0;
      from = from * (chunk[d] ?? 1) + step;
      to = to * (shape[d] ?? 1) + (origin[d] ?? 0) + step;
    }
    whole.set(decoded.subarray(from * elementBytes, from * elementBytes + run), to * elementBytes);
    let d = axis - 1;
    for (; d >= 0; d--) {
      const next = (index[d] ?? 0) + 1;
      index[d] = next === extent[d] ? 0 : next;
      if (index[d] !== 0) break;
    }
    if (d < 0) return;
  }
}
