import { describe, expect, test } from "vitest";
import { loadKernels, maskStrideBytes } from "../src/index.ts";
import { builds, integers, put, random } from "./builds.ts";

describe.each(builds)("%s", (build) => {
  test("a mask of neurons 0, 63, 64 and 129 in row 0 and none in row 1 compacts to those events", () => {
    const kernels = loadKernels({ build });
    const stride = maskStrideBytes(130);
    const mask = kernels.u8(2 * stride);
    for (const k of [0, 63, 64, 129]) mask.view[k >> 3] = (mask.view[k >> 3] as number) | (1 << (k & 7));
    const [start, index] = [kernels.u32(3), kernels.u32(260)];
    expect(kernels.compactMask(2, 130, mask.ptr, stride, start.ptr, index.ptr)).toBe(4);
    expect([...start.view, ...index.view.subarray(0, 4)]).toEqual([0, 4, 4, 0, 63, 64, 129]);
  });

  test("transposing events twice gives them back, values with them", () => {
    const kernels = loadKernels({ build });
    const x = integers(random(4), 40 * 23, -1, 1);
    const lists = (): [number, number, number] => [
      kernels.u32(41).ptr,
      kernels.u32(920).ptr,
      kernels.i32(920).ptr,
    ];
    const [a, b, c] = [lists(), lists(), lists()];
    const count = kernels.compactI32(40, 23, put(kernels, x), ...a);
    kernels.transposeEvents(40, 23, ...a, ...b);
    kernels.transposeEvents(23, 40, ...b, ...c);
    for (const [part, length] of [
      [0, 41],
      [1, count],
      [2, count],
    ] as const)
      expect(new Int32Array(kernels.heap.buffer, c[part], length)).toEqual(
        new Int32Array(kernels.heap.buffer, a[part], length),
      );
    expect(count).toBe(x.filter((each) => each !== 0).length);
    const f = lists();
    expect(kernels.compactF32(40, 23, put(kernels, Float32Array.from(x)), ...f)).toBe(count);
    expect(new Int32Array(kernels.heap.buffer, f[1], count)).toEqual(
      new Int32Array(kernels.heap.buffer, a[1], count),
    );
  });

  test("transposeImages of [2, 3, 5] puts [r, m, n] at [r, n, m]", () => {
    const kernels = loadKernels({ build });
    const from = put(
      kernels,
      Int32Array.from({ length: 30 }, (_, at) => at),
    );
    const to = kernels.i32(30);
    kernels.transposeImages(2, 3, 5, from, to.ptr);
    expect([...to.view.subarray(0, 6)]).toEqual([0, 5, 10, 1, 6, 11]);
    expect([...to.view.subarray(15, 18)]).toEqual([15, 20, 25]);
  });
});
