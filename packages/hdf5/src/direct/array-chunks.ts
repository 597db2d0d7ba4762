/** Chunks of an array: that they are all there, and where their elements go. */
import { sizeOf } from "@nirkit/graph";
import { LibraryFailure } from "../hdf5-library.ts";
import { type FileBytes, giveUp } from "./file-bytes.ts";
import type { ChunkedLayout } from "./object-header.ts";
import { type Chunk, chunksOf } from "./trees.ts";

/** deflate gains at most 1032:1. */
export const largestExpansion = 1100;

/** Below this size nothing is too large, whatever the file's own size. */
export const smallestLimit: number = 2 ** 20;

/**
 * The chunks of an array, each once and every one of them.
 *
 * @throws LibraryFailure for chunks beyond the array; NotDirect where some are missing or share bytes
 */
export function allChunks(
  file: FileBytes,
  layout: ChunkedLayout,
  shape: readonly number[],
  elementBytes: number,
  path: string,
): readonly Chunk[] {
  const { chunk, tree, filters } = layout;
  const chunkBytes = sizeOf(chunk) * elementBytes;
  const grid = shape.map((n, axis) => Math.ceil(n / (chunk[axis] ?? 1)));
  const chunks = chunksOf(file, tree, shape.length, path);
  const inside = (start: number, axis: number): boolean =>
    start % (chunk[axis] ?? 1) === 0 && start < (shape[axis] ?? 0);
  if (!chunks.every(({ origin }) => origin.every(inside)))
    throw new LibraryFailure(path, "a chunk lies beyond the array");
  const places = new Set(chunks.map(({ origin }) => origin.join()));
  const [there, wanted] = [places.size, sizeOf(grid)];
  if (there !== wanted)
    giveUp(`${there} of ${wanted} chunks are there; the rest was never written, or is lost`);
  if (chunks.length !== there) giveUp("two chunks have one place");
  if (overlap(chunks)) giveUp("two chunks share bytes");
  for (const { length, skips } of chunks) {
    if (filters === "any") continue;
    if (skips) giveUp("a filter is skipped");
    if (chunkBytes > Math.max(smallestLimit, length * largestExpansion)) giveUp("too large");
    if (filters === "none" && length !== chunkBytes) giveUp("a chunk of another size");
  }
  return chunks;
}

function overlap(chunks: readonly Chunk[]): boolean {
  const sorted = [...chunks].sort((a, b) => a.at - b.at);
  return sorted.some(({ at, length }, i) => at + length > (sorted[i + 1]?.at ?? Number.POSITIVE_INFINITY));
}

/** Copies one chunk, cut at the edges of the array, to its place, row by row of the last axis. */
export function placeChunk(
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
