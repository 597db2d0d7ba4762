/** Inputs from a seed. */
import { philox } from "@nirkit/integer";
import type { Block, BlockArray } from "@nirkit/kernels";

/** Fills a block and gives its address. */
export function fill(block: Block<BlockArray>, values: (n: number) => ArrayLike<number>): number {
  (block.view as Float32Array).set(values(block.length));
  return block.ptr;
}

/** Standard normal numbers. */
export function gaussians(n: number): Float32Array {
  const rng = philox(1, "bench");
  return Float32Array.from({ length: n }, () => rng.normal());
}

/** Integers from −8 to 7. */
export function smallIntegers(n: number): Int8Array {
  const rng = philox(2, "bench");
  return Int8Array.from({ length: n }, () => rng.integer(16) - 8);
}

/** Every index with probability `density`, row by row. */
export function eventsOf(
  rows: number,
  n: number,
  density: number,
): { readonly start: Uint32Array; readonly index: Uint32Array } {
  const rng = philox(3, "bench");
  const start = new Uint32Array(rows + 1);
  const index: number[] = [];
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) if (rng.uniform() < density) index.push(i);
    start[r + 1] = index.length;
  }
  return { start, index: Uint32Array.from(index) };
}
