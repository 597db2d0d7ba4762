import { describe, expect, test } from "vitest";
import { loadKernels } from "../src/index.ts";
import { builds, gaussians, integers, put, random, randomEvents, sumBound } from "./builds.ts";

const sizes: [rows: number, k: number, n: number, density: number][] = [
  [1, 5, 3, 0.5],
  [1, 784, 100, 0.1],
  [40, 60, 37, 0.3],
  [64, 33, 64, 1],
  [9, 20, 130, 0],
];

describe.each(builds)("%s", (build) => {
  test("events 0 and 2 of rows (1,2), (10,20), (100,200) with bias (0.5, 0.25) give (101.5, 202.25)", () => {
    const kernels = loadKernels({ build });
    const w = put(kernels, Float32Array.of(1, 2, 10, 20, 100, 200));
    const [start, index] = [put(kernels, Uint32Array.of(0, 2)), put(kernels, Uint32Array.of(0, 2))];
    const bias = put(kernels, Float32Array.of(0.5, 0.25));
    const out = kernels.f32(2);
    kernels.accumulateEvents(1, 3, 2, start, index, 0, w, 2, bias, out.ptr, 2, 0, 0);
    expect([...out.view]).toEqual([101.5, 202.25]);
  });

  test.each(sizes)(
    "%i rows of %i inputs to %i outputs at density %d: within the sum bound",
    (rows, k, n, density) => {
      const rng = random(rows + n);
      const { start, index } = randomEvents(rng, rows, k, density);
      const [w, value, bias] = [gaussians(rng, k * n), gaussians(rng, index.length), gaussians(rng, n)];
      for (const graded of [false, true])
        for (const tiled of [false, true]) {
          const kernels = loadKernels({ build });
          const [sp, ip, vp] = [put(kernels, start), put(kernels, index), put(kernels, value)];
          const scratch = tiled ? kernels.u8(k * 128).ptr : 0;
          const out = kernels.f32(rows * n);
          kernels.accumulateEvents(
            rows,
            k,
            n,
            sp,
            ip,
            graded ? vp : 0,
            put(kernels, w),
            n,
            put(kernels, bias),
            out.ptr,
            n,
            0,
            scratch,
          );
          for (let r = 0; r < rows; r++)
            for (let j = 0; j < n; j++) {
              let [exact, size] = [bias[j] as number, Math.abs(bias[j] as number)];
              for (let p = start[r] as number; p < (start[r + 1] as number); p++) {
                const term =
                  (graded ? (value[p] as number) : 1) * (w[(index[p] as number) * n + j] as number);
                exact += term;
                size += Math.abs(term);
              }
              expect(Math.abs((out.view[r * n + j] as number) - exact)).toBeLessThanOrEqual(
                size * sumBound(k + 1),
              );
            }
        }
    },
  );

  test.each(sizes)(
    "integers, %i rows of %i inputs to %i outputs at density %d: equal",
    (rows, k, n, density) => {
      const rng = random(3 * rows + n);
      const { start, index } = randomEvents(rng, rows, k, density);
      const value = integers(rng, index.length, -300, 300);
      const before = integers(rng, rows * n, -1000, 1000);
      for (const graded of [false, true]) {
        const kernels = loadKernels({ build });
        const [sp, ip, vp] = [put(kernels, start), put(kernels, index), graded ? put(kernels, value) : 0];
        const kinds = [
          [kernels.accumulateI8, Int8Array, 127],
          [kernels.accumulateI16, Int16Array, 32767],
          [kernels.accumulateI32, Int32Array, 65535],
        ] as const;
        for (const [accumulate, type, most] of kinds) {
          const w = integers(rng, k * n, -most - 1, most);
          const out = put(kernels, before);
          accumulate(rows, n, sp, ip, vp, put(kernels, type.from(w)), n, out, n);
          const expected = before.slice();
          for (let r = 0; r < rows; r++)
            for (let p = start[r] as number; p < (start[r + 1] as number); p++)
              for (let j = 0; j < n; j++)
                expected[r * n + j] =
                  (expected[r * n + j] as number) +
                  (graded ? (value[p] as number) : 1) * (w[(index[p] as number) * n + j] as number);
          expect(new Int32Array(kernels.heap.buffer, out, rows * n)).toEqual(expected);
        }
      }
    },
  );

  test("1000 events of weight -128 and of 127 leave int16 partial sums exact: -128000 and 127000", () => {
    const kernels = loadKernels({ build });
    const n = 35;
    const w = put(
      kernels,
      Int8Array.from({ length: 2 * n }, (_, i) => (i < n ? -128 : 127)),
    );
    const index = put(
      kernels,
      Uint32Array.from({ length: 2000 }, (_, p) => (p < 1000 ? 0 : 1)),
    );
    const start = put(kernels, Uint32Array.of(0, 1000, 2000));
    const out = kernels.i32(2 * n);
    kernels.accumulateI8(2, n, start, index, 0, w, n, out.ptr, n);
    expect([...out.view]).toEqual([...Array(n).fill(-128000), ...Array(n).fill(127000)]);
  });

  test("saturating in [-100, 100] after every event: 90 + 20 - 30 = 70, not 80", () => {
    const kernels = loadKernels({ build });
    const n = 21;
    const rows = [90, 20, -30];
    const w = put(
      kernels,
      Int8Array.from({ length: 3 * n }, (_, i) => rows[Math.floor(i / n)] as number),
    );
    const index = put(kernels, Uint32Array.of(0, 1, 2));
    const out = kernels.i32(n);
    kernels.accumulateSaturatingI8(
      1,
      n,
      put(kernels, Uint32Array.of(0, 3)),
      index,
      -100,
      100,
      w,
      n,
      out.ptr,
      n,
    );
    expect([...out.view]).toEqual(Array(n).fill(70));
  });
});

test("plain and simd give the same bits for float events, tiled or not (50 rows, 200 -> 77, graded)", () => {
  const runs = [
    ["plain", 0],
    ["simd", 0],
    ["simd", 1],
  ] as const;
  const bits = runs.map(([build, tiled]) => {
    const kernels = loadKernels({ build });
    const rng = random(11);
    const { start, index } = randomEvents(rng, 50, 200, 0.2);
    const [value, w, bias] = [gaussians(rng, index.length), gaussians(rng, 200 * 77), gaussians(rng, 77)];
    const out = kernels.f32(50 * 77);
    const lists = [put(kernels, start), put(kernels, index)] as const;
    const scratch = tiled ? kernels.u8(200 * 128).ptr : 0;
    kernels.accumulateEvents(
      50,
      200,
      77,
      ...lists,
      put(kernels, value),
      put(kernels, w),
      77,
      put(kernels, bias),
      out.ptr,
      77,
      0,
      scratch,
    );
    kernels.accumulateEvents(50, 200, 77, ...lists, 0, put(kernels, w), 77, 0, out.ptr, 77, 1, scratch);
    return new Uint32Array(out.view.buffer, out.ptr, out.length).slice();
  });
  expect(bits[1]).toEqual(bits[0]);
  expect(bits[2]).toEqual(bits[0]);
});
