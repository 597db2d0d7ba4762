/** Writes groups and datasets into a new HDF5 file in memory: the oldest format, no times, no attributes. */
import { InternalError, NirkitError, type Tensor, tensorBytes } from "@nirkit/graph";
import { startLibrary } from "./container.ts";
import { hdf5Diagnostic } from "./diagnostics.ts";
import { type Hdf5Library, type Hdf5Module, LibraryFailure, type RawStorage } from "./hdf5-library.ts";
import { type StandIn, touchUpHeader } from "./object-header.ts";

/** `none`, or gzip with its level; arrays below 4 KiB are never compressed. */
export type Compression = "none" | { readonly gzip: number };

/** Chunking costs a B-tree per dataset; below this size that is more than gzip saves. */
const smallestCompressed = 4096;
const largestChunk = 2 ** 20;

const fileName = "/nirkit-new.h5";
const truncate = 2;
const earliest = 0;
const v110 = 2;

/** Text, or a tensor, in a file that is to be written. */
export type Content =
  | Tensor
  | string
  | readonly string[]
  | { readonly pairs: readonly (readonly string[])[] };

/** A group: members by name. */
export interface Tree extends ReadonlyMap<string, Tree | Content> {}

/** A group with attributes: single texts and numbers. */
export class AttributedTree extends Map<string, Tree | Content> implements Tree {
  readonly attributes: readonly (readonly [string, string | Tensor])[];

  constructor(
    members: Iterable<readonly [string, Tree | Content]>,
    attributes: readonly (readonly [string, string | Tensor])[],
  ) {
    super(members);
    this.attributes = attributes;
  }
}

/**
 * Encodes a tree of groups as an HDF5 file. Members are written in the order of their UTF-8 names, so that equal
 * trees give equal bytes.
 *
 * @throws NirkitError E_NOT_WRITABLE when the library fails, which it does for lack of memory
 */
export async function encodeHdf5(root: Tree, compression: Compression): Promise<Uint8Array> {
  const library = await startLibrary();
  const { FS } = library.module;
  try {
    const addresses = writeFile(library, root, compression);
    const bytes = FS.readFile(fileName);
    for (const [address, standIn] of addresses) touchUpHeader(bytes, address, standIn);
    return bytes;
  } catch (error) {
    if (!(error instanceof LibraryFailure)) throw error;
    const hint = "The library has at most 2 GiB of memory; write a smaller graph";
    throw new NirkitError([
      hdf5Diagnostic("E_NOT_WRITABLE", error.path, { what: `The HDF5 library fails: ${error.reason}`, hint }),
    ]);
  } finally {
    if (FS.analyzePath(fileName).exists) FS.unlink(fileName);
  }
}

type Addresses = ReadonlyMap<number, StandIn | undefined>;

function writeFile(library: Hdf5Library, root: Tree, compression: Compression): Addresses {
  const id = library.call(
    "/",
    (m) => m.open(fileName, truncate, false, earliest, v110),
    (file) => file < 0n,
  );
  try {
    const writer = new Writer(library, id, compression);
    writer.group("", root);
    return writer.addresses;
  } finally {
    if (library.usable) library.call("/", (m) => m.close_file(id));
  }
}

class Writer {
  readonly addresses = new Map<number, StandIn | undefined>();
  readonly #library: Hdf5Library;
  readonly #id: bigint;
  readonly #compression: Compression;

  constructor(library: Hdf5Library, id: bigint, compression: Compression) {
    this.#library = library;
    this.#id = id;
    this.#compression = compression;
  }

  group(path: string, tree: Tree): void {
    if (tree instanceof AttributedTree)
      for (const [name, value] of tree.attributes) this.#attribute(path === "" ? "/" : path, name, value);
    for (const [name, content] of [...tree].sort(byUtf8Name)) {
      const at = `${path}/${name}`;
      if (content instanceof Map) {
        this.#library.call(at, (m) => m.create_group(this.#id, at, false));
        this.group(at, content);
      } else this.#dataset(at, content as Content);
    }
  }

