/** Opening bytes as an HDF5 file: directly where it is an ordinary one, by the library otherwise. */
import { NirkitError } from "@nirkit/graph";
import { corrupt, hdf5Diagnostic } from "./diagnostics.ts";
import { DirectFile } from "./direct/direct-file.ts";
import { NotDirect, type StoredBytes } from "./direct/file-bytes.ts";
import { brokenGlobalHeap } from "./global-heap.ts";
import type { Hdf5File } from "./hdf5-file.ts";
import { type Hdf5Library, LibraryFailure, loadLibrary } from "./hdf5-library.ts";
import { LibraryFile, tooLarge, workingMemory } from "./library-file.ts";
import { checkSignature } from "./signature.ts";

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
      return use(new LibraryFile(library, id, bytes, maxBytes));
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
