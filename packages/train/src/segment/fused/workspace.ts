/** Kernels, their memory, and typed views of it. */
import { type Kernels, loadKernels } from "@nirkit/kernels";
import { loadTrainKernels, type TrainKernels } from "@nirkit/kernels/train";
import { type Buffer, BufferPool } from "./buffer-pool.ts";

/** What every cell computes with. */
export interface Workspace {
  readonly kernels: Kernels;
  readonly train: TrainKernels;
  readonly pool: BufferPool;
  /** Share of events above which products are dense. */
  readonly denseAbove: number;
  /** Elements of the memory as it is now. */
  f32(ptr: number, count: number): Float32Array;
  u32(ptr: number, count: number): Uint32Array;
  /** Scratch of at least `bytes`; its contents do not outlive the call it is taken for. */
  scratch(bytes: number): number;
}

/** Loads the kernels. */
export function createWorkspace(build: "auto" | "relaxed" | "plain", denseAbove: number): Workspace {
  const kernels = loadKernels({ build });
  const pool = new BufferPool(kernels);
  let scratch: Buffer | undefined;
  return {
    kernels,
    train: loadTrainKernels(kernels),
    pool,
    denseAbove,
    f32: (ptr, count) => kernels.heap.views().f32.subarray(ptr >>> 2, (ptr >>> 2) + count),
    u32: (ptr, count) => kernels.heap.views().u32.subarray(ptr >>> 2, (ptr >>> 2) + count),
    scratch: (bytes) => {
      if (scratch !== undefined && scratch.bytes >= bytes) return scratch.ptr;
      if (scratch !== undefined) pool.give(scratch);
      scratch = pool.take(Math.ceil(bytes / 4));
      return scratch.ptr;
    },
  };
}
