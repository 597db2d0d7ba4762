/**
 * HDF5 as nearly every `.nir` file has it (superblock 0, symbol tables, plain or deflated little-endian arrays, texts of
 * variable length), read without the library: many times faster, without its start, and large arrays without a copy.
 *
 * It judges nothing. Whatever is unusual, damaged or too large throws {@link NotDirect}, and the file is read again by
 * the library, whose word counts.
 */
import { type DType, sizeOf, type Tensor, tensorFromBytes } from "@nirkit/graph";
import type { Dataset, Hdf5File, ObjectKind } from "../hdf5-file.ts";
import { LibraryFailure } from "../hdf5-library.ts";
import { typedView } from "../typed-view.ts";
import { allChunks, largestExpansion, placeChunk, smallestLimit } from "./array-chunks.ts";
import { FileBytes, giveUp, NotDirect, type StoredBytes } from "./file-bytes.ts";
import { inflate } from "./inflate.ts";
import { type HeaderObject, headerObject } from "./object-header.ts";
import { type Chunk, groupMembers, TextHeaps } from "./trees.ts";

type HeaderDataset = Extract<HeaderObject, { kind: "dataset" }>;

interface DirectDataset extends Dataset {
  readonly header: HeaderDataset;
  readonly address: number;
}

/** A large numeric array: what it is, and where its bytes are. */
export interface LargeArray {
  /** Of its header; tells arrays apart. */
  readonly address: number;
  readonly element: DType;
  readonly elementBytes: number;
  readonly shape: readonly number[];
  readonly bytes: number;
  readonly chunk: readonly number[];
  readonly deflated: boolean;
  /** One of the array's own size where it is stored in one piece. */
  readonly chunks: readonly Chunk[];
}

/** What the file can be read with. */
export interface DirectOptions {
  /** Bytes that the arrays may take together. */
  readonly maxBytes: number;
  /** Large arrays may be views of the file's bytes: nobody else changes them. */
  readonly owned: boolean;
}

/** Arrays of this size and more are large: they are not copied out of owned bytes, and may be read ahead. */
const smallestLarge = 2 ** 20;

export class DirectFile implements Hdf5File {
  readonly #file: FileBytes;
  readonly #texts: TextHeaps;
  readonly #options: DirectOptions;
  readonly #root: number;
  readonly #addresses = new Map<string, number | undefined>();
  readonly #objects = new Map<number, HeaderObject>();
  readonly #groups = new Map<number, ReadonlyMap<string, number>>();
  /** Makes the tensor of a large array that was read ahead; the path is for its diagnostics. */
  readonly #ahead = new Map<number, (path: string) => Tensor>();
  #declared = 0;