  #dataset(path: string, content: Content): void {
    if (typeof content === "string") this.#texts(path, [content], []);
    else if (isTexts(content)) this.#texts(path, content, [content.length]);
    else if ("pairs" in content) this.#texts(path, content.pairs.flat(), [content.pairs.length, 2]);
    else this.#tensor(path, content);
    const reference = this.#library.call(path, (m) => m.create_object_reference(this.#id, path));
    const address = new DataView(Uint8Array.from(reference).buffer).getBigUint64(0, true);
    this.addresses.set(Number(address), standInOf(content));
  }

  #texts(path: string, texts: readonly string[], shape: readonly number[]): void {
    const storage = storageOf({ type: 3, size: 4, signed: false, vlen: true }, shape);
    this.#library.call(path, (m) => m.create_vlen_str_dataset(this.#id, path, texts, storage));
  }

  #tensor(path: string, tensor: Tensor): void {
    const bytes = tensorBytes(tensor);
    const { type, size, signed } = elementOf(tensor);
    const bare = storageOf({ type, size, signed, vlen: false }, tensor.shape);
    const storage = standInOf(tensor) === undefined ? bare : { ...bare, ...compoundOf(size) };
    const compressed =
      this.#compression !== "none" && tensor.shape.length > 0 && bytes.length >= smallestCompressed
        ? { ...storage, ...gzipped(tensor.shape, size, this.#compression.gzip) }
        : storage;
    this.#withBytes(path, bytes, (m, at) => m.create_dataset(this.#id, path, BigInt(at), compressed));
  }

  #attribute(path: string, name: string, value: string | Tensor): void {
    if (typeof value === "string") {
      const storage = storageOf({ type: 3, size: 4, signed: false, vlen: true }, []);
      this.#library.call(path, (m) => m.create_vlen_str_attribute(this.#id, path, name, [value], storage));
      return;
    }
    const storage = storageOf({ ...elementOf(value), vlen: false }, value.shape);
    this.#withBytes(path, tensorBytes(value), (m, at) =>
      m.create_attribute(this.#id, path, name, BigInt(at), storage),
    );
  }

  #withBytes(path: string, bytes: Uint8Array, create: (module: Hdf5Module, at: number) => unknown): void {
    const at = this.#library.call(
      path,
      (m) => m._malloc(Math.max(1, bytes.length)),
      (pointer) => pointer === 0,
    );
    try {
      this.#library.module.HEAPU8.set(bytes, at);
      this.#library.call(path, (m) => create(m, at));
    } finally {
      if (this.#library.usable) this.#library.module._free(at);
    }
  }
}

function isTexts(content: Content): content is readonly string[] {
  return Array.isArray(content);
}

function standInOf(content: Content): StandIn | undefined {
  if (typeof content === "string" || !("dtype" in content)) return undefined;
  return content.dtype === "float16" || content.dtype === "bool" ? content.dtype : undefined;
}

/** UTF-8 sorts by code point. */
function byUtf8Name([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  const left = [...a];
  const right = [...b];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

interface Element {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
}

function elementOf({ dtype }: Tensor): Element {
  if (dtype === "bool") return { type: 0, size: 1, signed: true };
  const parts = /^(u?)(int|float)(\d+)$/.exec(dtype);
  if (parts === null) throw new InternalError(`dtype ${dtype} has no element type`);
  return { type: parts[2] === "float" ? 1 : 0, size: Number(parts[3]) / 8, signed: parts[1] !== "u" };
}

function storageOf(element: Element & { readonly vlen: boolean }, shape: readonly number[]): RawStorage {
  const dims = shape.map(BigInt);
  return { ...element, shape: dims, maxshape: dims, chunks: null, compression: 0, compression_opts: [] };
}

/** A compound of one integer, as wide as the element that it stands for. */
function compoundOf(size: number): Pick<RawStorage, "type"> & { readonly compound_type: unknown } {
  const member = { name: "value", offset: 0, type: 0, size, signed: true, vlen: false };
  return { type: 6, compound_type: { nmembers: 1, members: [member] } };
}

const deflate = 1;

/** One chunk up to 1 MiB; larger arrays are halved along their leading axes. */
function gzipped(shape: readonly number[], size: number, level: number): Partial<RawStorage> {
  const chunk = [...shape];
  let bytes = chunk.reduce((product, n) => product * n, size);
  while (bytes > largestChunk) {
    const axis = chunk.findIndex((n) => n > 1);
    chunk[axis] = Math.ceil((chunk[axis] ?? 1) / 2);
    bytes = chunk.reduce((product, n) => product * n, size);
  }
  return { chunks: chunk.map(BigInt), compression: deflate, compression_opts: [level] };
}
