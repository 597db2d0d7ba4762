/**
 * Variable-length lists of an HDF5 file, element by element type.
 *
 * h5wasm's high-level classes refuse half precision, so the bytes are taken from its low-level functions: one
 * (length, pointer) pair per sample, in the library's memory. Every pair is checked against that memory.
 */
import { eventsError } from "../diagnostics.ts";

/** What a dataset says about itself. */
interface Metadata {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly shape: number[] | null;
  readonly total_size: number;
  readonly vlen_type?: { readonly type: number; readonly size: number; readonly signed: boolean };
}

/** Where the library prints its error stack. */
interface Terminal {
  put_char(tty: unknown, byte: number): void;
  fsync(): void;
}

/** The functions of h5wasm that are used. */
export interface Hdf5Functions {
  readonly HEAPU8: Uint8Array;
  readonly FS: {
    readonly streams: readonly ({ readonly tty?: { ops: Terminal } } | null | undefined)[];
    writeFile(path: string, bytes: Uint8Array): void;
    unlink(path: string): void;
  };
  _malloc(size: number): number;
  _free(pointer: number): void;
  open(name: string, mode: number, trackOrder: boolean, lowest: number, highest: number): bigint;
  close_file(file: bigint): number;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_dataset_metadata(file: bigint, path: string): Metadata;
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    into: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, at: bigint): number;
}

const integerClass = 0;
const floatClass = 1;
const vlenClass = 9;
/** Pairs of 32-bit length and 32-bit pointer. */
const pairBytes = 8;

/** One open file. */
export class VlenReader {
  readonly #module: Hdf5Functions;
  readonly #file: bigint;
  readonly #path: string;

  constructor(module: Hdf5Functions, file: bigint, path: string) {
    this.#module = module;
    this.#file = file;
    this.#path = path;
  }

  #refuse(dataset: string, why: string): Error {
    return eventsError("E_SHD", `${this.#path}:${dataset}`, { why });
  }

  /** Sizes and element type. @throws E_SHD where there is no such dataset of one axis */
  #metadata(dataset: string): Metadata & { readonly length: number } {
    // Object type 1 is a dataset.
    if (this.#module.get_type(this.#file, dataset) !== 1)
      throw this.#refuse(dataset, "there is no such dataset");
    const found = this.#module.get_dataset_metadata(this.#file, dataset);
    const [length, ...others] = found.shape ?? [];
    if (length === undefined || others.length > 0)
      throw this.#refuse(dataset, `it has the shape [${found.shape?.join(", ") ?? ""}], not one axis`);
    return { ...found, length };
  }

  /** The lists of a dataset. @param most elements in all, beyond which it is refused */
  lists(dataset: string, most: number): readonly Float64Array[] {
    const { length, type, vlen_type: element } = this.#metadata(dataset);
    if (type !== vlenClass || element === undefined) throw this.#refuse(dataset, "its elements are no lists");
    if (length > most) throw this.#refuse(dataset, `it claims ${length} lists, the limit is ${most}`);
    return this.#withData(dataset, length * pairBytes, true, (at) => {
      const pairs = this.#view(at, length * pairBytes, dataset);
      let total = 0;
      return Array.from({ length }, (_, k) => {
        const count = pairs.getUint32(k * pairBytes, true);
        total += count;
        if (total > most) throw this.#refuse(dataset, `it claims more than ${most} elements`);
        if (count === 0) return new Float64Array(0);
        const start = pairs.getUint32(k * pairBytes + 4, true);
        return this.#numbers(dataset, this.#view(start, count * element.size, dataset), count, element);
      });
    });
  }

  /** A dataset of plain numbers. */
  numbers(dataset: string, most: number): Float64Array {
    const found = this.#metadata(dataset);
    const { length, size } = found;
    if (length > most) throw this.#refuse(dataset, `it claims ${length} elements, the limit is ${most}`);
    return this.#withData(dataset, length * size, false, (at) =>
      this.#numbers(dataset, this.#view(at, length * size, dataset), length, found),
    );
  }

  /** @param lists true where the library allocates lists, which are given back */
  #withData<T>(dataset: string, bytes: number, lists: boolean, read: (at: number) => T): T {
    const module = this.#module;
    const at = module._malloc(Math.max(bytes, 1));
    if (at === 0) throw this.#refuse(dataset, `${bytes} bytes of memory are not to be had`);
    // A failed read must not leave pointers of chance behind.
    module.HEAPU8.fill(0, at, at + bytes);
    try {
      const status = module.get_dataset_data(this.#file, dataset, null, null, null, BigInt(at));
      if (status < 0) throw this.#refuse(dataset, "the HDF5 library cannot read it");
      const result = read(at);
      if (lists) module.reclaim_vlen_memory(this.#file, dataset, "", BigInt(at));
      return result;
    } finally {
      module._free(at);
    }
  }

  #view(at: number, bytes: number, dataset: string): DataView {
    const heap = this.#module.HEAPU8;
    if (at + bytes > heap.length) throw this.#refuse(dataset, "a list lies outside the memory");
    return new DataView(heap.buffer, heap.byteOffset + at, bytes);
  }

  #numbers(
    dataset: string,
    view: DataView,
    count: number,
    { type, size, signed }: { readonly type: number; readonly size: number; readonly signed: boolean },
  ): Float64Array {
    const read = elementReader(type, size, signed);
    if (read === undefined)
      throw this.#refuse(dataset, `elements of class ${type} and ${size} bytes are not read`);
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) values[i] = read(view, i * size);
    return values;
  }
}

function elementReader(
  type: number,
  size: number,
  signed: boolean,
): ((view: DataView, at: number) => number) | undefined {
  if (type === floatClass) {
    if (size === 2) return (view, at) => half(view.getUint16(at, true));
    if (size === 4) return (view, at) => view.getFloat32(at, true);
    return size === 8 ? (view, at) => view.getFloat64(at, true) : undefined;
  }
  if (type !== integerClass) return undefined;
  if (size === 1) return signed ? (view, at) => view.getInt8(at) : (view, at) => view.getUint8(at);
  if (size === 2)
    return signed ? (view, at) => view.getInt16(at, true) : (view, at) => view.getUint16(at, true);
  if (size === 4)
    return signed ? (view, at) => view.getInt32(at, true) : (view, at) => view.getUint32(at, true);
  if (size !== 8) return undefined;
  return (view, at) => Number(signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
}

/** IEEE 754 binary16, exactly. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Runs without the library printing its error stack: what is wrong is said in a diagnostic. */
export function quietly<T>(module: Hdf5Functions, run: () => T): T {
  const tty = module.FS.streams[2]?.tty;
  if (tty === undefined) return run();
  const { ops } = tty;
  tty.ops = { put_char: () => {}, fsync: () => {} };
  try {
    return run();
  } finally {
    // Another user of the library listens here.
    tty.ops = ops;
  }
}
