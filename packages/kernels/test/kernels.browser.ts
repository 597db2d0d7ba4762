import { describe, expect, test } from "vitest";
import { type Build, loadKernels, sgemmScratchBytes, supportsBuild } from "../src/index.ts";

const builds = (["plain", "simd", "relaxed"] as const).filter(supportsBuild);

function product(build: Build): Float32Array {
  const kernels = loadKernels({ build });
  const [a, b, c] = [kernels.f32(35 * 70), kernels.f32(70 * 19), kernels.f32(35 * 19)];
  a.view.forEach((_, i, all) => {
    all[i] = ((i * 37) % 101) / 64 - 0.75;
  });
  b.view.forEach((_, i, all) => {
    all[i] = ((i * 53) % 97) / 64 - 0.75;
  });
  kernels.sgemm(35, 19, 70, a.ptr, 70, 0, b.ptr, 19, 0, c.ptr, 19, 0, kernels.u8(sgemmScratchBytes()).ptr);
  return c.view;
}

describe.each(builds)("%s in a browser", (build) => {
  test("35 x 19 x 70 products of multiples of 1/64 are exact: the same in every build", () => {
    expect([...product(build)]).toEqual([...product("plain")]);
  });
});

test("the SIMD build is what auto takes on a page, at once and without a fetch", () => {
  expect(loadKernels().build).toBe("simd");
});

test("runs in a web worker", async () => {
  const url = new URL("../src/index.ts", import.meta.url).href;
  const code = `import { loadKernels } from ${JSON.stringify(url)};
    const kernels = loadKernels();
    const x = kernels.f32(1); x.view[0] = 3;
    const w = kernels.f32(2); w.view.set([5, 7]);
    const y = kernels.f32(2);
    kernels.sgemv(1, 2, x.ptr, w.ptr, 2, 0, 0, y.ptr, 0);
    postMessage([kernels.build, ...y.view]);`;
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), {
    type: "module",
  });
  const message = await new Promise((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.terminate();
  expect(message).toEqual(["simd", 15, 21]);
});
