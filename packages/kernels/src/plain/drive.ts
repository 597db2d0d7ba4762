/** Integer sums as float32 drives. */
import type { Heap } from "../heap.ts";
import type { DriveKernels } from "../inference-kernels.ts";

/** The drive kernels on `heap`. */
export function plainDrive(heap: Heap): DriveKernels {
  return {
    sumsToDrive: (rows, n, sums, offset, out) => {
      const { f32, i32 } = heap.views();
      for (let r = 0; r < rows; r++)
        for (let k = 0; k < n; k++) {
          const sum = Math.fround(i32[(sums >>> 2) + r * n + k] as number);
          f32[(out >>> 2) + r * n + k] = offset ? sum + (f32[(offset >>> 2) + k] as number) : sum;
        }
    },
  };
}
