/** An open HDF5 file: groups, links and datasets by path, every one checked before its bytes are trusted. */
import { type DType, graphDiagnostic, NirkitError, type Tensor, tensorFromBytes } from "@nirkit/graph";
import { corrupt, externalLink, hdf5Diagnostic } from "./diagnostics.ts";
import { DirectFile } from "./direct/direct-file.ts";
import { NotDirect, type StoredBytes } from "./direct/file-bytes.ts";
import { brokenGlobalHeap } from "./global-heap.ts";
import type { Dataset, ElementType, Hdf5File, ObjectKind } from "./hdf5-file.ts";
import { type Hdf5Library, LibraryFailure, loadLibrary, type RawDataset } from "./hdf5-library.ts";
import { checkSignature } from "./signature.ts";
import { typedView } from "./typed-view.ts";

/** As the library describes it. */
export interface LibraryDataset extends Dataset {
  readonly attribute?: { readonly of: string; readonly name: string };
  readonly raw: RawDataset;
}

/** H5G object types of h5wasm's get_type. */
const kinds: Readonly<Record<number, ObjectKind>> = {
  0: "group",
  1: "dataset",
  2: "datatype",
  3: "broken link",
  4: "external link",
};

/** deflate gains at most 1032:1; what declares more than that is not in the file. */
const largestExpansion = 1100;
const smallestLimit = 2 ** 20;

/** What the library may hold: its own caches and tables, the texts of the file, and what the arrays were admitted to. */
function workingMemory(fileBytes: number, declaredBytes: number): number {
  return 64 * 2 ** 20 + 4 * fileBytes + 3 * declaredBytes;
}

const fileName = "/nirkit.h5";

/** How bytes are opened. */
export interface OpenOptions {
  /** Bytes that the arrays may declare together. */
  readonly maxBytes: number;
  /** Nobody changes the bytes later, so that large arrays may be views of them. Default false. */
  readonly owned?: boolean;
  /** Leave everything to the library. Default false. */
  readonly libraryOnly?: boolean;
}

/**
 * Opens bytes as an HDF5 file, hands it to `use` and closes it again. `use` may be called twice, when the file turns
 * out to need the library; what the first call did is then void. Nothing is awaited while the file is open.
 *
 * @throws NirkitError E_NOT_HDF5, E_HDF5_CORRUPT, E_HDF5_UNAVAILABLE, and what `use` throws
 */
export async function withHdf5<T>(
  bytes: Uint8Array,
  { maxBytes, owned = false, libraryOnly = false }: OpenOptions,
  use: (file: Hdf5File) => T,
): Promise<T> {
  const refusal = checkSignature(bytes);
  if (refusal !== undefined) throw new NirkitError([refusal]);
  try {
    if (!libraryOnly) return use(new DirectFile(bytes, { maxBytes, owned }));
  } catch (error) {
    if (!(error instanceof NotDirect)) throw asRefusal(error);
  }
  return withLibrary(bytes, maxBytes, use);
}

/** A file that is read in pieces. */
export interface StoredFileOptions {
  readonly maxBytes: number;
  /** Reads large arrays before the file is used. */
  readonly ahead: (file: DirectFile) => Promise<void>;
  /** All its bytes, for the library. */
  readonly whole: () => Promise<Uint8Array>;
}

/** As {@link withHdf5}, for a file that is read in pieces as long as the library is not needed. */
export async function withStoredHdf5<T>(
  stored: StoredBytes,
  { maxBytes, ahead, whole }: StoredFileOptions,
  use: (file: Hdf5File) => T,
): Promise<T> {
  try {
    const file = new DirectFile(stored, { maxBytes, owned: true });
    await ahead(file);
    return use(file);
  } catch (error) {
    if (!(error instanceof NotDirect)) throw asRefusal(error);
  }
  if (stored.length > largestForLibrary) throw tooLarge("/", stored.length, largestForLibrary);
  return withHdf5(await whole(), { maxBytes, owned: true, libraryOnly: true }, use);
}

/** The library has the file and its arrays in a memory of 2 GiB. */
const largestForLibrary = 2 ** 31 - 2 ** 26;

