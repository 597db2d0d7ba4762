/**
 * The HDF5 library (h5wasm), loaded on first use.
 *
 * h5wasm's high-level classes look at no status code: a damaged chunk would come back as uninitialised memory.
 * Its throwing error handler unwinds through the library and leaves it (and its C stack) in an undefined state.
 * So only the low-level functions are used, their status is checked, and the library's own error stack, which
 * it prints to its standard error, is captured: any line there is a failure, however the function returned.
 */

import { MemoryLimit } from "./memory-limit.ts";

/** What a dataset says about its elements; enum members by name. */
interface RawDatatype {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly cset?: number;
  readonly strpad?: number;
  readonly enum_type?: { readonly type: number; readonly members: Readonly<Record<string, number>> };
}

/** What a dataset says about itself before a byte of it is read. */
export interface RawDataset extends RawDatatype {
  readonly shape: number[] | null;
  readonly total_size: number;
  readonly chunks: number[] | null;
  readonly virtual_sources?: unknown;
}

/** What is stored: element type, shape, chunk shape and filter. */
export interface RawStorage {
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly vlen: boolean;
  readonly shape: bigint[];
  readonly maxshape: bigint[];
  readonly chunks: bigint[] | null;
  readonly compression: number;
  readonly compression_opts: number[];
}

interface Terminal {
  put_char(tty: unknown, byte: number): void;
  fsync(): void;
}

interface MemoryFiles {
  readonly streams: readonly ({ readonly tty?: { ops: Terminal } } | null | undefined)[];
  writeFile(path: string, bytes: Uint8Array, options?: { canOwn: boolean }): void;
  readFile(path: string): Uint8Array;
  unlink(path: string): void;
  analyzePath(path: string): { readonly exists: boolean };
}

/** The functions of h5wasm that nirkit uses. */
export interface Hdf5Module {
  readonly HEAPU8: Uint8Array;
  readonly FS: MemoryFiles;
  readonly MAXIMUM_MEMORY: number;
  _malloc(size: number): number;
  _free(pointer: number): void;
  open(name: string, mode: number, trackOrder: boolean, lowest: number, highest: number): bigint;
  close_file(file: bigint): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_type(file: bigint, path: string): number;
  get_dataset_metadata(file: bigint, path: string): RawDataset;
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    into: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, at: bigint): number;
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): RawDataset;
  get_attribute_data(file: bigint, path: string, name: string, into: bigint): number;
  create_attribute(file: bigint, path: string, name: string, from: bigint, storage: RawStorage): number;
  create_vlen_str_attribute(
    file: bigint,
    path: string,
    name: string,
    strings: readonly string[],
    storage: RawStorage,
  ): number;
  create_object_reference(file: bigint, path: string): ArrayLike<number>;
  create_group(file: bigint, path: string, trackOrder: boolean): number;
  create_dataset(file: bigint, path: string, from: bigint, storage: RawStorage): number;
  create_vlen_str_dataset(
    file: bigint,
    path: string,
    strings: readonly string[],
    storage: RawStorage,
  ): number;
}

/** A call into the library failed; `reason` is the innermost line of its error stack. */
export class LibraryFailure extends Error {
  readonly path: string;
  readonly reason: string;
  constructor(path: string, reason: string) {
    super(reason);
    this.path = path;
    this.reason = reason;
  }
}

/** Each takes less than a kilobyte of a stack of 64. */
const mostRaised = 32;

/** One instance of the library and what it last complained about. */
export class Hdf5Library {
  readonly module: Hdf5Module;
  /** False once an exception came out of the library: its state is then undefined. */
  usable = true;
  readonly #limit: MemoryLimit;
  #complaint = "";
  #raised = 0;

  constructor(module: Hdf5Module) {
    this.module = module;
    const terminal = module.FS.streams[2]?.tty;
    if (terminal === undefined) throw new TypeError("h5wasm has no standard error to listen to");
    terminal.ops = {
      put_char: (_tty, byte) => {
        // A corrupt object can make the library repeat itself; the first lines say it all.
        if (byte > 0 && this.#complaint.length < 16_384) this.#complaint += String.fromCharCode(byte);
      },
      fsync: () => {},
    };
    this.#limit = new MemoryLimit(module);
  }

  /** Bounds the library's memory, which grows and never shrinks; a call that needs more fails. */
  limitMemory(bytes: number): void {
    this.#limit.bytes = bytes;
  }

  /**
   * Calls into the library and checks it.
   *
   * @param path the object that is concerned, named in the failure
   * @param failed tells a bad result, where the function has one
   * @throws LibraryFailure
   */
  call<T>(path: string, run: (module: Hdf5Module) => T, failed: (result: T) => boolean = () => false): T {
    this.#complaint = "";
    this.#limit.refused = undefined;
    let result: T;
    try {
      result = run(this.module);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // h5wasm's own exceptions leave HDF5 intact, but each leaks a little of the C stack; a trap leaves nothing sure.
      if (!message.startsWith("error - ") || ++this.#raised > mostRaised) this.usable = false;
      throw new LibraryFailure(path, this.#complaint === "" ? message : this.#reason());
    }
    if (this.#complaint !== "" || failed(result)) throw new LibraryFailure(path, this.#reason());
    return result;
  }

  /** `…H5Z.c line 9 in H5Z__filter_deflate(): inflate() failed` → `inflate() failed`. */
  #reason(): string {
    const { refused, bytes } = this.#limit;
    if (refused !== undefined) return `reading it takes ${refused} bytes of memory, more than ${bytes}`;
    const innermost = [...this.#complaint.matchAll(/^ *#\d+: .*?\(\): (.*)$/gm)].at(-1)?.[1];
    return innermost?.replace(/[:,] (file)?time = .*/, "") ?? "the HDF5 library gives no reason";
  }
}

let loading: Promise<Hdf5Library> | undefined;

/** The library; loads h5wasm on first use, and afresh after an instance became unusable. */
export async function loadLibrary(): Promise<Hdf5Library> {
  loading ??= instantiate();
  const library = await loading;
  if (library.usable) return library;
  loading = reinstantiate().catch((error: unknown) => {
    loading = Promise.resolve(library);
    throw error;
  });
  return loading;
}

async function instantiate(): Promise<Hdf5Library> {
  const h5wasm = await import("h5wasm");
  const module: unknown = await h5wasm.ready;
  return new Hdf5Library(module as Hdf5Module);
}

/** h5wasm exports one instance, not its factory; the factory stands beside the file it exports. */
async function reinstantiate(): Promise<Hdf5Library> {
  const factory = new URL("./hdf5_util.js", import.meta.resolve("h5wasm")).href;
  const loaded: { default(options: object): Promise<unknown> } = await import(/* @vite-ignore */ factory);
  return new Hdf5Library((await loaded.default({ noInitialRun: true })) as Hdf5Module);
}
