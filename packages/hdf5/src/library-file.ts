/** A file that the HDF5 library has open: every object checked before its bytes are trusted. */
import { type DType, graphDiagnostic, NirkitError, type Tensor, tensorFromBytes } from "@nirkit/graph";
import { checkChunkIndex } from "./chunk-index.ts";
import { externalLink } from "./diagnostics.ts";
import type { Dataset, ElementType, Hdf5File, ObjectKind } from "./hdf5-file.ts";
import { type Hdf5Library, LibraryFailure, type RawDataset } from "./hdf5-library.ts";
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
export function workingMemory(fileBytes: number, declaredBytes: number): number {
  return 64 * 2 ** 20 + 4 * fileBytes + 3 * declaredBytes;
}

/** The file of an identifier that the library gave. */
export class LibraryFile implements Hdf5File {
  readonly #library: Hdf5Library;
  readonly #id: bigint;
  readonly #file: Uint8Array;
  readonly #maxBytes: number;
  #declared = 0;

  constructor(library: Hdf5Library, id: bigint, file: Uint8Array, maxBytes: number) {
    this.#library = library;
    this.#id = id;
    this.#file = file;
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
    if (attribute === undefined) this.#checkChunks(path, raw);
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

  #checkChunks(path: string, { chunks: chunk, shape, size: elementBytes }: RawDataset): void {
    if (chunk === null || shape === null || shape.includes(0)) return;
    const reference = this.#library.call(path, (m) => m.create_object_reference(this.#id, path));
    const view = new DataView(Uint8Array.from(reference).buffer);
    const address = Number(view.getBigUint64(0, true));
    checkChunkIndex(this.#file, { path, address, shape, chunk, elementBytes });
  }

  /** Refuses declared sizes that the limit, or the file itself, cannot hold, before anything is allocated. */
  #admit({ path, bytes }: Dataset): void {
    const declared = this.#declared + bytes;
    const storable = Math.max(smallestLimit, this.#file.length * largestExpansion);
    const limit = Math.min(this.#maxBytes, this.#library.module.MAXIMUM_MEMORY);
    if (bytes > storable) throw tooLarge(path, bytes, storable);
    if (declared > limit) throw tooLarge(path, declared, limit);
    this.#declared = declared;
    this.#library.limitMemory(workingMemory(this.#file.length, declared));
  }
}

/** E_TOO_LARGE at an object. */
export function tooLarge(path: string, bytes: number, limit: number): NirkitError {
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