async function withLibrary<T>(bytes: Uint8Array, maxBytes: number, use: (file: Hdf5File) => T): Promise<T> {
  const broken = brokenGlobalHeap(bytes);
  if (broken !== undefined)
    throw new NirkitError([corrupt("/", `the text heap at byte ${broken} is inconsistent`)]);
  const library = await startLibrary();
  const { FS } = library.module;
  FS.writeFile(fileName, bytes, { canOwn: true });
  library.limitMemory(workingMemory(bytes.length, 0));
  try {
    const id = library.call(
      "/",
      (m) => m.open(fileName, 0, false, -1, -1),
      (file) => file < 0n,
    );
    try {
      return use(new LibraryFile(library, id, bytes.length, maxBytes));
    } finally {
      if (library.usable) library.module.close_file(id);
    }
  } catch (error) {
    throw asRefusal(error);
  } finally {
    library.limitMemory(Number.POSITIVE_INFINITY);
    FS.unlink(fileName);
  }
}

/** The library, or E_HDF5_UNAVAILABLE. */
export async function startLibrary(): Promise<Hdf5Library> {
  try {
    return await loadLibrary();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new NirkitError([hdf5Diagnostic("E_HDF5_UNAVAILABLE", "/", { reason })]);
  }
}

function asRefusal(error: unknown): unknown {
  if (!(error instanceof LibraryFailure)) return error;
  return new NirkitError([corrupt(error.path, error.reason)]);
}

/** A file that the library has open. */
class LibraryFile implements Hdf5File {
  readonly #library: Hdf5Library;
  readonly #id: bigint;
  readonly #fileBytes: number;
  readonly #maxBytes: number;
  #declared = 0;

  constructor(library: Hdf5Library, id: bigint, fileBytes: number, maxBytes: number) {
    this.#library = library;
    this.#id = id;
    this.#fileBytes = fileBytes;
    this.#maxBytes = maxBytes;
  }

  /** Names of a group's members: in byte order, or in creation order where the file tracks it. */
  members(path: string): readonly string[] {
    return this.#library.call(path, (m) => m.get_names(this.#id, path, false));
  }

  kind(path: string): ObjectKind {
    const type = this.#library.call(path, (m) => m.get_type(this.#id, path));
    return kinds[type] ?? "nothing";
  }

  /** Address of an object's header: equal for two hard links to one object. */
  address(path: string): string {
    const reference = this.#library.call(path, (m) => m.create_object_reference(this.#id, path));
    return Array.from(reference, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  /** @throws NirkitError E_EXTERNAL_LINK for a virtual dataset, whose bytes lie in other files */
  dataset(path: string): LibraryDataset {
    const raw = this.#library.call(path, (m) => m.get_dataset_metadata(this.#id, path));
    if (raw.virtual_sources !== undefined) throw new NirkitError([externalLink(path)]);
    const bytes = raw.shape === null ? 0 : raw.size * raw.total_size;
    return { path, element: elementType(raw), shape: raw.shape, count: raw.total_size, bytes, raw };
  }

  attributes(path: string): readonly string[] {
    return this.#library.call(path, (m) => m.get_attribute_names(this.#id, path));
  }

  attribute(of: string, name: string): LibraryDataset {
    const path = `${of}@${name}`;
    const raw = this.#library.call(path, (m) => m.get_attribute_metadata(this.#id, of, name));
    const bytes = raw.shape === null ? 0 : raw.size * raw.total_size;
    const attribute = { of, name };
    return {
      path,
      attribute,
      element: elementType(raw),
      shape: raw.shape,
      count: raw.total_size,
      bytes,
      raw,
    };
  }

  /** Reads a numeric dataset, dtype and shape as they are in the file. */
  tensor(dataset: Dataset): Tensor {
    const { element, shape } = dataset;
    if (typeof element !== "string" || element === "string" || shape === null)
      throw new TypeError(`${dataset.path} is no tensor`);
    const bytes = this.#bytes(dataset);
    if (element === "float16") return tensorFromBytes(element, [...shape], new Uint8Array(bytes));
    return { dtype: element, shape: [...shape], data: typedView(element, bytes, 0, dataset.count) } as Tensor;
  }

  /** Reads a text dataset, row-major. */
  strings(dataset: Dataset): readonly string[] {
    const { raw, path } = dataset as LibraryDataset;
    if (!raw.vlen) return fixedStrings(path, raw, this.#bytes(dataset));
    return this.#read(dataset, (heap, at) => {
      const pointers = new Uint32Array(heap.buffer, at, raw.total_size);
      return Array.from(pointers, (pointer) =>
        pointer === 0 ? "" : decodeText(path, heap.subarray(pointer, heap.indexOf(0, pointer))),
      );
    });
  }

  #bytes(dataset: Dataset): ArrayBuffer {
    return this.#read(dataset, (heap, at) => heap.slice(at, at + dataset.bytes).buffer as ArrayBuffer);
  }

