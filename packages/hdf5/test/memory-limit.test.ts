import { graph } from "@nirkit/graph";
import { expect, test } from "vitest";
import { loadLibrary } from "../src/hdf5-library.ts";
import { inspectNir, readNir, writeNir } from "../src/index.ts";

const small = graph().input("in", [2]).output("out").build();

/** Where the reference to a text of `length` bytes stands: its length, then the address of the text heap. */
function referenceTo(bytes: Uint8Array, length: number): number {
  const view = new DataView(bytes.buffer);
  const heap = BigInt(Buffer.from(bytes).indexOf("GCOL"));
  for (let at = 0; at + 12 <= bytes.length; at += 4)
    if (view.getUint32(at, true) === length && view.getBigUint64(at + 4, true) === heap) return at;
  throw new Error(`no text of ${length} bytes`);
}

test("a text that claims to be 2 GB long is refused within 64 MiB and the size of the file", async () => {
  const bytes = await writeNir(small);
  const at = referenceTo(bytes, "NIRGraph".length);
  for (const claimed of [0x7fff_ffff, 0xffff_ff00, 200_000_000]) {
    const damaged = bytes.slice();
    new DataView(damaged.buffer).setUint32(at, claimed, true);
    const { graph: none, diagnostics } = await inspectNir(damaged);
    expect(none).toBeUndefined();
    expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["E_HDF5_CORRUPT /node/type"]);
  }
  const { module } = await loadLibrary();
  expect(module.HEAPU8.length).toBeLessThan(2 ** 26 + 4 * bytes.length);
  expect((await readNir(bytes)).graph.equals(small)).toBe(true);
});

test("the bound is lifted after every read: 96 MiB can be had", async () => {
  const bytes = await writeNir(small);
  await readNir(bytes);
  const { module } = await loadLibrary();
  const at = module._malloc(96 * 2 ** 20);
  expect(at).not.toBe(0);
  module._free(at);
});