  /** @throws NotDirect for another superblock than the oldest, at the start of the file */
  constructor(file: Uint8Array | StoredBytes, options: DirectOptions) {
    this.#file = new FileBytes(file);
    this.#texts = new TextHeaps(this.#file);
    this.#options = options;
    const versions = [8, 9, 10, 12].some((at) => this.#file.u8(at) !== 0);
    const widths = this.#file.u8(13) !== 8 || this.#file.u8(14) !== 8;
    // Base address 0, and no driver information: its address is all ones.
    if (versions || widths || this.#file.u64(24) !== 0 || this.#file.u32(52) !== 0xffff_ffff)
      giveUp("another superblock");
    if (this.#file.u64(40) > this.#file.length) giveUp("cut off");
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
    const address = this.#addressOf(path) ?? giveUp("no dataset");
    const header = this.#object(address);
    if (header.kind !== "dataset") return giveUp("no dataset");
    const count = sizeOf(header.shape);
    const bytes = count * header.elementBytes;
    const { layout, element, shape } = header;
    if (layout.kind === "contiguous" && layout.bytes !== bytes) giveUp("another size");
    const dataset: DirectDataset = { path, element, shape, count, bytes, header, address };
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
    const ahead = this.#ahead.get((dataset as DirectDataset).address);
    if (ahead !== undefined) return ahead(dataset.path);
    const stored = this.#elements(dataset as DirectDataset);
    if (element === "float16") return tensorFromBytes(element, [...shape], new Uint8Array(stored));
    const mine = this.#options.owned || stored.buffer !== this.#file.whole?.buffer;
    const viewed = mine && stored.length >= smallestLarge && stored.byteOffset % elementBytes === 0;
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

  /**
   * The large arrays under `/node`, in the order of the file: what can be read ahead. What is damaged, unusual or too
   * large is not among them; it is met again, and judged, when it is read by its path.
   */
  largeArrays(): readonly LargeArray[] {
    const found = new Map<number, LargeArray>();
    const root = this.#addressOf("/node");
    const seen = new Set<number>();
    let left = this.#options.maxBytes;
    const visit = (address: number): void => {
      if (seen.has(address)) return;
      seen.add(address);
      const object = this.#object(address);
      if (object.kind === "group") for (const member of this.#members(address).values()) visit(member);
      else if (object.element !== "string" && object.element !== "float16") {
        const array = this.#largeArray(address, object, object.element);
        if (array === undefined || array.bytes > left) return;
        left -= array.bytes;
        found.set(address, array);
      }
    };
    if (root !== undefined) attempt(() => visit(root));
    return [...found.values()].sort((a, b) => (a.chunks[0]?.at ?? 0) - (b.chunks[0]?.at ?? 0));
  }

  /** Takes the tensor of a large array that was read ahead. */
  provide({ address }: LargeArray, make: (path: string) => Tensor): void {
    this.#ahead.set(address, make);
  }

  #largeArray(address: number, header: HeaderDataset, element: DType): LargeArray | undefined {
    const { shape, elementBytes, layout } = header;
    const bytes = sizeOf(shape) * elementBytes;
    if (bytes < smallestLarge || bytes > this.#file.length * largestExpansion) return undefined;
    const own = { address, element, elementBytes, shape, bytes };
    if (layout.kind === "contiguous") {
      if (layout.bytes !== bytes || layout.at + bytes > this.#file.length) return undefined;
      const whole = { origin: shape.map(() => 0), at: layout.at, length: bytes, skips: false };
      return { ...own, chunk: shape, deflated: false, chunks: [whole] };
    }
    const chunks = attempt(() => allChunks(this.#file, layout, shape, elementBytes, ""));
    return chunks && { ...own, chunk: layout.chunk, deflated: layout.filters === "deflate", chunks };
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
    const storable = Math.max(smallestLimit, this.#file.length * largestExpansion);
    if (bytes > storable || this.#declared > this.#options.maxBytes) giveUp("too large");
  }

  #elements({ path, bytes, header }: DirectDataset): Uint8Array {
    const { layout, shape, elementBytes } = header;
    if (layout.kind === "contiguous") return this.#file.part(layout.at, bytes);
    if (bytes === 0) return new Uint8Array(0);
    const { chunk, filters } = layout;
    const chunkBytes = sizeOf(chunk) * elementBytes;
    const chunks = allChunks(this.#file, layout, shape, elementBytes, path);
    // All of them before the array is allocated: what is damaged takes no memory.
    const decoded = chunks.map(({ at, length }) => {
      const stored = this.#file.part(at, length);
      return filters === "deflate" ? inflate(stored, chunkBytes) : stored;
    });
    const only = decoded.length === 1 ? decoded[0] : undefined;
    if (only !== undefined && chunkBytes === bytes) return only;
    const whole = new Uint8Array(bytes);
    for (const [i, { origin }] of chunks.entries())
      placeChunk(whole, shape, decoded[i] ?? giveUp("no chunk"), chunk, origin, elementBytes);
    return whole;
  }
}

/** What `look` gives, or undefined where the file has to be read by the library, or not at all. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (error instanceof NotDirect || error instanceof LibraryFailure) return undefined;
    throw error;
  }
}
