import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { KernelError, loadKernels, supportsBuild } from "../src/index.ts";
import { builds, put } from "./builds.ts";

/** 3 events of weights 1, 2, 4 into one output. */
function seven(kernels: ReturnType<typeof loadKernels>): number {
  const w = put(kernels, Float32Array.of(1, 2, 4));
  const out = kernels.f32(1);
  const [start, index] = [put(kernels, Uint32Array.of(0, 3)), put(kernels, Uint32Array.of(0, 1, 2))];
  kernels.accumulateEvents(1, 3, 1, start, index, 0, w, 1, 0, out.ptr, 1, 0, 0);
  return out.view[0] as number;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe.each(builds)("%s", (build) => {
  test("works inside somebody's memory at a base that is not zero, and leaves the rest as it was", () => {
    for (const limits of [{ initial: 4 }, { initial: 4, maximum: 9 }]) {
      const memory = new WebAssembly.Memory(limits);
      new Uint8Array(memory.buffer).fill(0xa5);
      const kernels = loadKernels({ build, memory, region: { start: 70_001, end: 80_000 } });
      expect(seven(kernels)).toBe(7);
      const bytes = new Uint8Array(memory.buffer);
      expect(bytes.subarray(0, 70_001).every((byte) => byte === 0xa5)).toBe(true);
      expect(bytes.subarray(80_000).every((byte) => byte === 0xa5)).toBe(true);
      expect(() => kernels.f32(3000)).toThrow(KernelError);
    }
  });

  test("views follow growth, by the kernels and by the owner of the memory", () => {
    const memory = new WebAssembly.Memory({ initial: 1 });
    const kernels = loadKernels({ build, memory });
    const first = kernels.f32(10);
    first.view.fill(3);
    kernels.f32(100_000);
    expect(first.view[9]).toBe(3);
    memory.grow(5);
    expect(first.view[9]).toBe(3);
    expect(seven(kernels)).toBe(7);
  });

  test("maxBytes 1 MiB: a block of 2 MiB is E_KERNEL_MEMORY, and what was there goes on working", () => {
    const kernels = loadKernels({ build, maxBytes: 2 ** 20 });
    expect(() => kernels.u8(2 ** 21)).toThrow(expect.objectContaining({ code: "E_KERNEL_MEMORY" }));
    expect(() => kernels.u8(-1)).toThrow(KernelError);
    expect(seven(kernels)).toBe(7);
  });

  test("blocks are zero, 128-byte aligned, and released blocks are handed out again", () => {
    const kernels = loadKernels({ build });
    const mark = kernels.mark();
    const block = kernels.i16(70);
    block.view.fill(-1);
    expect(block.ptr % 128).toBe(0);
    kernels.release(mark);
    const again = kernels.i8(200);
    expect(again.ptr).toBe(block.ptr);
    expect(again.view.every((byte) => byte === 0)).toBe(true);
    expect(kernels.peakBytes).toBeGreaterThanOrEqual(again.ptr + 200);
  });
});

test("without WebAssembly, auto gives the plain build, and simd is E_KERNEL_BUILD", () => {
  vi.stubGlobal("WebAssembly", undefined);
  const kernels = loadKernels();
  expect([kernels.build, kernels.memory, seven(kernels)]).toEqual(["plain", undefined, 7]);
  kernels.f32(100_000);
  expect(seven(kernels)).toBe(7);
  expect(() => loadKernels({ build: "simd" })).toThrow(expect.objectContaining({ code: "E_KERNEL_BUILD" }));
  vi.unstubAllGlobals();
});

test("auto gives simd here, never relaxed", () => {
  expect(loadKernels().build).toBe("simd");
  expect(supportsBuild("plain")).toBe(true);
});

test("an engine that refuses relaxed instructions, as Node 20 does, still loads simd", () => {
  const validate = WebAssembly.validate.bind(WebAssembly);
  vi.spyOn(WebAssembly, "validate").mockImplementation((bytes) => {
    const code = new Uint8Array(bytes as ArrayBuffer);
    return (
      !code.some((byte, at) => byte === 0xfd && code[at + 1] === 0x85 && code[at + 2] === 2) &&
      validate(bytes)
    );
  });
  expect(supportsBuild("relaxed")).toBe(false);
  expect(() => loadKernels({ build: "relaxed" })).toThrow(KernelError);
  expect(seven(loadKernels({ build: "simd" }))).toBe(7);
});

test("runs in a worker thread", async () => {
  const code = `
    import { parentPort } from "node:worker_threads";
    const { loadKernels } = await import(${JSON.stringify(new URL("../src/index.ts", import.meta.url).href)});
    const kernels = loadKernels();
    const w = kernels.f32(6); w.view.set([1, 2, 3, 4, 5, 6]);
    const x = kernels.f32(2); x.view.set([10, 1]);
    const y = kernels.f32(3);
    kernels.sgemv(2, 3, x.ptr, w.ptr, 3, 0, 0, y.ptr, 0);
    parentPort.postMessage([kernels.build, ...y.view]);`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), {
    execArgv: ["--conditions=@nirkit/source"],
  });
  const message = await new Promise((resolve, reject) => {
    worker.once("message", resolve).once("error", reject);
  });
  await worker.terminate();
  expect(message).toEqual(["simd", 14, 25, 36]);
});
