// Integer sums as float32 drives.
import { loadPart, storePart } from "./lanes.ts";

export function sumsToDrive(rows: i32, n: i32, sums: usize, offset: usize, out: usize): void {
  for (let r = 0; r < rows; r++, sums += <usize>4 * <usize>n, out += <usize>4 * <usize>n)
    for (let k = 0; k < n; k += 4) {
      const count = min(4, n - k), at = <usize>4 * <usize>k;
      let drive = f32x4.convert_i32x4_s(loadPart(sums + at, count));
      if (offset) drive = f32x4.add(drive, loadPart(offset + at, count));
      storePart(out + at, drive, count);
    }
}
