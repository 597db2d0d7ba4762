/** Loads the kernels: one memory, one arena, and the kernels over both. */
import { Arena, type Block, type Region } from "./arena.ts";
import { Heap } from "./heap.ts";
import type { InferenceKernels } from "./inference-kernels.ts";
import { type Build, chooseBuild, instantiate } from "./instantiate.ts";
import { KernelError } from "./kernel-error.ts";
import { plainInference } from "./plain/inference.ts";
import { relaxedBase64 } from "./wasm/inference-relaxed.ts";
import { simdBase64 } from "./wasm/inference-simd.ts";

/** How to load the kernels. */
export interface LoadKernelsOptions {
  /**
   * `auto` (default): `simd` where it runs, else `plain`; both give the same bits on every machine. `relaxed` fuses
   * multiply-adds and may round differently from machine to machine; it is taken only where asked for.
   */
  readonly build?: "auto" | Build;
  /** Memory to work on, with what is in it. Without it the kernels make their own. */
  readonly memory?: WebAssembly.Memory;
  /** Part of `memory` that allocations may come from; needed where somebody else allocates there too. */
  readonly region?: Region;
  /** Largest memory in bytes; default 4 GiB. */
  readonly maxBytes?: number;
}

/** Where blocks come from. All addresses are bytes from the start of `memory`. */
export interface KernelMemory {
  /** A zero-filled block of n float32 numbers. */
  f32(n: number): Block<Float32Array>;
  /** A zero-filled block of n float64 numbers. */
  f64(n: number): Block<Float64Array>;
  /** A zero-filled block of n int32 integers. */
  i32(n: number): Block<Int32Array>;
  /** A zero-filled block of n uint32 integers, as event lists are. */
  u32(n: number): Block<Uint32Array>;
  /** A zero-filled block of n int16 integers. */
  i16(n: number): Block<Int16Array>;
  /** A zero-filled block of n int8 integers. */
  i8(n: number): Block<Int8Array>;
  /** A zero-filled block of n bytes. */
  u8(n: number): Block<Uint8Array>;
  /** Where the next block would start: for {@link KernelMemory.release}. */
  mark(): number;
  /** Frees every block that was made since `mark`. */
  release(mark: number): void;
  /** Most bytes in use at one time. */
  readonly peakBytes: number;
}

/** The kernels and their memory. */
export interface Kernels extends InferenceKernels, KernelMemory {
  readonly build: Build;
  /** Undefined where the engine has no WebAssembly. */
  readonly memory: WebAssembly.Memory | undefined;
  /** For entries of this package that add kernels on the same memory. */
  readonly heap: Heap;
}

const fourGiB = 2 ** 32;

/**
 * Loads the kernels, at once and without any fetch.
 *
 * @throws E_KERNEL_BUILD where the build that was asked for does not run here
 */
export function loadKernels(options: LoadKernelsOptions = {}): Kernels {
  const { maxBytes = fourGiB, memory, region } = options;
  const build = chooseBuild(options.build ?? "auto");
  const heap = new Heap({ memory, maxBytes });
  const arena = new Arena(heap, region);
  return {
    ...inferenceOn(heap, build),
    build,
    heap,
    memory: heap.memory,
    f32: (n) => arena.allocate(Float32Array, n),
    f64: (n) => arena.allocate(Float64Array, n),
    i32: (n) => arena.allocate(Int32Array, n),
    u32: (n) => arena.allocate(Uint32Array, n),
    i16: (n) => arena.allocate(Int16Array, n),
    i8: (n) => arena.allocate(Int8Array, n),
    u8: (n) => arena.allocate(Uint8Array, n),
    mark: () => arena.mark(),
    release: (mark) => arena.release(mark),
    get peakBytes() {
      return arena.peakBytes;
    },
  };
}

function inferenceOn(heap: Heap, build: Build): InferenceKernels {
  if (build === "plain") return plainInference(heap);
  if (heap.memory === undefined)
    throw new KernelError("E_KERNEL_BUILD", { build, why: "this engine has no WebAssembly" });
  const base64 = build === "simd" ? simdBase64 : relaxedBase64;
  return instantiate<InferenceKernels>(base64, heap.memory);
}

/** Bytes of a mask row of n neurons: a multiple of 16. */
export function maskStrideBytes(n: number): number {
  return Math.ceil(n / 128) * 16;
}

/** Bytes of scratch that `sgemm` needs for n columns and k terms; without them, for any. */
export function sgemmScratchBytes(n = 1024, k = 256): number {
  return 4 * (64 + 256 * 96 + Math.min(k, 256) * Math.min(8 * Math.ceil(n / 8), 1024));
}

/** Bytes of scratch that `convDense` and `convDenseWeightGradient` need. */
export function convDenseScratchBytes(windowValues: number, outW: number): number {
  return sgemmScratchBytes() + 128 + 4 * windowValues * Math.max(outW, 64);
}
