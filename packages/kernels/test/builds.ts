/** The builds that run in this engine, and inputs drawn from a seed. */
import { philox, type Random } from "@nirkit/integer";
import { type Build, type Kernels, supportsBuild } from "../src/index.ts";

export const builds: readonly Build[] = (["plain", "simd", "relaxed"] as const).filter(supportsBuild);

/** Relative to Σ|terms|: how far a float32 sum of `terms` terms may be from the exact one, any order, fused or not. */
export function sumBound(terms: number): number {
  return (terms + 2) * 2 ** -24;
}

export interface Events {
  readonly start: Uint32Array;
  readonly index: Uint32Array;
}

export function random(seed: number): Random {
  return philox(seed, "kernels");
}

export function gaussians(rng: Random, n: number): Float32Array {
  return Float32Array.from({ length: n }, () => rng.normal());
}

export function integers(rng: Random, n: number, low: number, high: number): Int32Array {
  return Int32Array.from({ length: n }, () => low + rng.integer(high - low + 1));
}

/** Every index of a row with probability `density`, ascending. */
export function randomEvents(rng: Random, rows: number, n: number, density: number): Events {
  const start = new Uint32Array(rows + 1);
  const index: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) if (rng.uniform() < density) index.push(i);
    start[r + 1] = index.length;
  }
  return { start, index: Uint32Array.from(index) };
}

/** Puts values into a fresh block and gives its address. */
export function put(
  kernels: Kernels,
  values: Float32Array | Int32Array | Uint32Array | Int16Array | Int8Array,
): number {
  const make = {
    Float32Array: () => kernels.f32(values.length),
    Int32Array: () => kernels.i32(values.length),
    Uint32Array: () => kernels.u32(values.length),
    Int16Array: () => kernels.i16(values.length),
    Int8Array: () => kernels.i8(values.length),
  }[values.constructor.name as "Float32Array"]();
  (make.view as Float32Array).set(values);
  return make.ptr;
}

/** One of some values. */
export const pick = <T>(rng: ReturnType<typeof random>, values: readonly T[]): T =>
  values[rng.integer(values.length)] as T;
