/**
 * The large arrays of a file, read ahead by the system's threads while this one looks for NaN and infinity.
 *
 * Everything is decoded and looked at once, also of arrays that are loaded later: what is damaged is known when the file was
 * read, not when it is used.
 */
import { promisify } from "node:util";
import { inflateSync, inflate as inflateWith, type ZlibOptions } from "node:zlib";
import { type DType, knownFinite, NirkitError, sizeOf, storedTensor, type Tensor } from "@nirkit/graph";
import { corrupt } from "../diagnostics.ts";
import { placeChunk } from "../direct/array-chunks.ts";
import type { DirectFile, LargeArray } from "../direct/direct-file.ts";
import { giveUp, NotDirect } from "../direct/file-bytes.ts";
import { FiniteScan } from "../direct/finite-scan.ts";
import { typedView } from "../typed-view.ts";
import { LoadedArrays } from "./loaded-arrays.ts";
import { fresh, type StoredFile } from "./stored-file.ts";

/** `eager` arrays are in memory when the file was read; `lazy` ones stay in the file until their data are asked for. */
export type TensorReading = "eager" | "lazy";

/** As many as the system has threads for files and inflating. */
const lanes = 4;
/** What one thread reads at a time. */
const pieceBytes = 2 ** 22;

/** Reads the large arrays of `direct`, whose bytes are in `file`, and provides it with them. */
export async function readAhead(direct: DirectFile, file: StoredFile, tensors: TensorReading): Promise<void> {
  const loaded = new LoadedArrays();
  for (const array of direct.largeArrays()) {
    const scan = new FiniteScan(array.element);
    try {
      if (tensors === "eager") {
        const whole = fresh(array.bytes);
        await readWhole(array, file, whole, scan);
        const tensor = mark(view(array, whole), scan);
        direct.provide(array, () => tensor);
      } else {
        await look(array, file, scan);
        direct.provide(array, (path) =>
          storedTensor(array.element, array.shape, {
            load: () => loaded.get(array.address, () => load(array, file, path)) as never,
            finite: scan.finite,
          }),
        );
      }
    } catch (error) {
      // It is read again by its path, and judged then.
      if (!(error instanceof NotDirect)) throw error;
    }
  }
}

function view({ element, shape }: LargeArray, whole: Uint8Array<ArrayBuffer>): Tensor {
  const data = typedView(element as Exclude<DType, "float16">, whole.buffer, 0, sizeOf(shape));
  return { dtype: element, shape, data } as Tensor;
}

function mark(tensor: Tensor, { finite }: FiniteScan): Tensor {
  return finite ? knownFinite(tensor) : tensor;
}

/** All elements into `whole`, each looked at while it is in the cache. */
async function readWhole(
  array: LargeArray,
  file: StoredFile,
  whole: Uint8Array,
  scan: FiniteScan,
): Promise<void> {
  const { chunks, chunk, shape, elementBytes, deflated } = array;
  const [only] = chunks;
  if (!deflated && only?.length === array.bytes && sizeOf(chunk) === sizeOf(shape)) {
    await inLanes(Math.ceil(array.bytes / pieceBytes), async (i) => {
      const piece = whole.subarray(i * pieceBytes, (i + 1) * pieceBytes);
      await file.readLater(piece, only.at + i * pieceBytes);
      scan.see(piece);
    });
    return;
  }
  await decodeChunks(array, file, (decoded, origin) => {
    scan.see(decoded);
    placeChunk(whole, shape, decoded, chunk, origin, elementBytes);
  });
}

/** Decodes all elements and keeps none. */
async function look(array: LargeArray, file: StoredFile, scan: FiniteScan): Promise<void> {
  if (array.deflated) return decodeChunks(array, file, (decoded) => scan.see(decoded));
  const { window } = scan;
  for (const { at, length } of array.chunks)
    for (let done = 0; done < length; done += window.length) {
      const part = window.subarray(0, Math.min(window.length, length - done));
      file.readInto(part, at + done);
      scan.seeWindow(part.length);
    }
}

const inflateLater = promisify<Uint8Array, ZlibOptions, Uint8Array>(inflateWith);

async function decodeChunks(
  { chunks, chunk, elementBytes, deflated }: LargeArray,
  file: StoredFile,
  take: (decoded: Uint8Array, origin: readonly number[]) => void,
): Promise<void> {
  const size = sizeOf(chunk) * elementBytes;
  const options = inflateOptions(size);
  const longest = Math.max(...chunks.map(({ length }) => length));
  const buffers: Uint8Array[] = [];
  await inLanes(chunks.length, async (i, lane) => {
    const { at, length, origin } = chunks[i] ?? giveUp("no chunk");
    buffers[lane] ??= fresh(longest);
    const stored = buffers[lane].subarray(0, length);
    await file.readLater(stored, at);
    const decoded = deflated
      ? await inflateLater(stored, options).catch(() => giveUp("damaged or longer"))
      : stored;
    if (decoded.length !== size) giveUp("a chunk of another size");
    take(decoded, origin);
  });
}

function inflateOptions(size: number): ZlibOptions {
  return { maxOutputLength: size, chunkSize: Math.max(64, size) };
}

/** Runs `work` for 0 to `count` − 1, some at a time; the first failure ends it when those that run have ended. */
async function inLanes(count: number, work: (i: number, lane: number) => Promise<void>): Promise<void> {
  let next = 0;
  const run = async (lane: number): Promise<void> => {
    while (next < count) {
      try {
        await work(next++, lane);
      } catch (error) {
        next = count;
        throw error;
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, (_, lane) => run(lane)));
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** @throws NirkitError E_FILE_CHANGED, or E_HDF5_CORRUPT where the bytes are not what they were after all */
function load(array: LargeArray, file: StoredFile, path: string): Tensor["data"] {
  const { chunks, chunk, shape, elementBytes, deflated, bytes } = array;
  const whole = fresh(bytes);
  const size = sizeOf(chunk) * elementBytes;
  try {
    return file.again((open) => {
      for (const { at, length, origin } of chunks) {
        if (!deflated && length === bytes) open.readInto(whole, at);
        else {
          const stored = open.read(at, length);
          const decoded = deflated ? inflateSync(stored, inflateOptions(size)) : stored;
          placeChunk(whole, shape, decoded, chunk, origin, elementBytes);
        }
      }
      return view(array, whole).data;
    });
  } catch (error) {
    if (error instanceof NirkitError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new NirkitError([corrupt(path, `it changed after it was opened (${reason})`)]);
  }
}
