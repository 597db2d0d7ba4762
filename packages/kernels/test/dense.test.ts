import { describe, expect, test } from "vitest";
import { loadKernels, sgemmScratchBytes } from "../src/index.ts";
import { builds, gaussians, put, random, sumBound } from "./builds.ts";

/** Shapes with every remainder by 4, 6 and 8, one row, and more than one block of 256 terms. */
const shapes: [number, number, number][] = [
  [1, 1, 1],
  [4, 8, 3],
  [6, 8, 256],
  [5, 9, 257],
  [7, 23, 600],
  [1, 50, 70],
  [103, 17, 33],
  [13, 1030, 9],
];

describe.each(builds)("%s", (build) => {
  test("[[1,2],[3,4]] · [[5,6],[7,8]] = [[19,22],[43,50]], and added to itself twice that", () => {
    const kernels = loadKernels({ build });
    const a = put(kernels, Float32Array.of(1, 2, 3, 4));
    const b = put(kernels, Float32Array.of(5, 6, 7, 8));
    const c = kernels.f32(4);
    const scratch = kernels.u8(sgemmScratchBytes()).ptr;
    kernels.sgemm(2, 2, 2, a, 2, 0, b, 2, 0, c.ptr, 2, 0, scratch);
    expect([...c.view]).toEqual([19, 22, 43, 50]);
    kernels.sgemm(2, 2, 2, a, 2, 0, b, 2, 0, c.ptr, 2, 1, scratch);
    expect([...c.view]).toEqual([38, 44, 86, 100]);
  });

  test.each(shapes)("sgemm %i x %i x %i in all transposes stays within the float32 sum bound", (m, n, k) => {
    const rng = random(m * n + k);
    for (const [ta, tb] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const kernels = loadKernels({ build });
      const a = gaussians(rng, m * k);
      const b = gaussians(rng, k * n);
      const [ap, bp] = [put(kernels, a), put(kernels, b)];
      const ldc = n + 3;
      const c = kernels.f32(m * ldc);
      c.view.fill(0.5);
      kernels.sgemm(
        m,
        n,
        k,
        ap,
        ta ? m : k,
        ta,
        bp,
        tb ? k : n,
        tb,
        c.ptr,
        ldc,
        0,
        kernels.u8(sgemmScratchBytes()).ptr,
      );
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          let [exact, size] = [0, 0];
          for (let p = 0; p < k; p++) {
            const term =
              (a[ta ? p * m + i : i * k + p] as number) * (b[tb ? j * k + p : p * n + j] as number);
            exact += term;
            size += Math.abs(term);
          }
          expect(Math.abs((c.view[i * ldc + j] as number) - exact)).toBeLessThanOrEqual(size * sumBound(k));
        }
        for (let j = n; j < ldc; j++) expect(c.view[i * ldc + j]).toBe(0.5);
      }
    }
  });

  test.each([
    [1, 1],
    [37, 45],
    [300, 130],
  ])("sgemv %i -> %i, stored either way, with bias and onto a sum, stays within the bound", (k, n) => {
    const kernels = loadKernels({ build });
    const rng = random(k);
    const [x, w, bias] = [gaussians(rng, k), gaussians(rng, k * n), gaussians(rng, n)];
    const turned = Float32Array.from(w, (_, at) => w[(at % k) * n + Math.floor(at / k)] as number);
    const [xp, wp, tp, bp] = [put(kernels, x), put(kernels, w), put(kernels, turned), put(kernels, bias)];
    const out = kernels.f32(n);
    for (const [tw, pointer, ld] of [
      [0, wp, n],
      [1, tp, k],
    ] as const) {
      kernels.sgemv(k, n, xp, pointer, ld, tw, bp, out.ptr, 0);
      kernels.sgemv(k, n, xp, pointer, ld, tw, 0, out.ptr, 1);
      for (let j = 0; j < n; j++) {
        let [exact, size] = [bias[j] as number, Math.abs(bias[j] as number)];
        for (let i = 0; i < k; i++) {
          const term = 2 * (x[i] as number) * (w[i * n + j] as number);
          exact += term;
          size += Math.abs(term);
        }
        expect(Math.abs((out.view[j] as number) - exact)).toBeLessThanOrEqual(size * sumBound(2 * k + 1));
      }
    }
  });
});

test("plain and simd give the same bits for sgemm and sgemv (300 x 37 x 520)", () => {
  const bits = (["plain", "simd"] as const).map((build) => {
    const kernels = loadKernels({ build });
    const rng = random(5);
    const [m, n, k] = [30, 37, 520];
    const [a, b] = [put(kernels, gaussians(rng, m * k)), put(kernels, gaussians(rng, k * n))];
    const [c, y, z] = [kernels.f32(m * n), kernels.f32(n), kernels.f32(m)];
    kernels.sgemm(m, n, k, a, k, 0, b, n, 0, c.ptr, n, 1, kernels.u8(sgemmScratchBytes()).ptr);
    kernels.sgemv(k, n, a, b, n, 0, 0, y.ptr, 0);
    kernels.sgemv(k, m, b, a, k, 1, 0, z.ptr, 0);
    return [c.view, y.view, z.view].map((view) =>
      new Uint32Array(view.buffer, view.byteOffset, view.length).slice(),
    );
  });
  expect(bits[1]).toEqual(bits[0]);
});