  #read<T>(dataset: Dataset, take: (heap: Uint8Array, at: number) => T): T {
    const { path, attribute, raw, bytes } = dataset as LibraryDataset;
    this.#admit(dataset);
    if (bytes === 0) return take(new Uint8Array(0), 0);
    const at = this.#library.call(
      path,
      (m) => m._malloc(bytes),
      (pointer) => pointer === 0,
    );
    try {
      // Chunks that were never written leave the memory as it is.
      this.#library.module.HEAPU8.fill(0, at, at + bytes);
      this.#library.call(
        path,
        (m) =>
          attribute === undefined
            ? m.get_dataset_data(this.#id, path, null, null, null, BigInt(at))
            : m.get_attribute_data(this.#id, attribute.of, attribute.name, BigInt(at)),
        (status) => status < 0,
      );
      const taken = take(this.#library.module.HEAPU8, at);
      const [of, name] = attribute === undefined ? [path, ""] : [attribute.of, attribute.name];
      if (raw.vlen) this.#library.call(path, (m) => m.reclaim_vlen_memory(this.#id, of, name, BigInt(at)));
      return taken;
    } finally {
      if (this.#library.usable) this.#library.module._free(at);
    }
  }

  /** Refuses declared sizes that the limit, or the file itself, cannot hold, before anything is allocated. */
  #admit({ path, bytes }: Dataset): void {
    const declared = this.#declared + bytes;
    const storable = Math.max(smallestLimit, this.#fileBytes * largestExpansion);
    const limit = Math.min(this.#maxBytes, this.#library.module.MAXIMUM_MEMORY);
    if (bytes > storable) throw tooLarge(path, bytes, storable);
    if (declared > limit) throw tooLarge(path, declared, limit);
    this.#declared = declared;
    this.#library.limitMemory(workingMemory(this.#fileBytes, declared));
  }
}

function tooLarge(path: string, bytes: number, limit: number): NirkitError {
  return new NirkitError([graphDiagnostic("E_TOO_LARGE", path, { bytes, limit })]);
}

/** H5T classes by number. */
const classNames: Readonly<Record<number, string>> = {
  2: "a time",
  4: "a bit field",
  5: "opaque bytes",
  6: "a compound (a complex number?)",
  7: "a reference",
  8: "an enumeration",
  9: "a variable-length list",
  10: "an array",
};

const integers: Readonly<Record<number, readonly [unsigned: DType, signed: DType]>> = {
  1: ["uint8", "int8"],
  2: ["uint16", "int16"],
  4: ["uint32", "int32"],
  8: ["uint64", "int64"],
};
const floats: Readonly<Record<number, DType>> = { 2: "float16", 4: "float32", 8: "float64" };

function elementType(raw: RawDataset): ElementType {
  if (raw.type === 0)
    return integers[raw.size]?.[raw.signed ? 1 : 0] ?? { unsupported: `an integer of ${raw.size} bytes` };
  if (raw.type === 1) return floats[raw.size] ?? { unsupported: `a float of ${raw.size} bytes` };
  if (raw.type === 3) return "string";
  const members = raw.type === 8 ? raw.enum_type?.members : undefined;
  // h5py's boolean
  if (raw.size === 1 && members !== undefined && members.FALSE === 0 && members.TRUE === 1) return "bool";
  return { unsupported: classNames[raw.type] ?? `an unknown type (class ${raw.type})` };
}

function fixedStrings(path: string, raw: RawDataset, buffer: ArrayBuffer): string[] {
  return Array.from({ length: raw.total_size }, (_, i) => {
    const cell = new Uint8Array(buffer, i * raw.size, raw.size);
    const zero = cell.indexOf(0);
    const text = decodeText(path, zero < 0 ? cell : cell.subarray(0, zero));
    return raw.strpad === 2 ? text.replace(/ +$/, "") : text;
  });
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeText(path: string, bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new LibraryFailure(path, "the text is not valid UTF-8");
  }
}
