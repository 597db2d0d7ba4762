/** Rows of signals in the kernels' memory: one row per step of a chunk, row-major as in the file. */
import type { Kernels } from "@nirkit/kernels";

/** Where the rows of a signal lie. */
export interface Rows {
  /** Address of the row of the first step of a chunk; the row of the step before lies in front of it. */
  readonly ptr: number;
  readonly size: number;
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
export function makeRows({ kernels, chunk }: BlockMemory, size: number): Rows {
  const block = kernels.f32((chunk + 1) * size);
  return { ptr: block.ptr + 4 * size, size };
}

/** The rows of a chunk as an array that is valid until memory grows. */
export function rowsView(
  memory: BlockMemory,
  ptr: number,
  size: number,
  rows: number = memory.chunk,
): Float32Array {
  return memory.f32().subarray(ptr >>> 2, (ptr >>> 2) + rows * size);
}
