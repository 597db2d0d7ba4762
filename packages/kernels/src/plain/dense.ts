/** Dense products in the order that the vector kernels use, so that the portable build gives the same bits. */
import type { Heap } from "../heap.ts";
import type { DenseKernels } from "../inference-kernels.ts";

/** Terms that are summed apart before they meet C. */
const blockK = 256;

/** The dense kernels on `heap`. */
export function plainDense(heap: Heap): DenseKernels {
  return {
    sgemm: (m, n, k, a, lda, ta, b, ldb, tb, c, ldc, accumulate) => {
      const { f32 } = heap.views();
      const [a0, b0, c0] = [a >>> 2, b >>> 2, c >>> 2];
      const [aRow, aCol] = ta ? [1, lda] : [lda, 1];
      const [bRow, bCol] = tb ? [1, ldb] : [ldb, 1];
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          const to = c0 + i * ldc + j;
          let total = accumulate ? (f32[to] as number) : 0;
          for (let from = 0; from < k; from += blockK) {
            const end = Math.min(k, from + blockK);
            let sum = 0;
            for (let p = from, x = a0 + i * aRow + p * aCol, y = b0 + p * bRow + j * bCol; p < end; p++) {
              sum = Math.fround(sum + Math.fround((f32[x] as number) * (f32[y] as number)));
              x += aCol;
              y += bRow;
            }
            total = from === 0 && !accumulate ? sum : Math.fround(total + sum);
          }
          f32[to] = total;
        }
    },
    sgemv: (k, n, x, w, ldw, tw, bias, out, accumulate) => {
      const { f32 } = heap.views();
      const [x0, w0, o0] = [x >>> 2, w >>> 2, out >>> 2];
      if (!accumulate) f32.fill(0, o0, o0 + n);
      if (tw) dots(f32, k, n, x0, w0, ldw, o0);
      else
        for (let i = 0; i < k; i++) {
          const value = f32[x0 + i] as number;
          const row = w0 + i * ldw;
          for (let j = 0; j < n; j++)
            f32[o0 + j] = (f32[o0 + j] as number) + Math.fround(value * (f32[row + j] as number));
        }
      if (bias)
        for (let j = 0; j < n; j++) f32[o0 + j] = (f32[o0 + j] as number) + (f32[(bias >>> 2) + j] as number);
    },
  };
}

function dots(
  f32: Float32Array,
  k: number,
  n: number,
  x0: number,
  w0: number,
  ldw: number,
  o0: number,
): void {
  const sums = new Float32Array(16);
  for (let j = 0; j < n; j++) {
    const row = w0 + j * ldw;
    sums.fill(0);
    for (let i = 0; i < k; i++)
      sums[i & 15] =
        (sums[i & 15] as number) + Math.fround((f32[x0 + i] as number) * (f32[row + i] as number));
    for (let width = 8; width >= 1; width >>= 1)
      for (let lane = 0; lane < width; lane++)
        sums[lane] = (sums[lane] as number) + (sums[lane + width] as number);
    f32[o0 + j] = (f32[o0 + j] as number) + (sums[0] as number);
  }
}
