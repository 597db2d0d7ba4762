/** Event lists made of masks and dense rows, and turned around. */
import type { Heap } from "../heap.ts";
import type { ListKernels } from "../inference-kernels.ts";

/** The list kernels on `heap`. */
export function plainLists(heap: Heap): ListKernels {
  return {
    compactMask: (rows, n, mask, maskStride, start, index) => {
      const { u8, u32 } = heap.views();
      let count = 0;
      for (let r = 0; r < rows; r++) {
        u32[(start >>> 2) + r] = count;
        for (let byte = 0; byte * 8 < n; byte++) {
          const bits = u8[mask + r * maskStride + byte] as number;
          for (let bit = 0; bit < 8; bit++)
            if ((bits >> bit) & 1) u32[(index >>> 2) + count++] = byte * 8 + bit;
        }
      }
      u32[(start >>> 2) + rows] = count;
      return count;
    },
    compactF32: compactKind(heap, "f32"),
    compactI32: compactKind(heap, "i32"),
    transposeEvents: (rows, k, start, index, value, byStart, byRow, byValue) => {
      const { u32 } = heap.views();
      const [s0, i0, v0] = [start >>> 2, index >>> 2, value >>> 2];
      const [b0, r0, w0] = [byStart >>> 2, byRow >>> 2, byValue >>> 2];
      const first = u32[s0] as number;
      const end = u32[s0 + rows] as number;
      u32.fill(0, b0, b0 + k + 1);
      for (let p = first; p < end; p++) {
        const at = b0 + (u32[i0 + p] as number) + 1;
        u32[at] = (u32[at] as number) + 1;
      }
      for (let i = 0; i < k; i++) u32[b0 + i + 1] = (u32[b0 + i + 1] as number) + (u32[b0 + i] as number);
      for (let r = 0; r < rows; r++)
        for (let p = u32[s0 + r] as number; p < (u32[s0 + r + 1] as number); p++) {
          // byStart[i] serves as the cursor of i, and is moved back below.
          const at = b0 + (u32[i0 + p] as number);
          const to = u32[at] as number;
          u32[at] = to + 1;
          u32[r0 + to] = r;
          if (value) u32[w0 + to] = u32[v0 + p] as number;
        }
      for (let i = k; i > 0; i--) u32[b0 + i] = u32[b0 + i - 1] as number;
      u32[b0] = 0;
    },
    transposeImages: (rows, m, n, from, to) => {
      const { u32 } = heap.views();
      for (let r = 0; r < rows; r++) {
        const [f0, t0] = [(from >>> 2) + r * m * n, (to >>> 2) + r * m * n];
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) u32[t0 + j * m + i] = u32[f0 + i * n + j] as number;
      }
    },
  };
}

function compactKind(heap: Heap, kind: "f32" | "i32"): ListKernels["compactF32"] {
  return (rows, n, x, start, index, value) => {
    const views = heap.views();
    const { u32 } = views;
    const values = views[kind];
    let count = 0;
    for (let r = 0; r < rows; r++) {
      u32[(start >>> 2) + r] = count;
      for (let i = 0; i < n; i++) {
        const each = values[(x >>> 2) + r * n + i] as number;
        if (each === 0) continue;
        u32[(index >>> 2) + count] = i;
        if (value) values[(value >>> 2) + count] = each;
        count++;
      }
    }
    u32[(start >>> 2) + rows] = count;
    return count;
  };
}
