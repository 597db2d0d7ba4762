/** Sums over parameters, and optimizers. */
import type { Heap } from "../../heap.ts";
import type { TrainKernels } from "../train-kernels.ts";

const { fround } = Math;

/** The optimizer kernels on `heap`. */
export function plainOptimizers(
  heap: Heap,
): Pick<TrainKernels, "sumRows" | "addScaled" | "countNonZero" | "sumSquares" | "adam" | "sgd"> {
  return {
    sumRows: (rows, n, x, out) => {
      const { f32 } = heap.views();
      for (let k = 0; k < n; k++) {
        let sum = 0;
        for (let r = 0; r < rows; r++) sum = fround(sum + (f32[(x >>> 2) + r * n + k] as number));
        f32[(out >>> 2) + k] = (f32[(out >>> 2) + k] as number) + sum;
      }
    },
    addScaled: (n, a, x, y) => {
      const { f32 } = heap.views();
      const factor = fround(a);
      for (let k = 0; k < n; k++)
        f32[(y >>> 2) + k] = (f32[(y >>> 2) + k] as number) + fround(factor * (f32[(x >>> 2) + k] as number));
    },
    countNonZero: (n, x) => {
      const { f32 } = heap.views();
      let count = 0;
      for (let k = x >>> 2; k < (x >>> 2) + n; k++) if (f32[k] !== 0) count++;
      return count;
    },
    sumSquares: (n, x) => {
      const { f32 } = heap.views();
      const sums = [0, 0];
      for (let k = 0; k < n; k++) sums[k & 1] = (sums[k & 1] as number) + (f32[(x >>> 2) + k] as number) ** 2;
      return (sums[0] as number) + (sums[1] as number);
    },
    adam: (n, p, g, m, v, rate, b1, b2, epsilon, c1, c2, decay) => {
      const { f32 } = heap.views();
      const [beta1, beta2, r, e, d] = [b1, b2, rate, epsilon, decay].map(fround) as [
        number,
        number,
        number,
        number,
        number,
      ];
      const [left1, left2, k1, k2] = [1 - b1, 1 - b2, c1, c2].map(fround) as [number, number, number, number];
      for (let k = 0; k < n; k++) {
        const gradient = f32[(g >>> 2) + k] as number;
        const mean = fround(fround(beta1 * (f32[(m >>> 2) + k] as number)) + fround(left1 * gradient));
        const square = fround(
          fround(beta2 * (f32[(v >>> 2) + k] as number)) + fround(left2 * fround(gradient * gradient)),
        );
        const root = fround(fround(Math.sqrt(fround(square / k2))) + e);
        const old = f32[(p >>> 2) + k] as number;
        const kept = fround(old - fround(d * old));
        f32[(m >>> 2) + k] = mean;
        f32[(v >>> 2) + k] = square;
        f32[(p >>> 2) + k] = kept - fround(r * fround(fround(mean / k1) / root));
      }
    },
    sgd: (n, p, g, m, rate, momentum, decay) => {
      const { f32 } = heap.views();
      const [r, a, d] = [rate, momentum, decay].map(fround) as [number, number, number];
      for (let k = 0; k < n; k++) {
        const old = f32[(p >>> 2) + k] as number;
        let move = fround((f32[(g >>> 2) + k] as number) + fround(d * old));
        if (m) {
          move = fround(fround(a * (f32[(m >>> 2) + k] as number)) + move);
          f32[(m >>> 2) + k] = move;
        }
        f32[(p >>> 2) + k] = old - fround(r * move);
      }
    },
  };
}
