import { graph } from "@nirkit/graph";
import { expect, test } from "vitest";
import { brokenGlobalHeap } from "../src/global-heap.ts";
import { inspectNir, writeNir } from "../src/index.ts";

const small = graph().input("in", [2]).output("out").build();

test("a text heap whose free space claims 0 bytes would hold the library forever, and is refused", async () => {
  const bytes = await writeNir(small);
  const view = new DataView(bytes.buffer);
  const heap = Buffer.from(bytes).indexOf("GCOL");
  expect(brokenGlobalHeap(bytes)).toBeUndefined();
  // Walk to object 0, the free space at the end.
  let at = heap + 16;
  while (view.getUint16(at, true) !== 0)
    at += 16 + Math.ceil(Number(view.getBigUint64(at + 8, true)) / 8) * 8;
  view.setBigUint64(at + 8, 0n, true);
  expect(brokenGlobalHeap(bytes)).toBe(heap);
  const { diagnostics } = await inspectNir(bytes);
  expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["E_HDF5_CORRUPT /"]);
});

test("an object that claims more than its collection is refused", async () => {
  const bytes = await writeNir(small);
  const heap = Buffer.from(bytes).indexOf("GCOL");
  new DataView(bytes.buffer).setBigUint64(heap + 24, 2n ** 64n - 16n, true);
  expect(brokenGlobalHeap(bytes)).toBe(heap);
});

test("a collection of 2^38 + 4096 bytes is walked as one of 4096, which the library takes it for", async () => {
  const bytes = await writeNir(small);
  const view = new DataView(bytes.buffer);
  const heap = Buffer.from(bytes).indexOf("GCOL");
  expect(view.getBigUint64(heap + 8, true)).toBe(4096n);
  view.setUint32(heap + 12, 64, true);
  expect(brokenGlobalHeap(bytes)).toBeUndefined();
  view.setBigUint64(heap + 24, 4096n, true);
  expect(brokenGlobalHeap(bytes)).toBe(heap);
  expect((await inspectNir(bytes)).diagnostics.map((d) => d.code)).toEqual(["E_HDF5_CORRUPT"]);
});

test("bytes of a tensor that happen to spell the signature are no heap", () => {
  const bytes = new Uint8Array(8192);
  bytes.set([0x47, 0x43, 0x4f, 0x4c, 1, 0, 0, 0], 100);
  expect(brokenGlobalHeap(bytes)).toBeUndefined();
});
