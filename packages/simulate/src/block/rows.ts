/** Rows of signals in the kernels' memory: one row per step of a chunk, images with channels first or last. */
import { type Shape, sizeOf } from "@nirkit/graph";
import type { Kernels } from "@nirkit/kernels";

/** An image `[C, H·W]`, for rows that can lie channels last. */
export interface Image {
  readonly channels: number;
  readonly plane: number;
}

/** Where the rows of a signal lie. */
export interface Rows {
  /** Address of the row of the first step of a chunk; the row of the step before lies in front of it. */
  readonly ptr: number;
  readonly size: number;
  /** Set where rows are channels last. */
  readonly last: Image | undefined;
}

/** Memory that the cells of one engine share. */
export interface BlockMemory {
  readonly kernels: Kernels;
  /** Most steps of a chunk. */
  readonly chunk: number;
  /** Where kernels may scribble: as large as the largest request. */
  scratch(bytes: number): number;
  f32(): Float32Array;
  u32(): Uint32Array;
}

/** @param chunk most steps of a chunk */
export function blockMemory(kernels: Kernels, chunk: number): BlockMemory {
  let scratch = { ptr: 0, bytes: 0 };
  return {
    kernels,
    chunk,
    scratch: (bytes) => {
      if (bytes > scratch.bytes) scratch = { ptr: kernels.u8(bytes).ptr, bytes };
      return scratch.ptr;
    },
    f32: () => kernels.heap.views().f32,
    u32: () => kernels.heap.views().u32,
  };
}

/** Rows of zeros, with a row in front. */
export function makeRows({ kernels, chunk }: BlockMemory, size: number, last?: Image): Rows {
  const block = kernels.f32((chunk + 1) * size);
  return { ptr: block.ptr + 4 * size, size, last };
}

/** `[C, H, W]` as an image; other shapes are none. */
export function imageOf(shape: Shape): Image | undefined {
  if (shape.length < 2 || shape.length > 3) return undefined;
  return { channels: shape[0] ?? 0, plane: sizeOf(shape.slice(1)) };
}

/** Values in row-major order `[C, H·W]` as they lie channels last. */
export function lastOf<A extends Float32Array | Int32Array>(values: A, { channels, plane }: Image): A {
  const result = values.slice() as A;
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < plane; p++) result[p * channels + c] = values[c * plane + p] ?? 0;
  return result;
}

/** The inverse of {@link lastOf}. */
export function firstOf<A extends Float32Array | Uint32Array>(values: A, { channels, plane }: Image): A {
  const result = values.slice() as A;
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < plane; p++) result[c * plane + p] = values[p * channels + c] ?? 0;
  return result;
}
