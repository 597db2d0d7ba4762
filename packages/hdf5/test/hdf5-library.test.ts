import { graph } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { Hdf5Library, LibraryFailure, loadLibrary } from "../src/hdf5-library.ts";
import { inspectNir, readNir, writeNir } from "../src/index.ts";

const small = graph()
  .input("in", [2])
  .linear("fc", {
    weight: [
      [1, 2],
      [3, 4],
    ],
  })
  .output("out")
  .build();

/** A text heap whose objects point past it: reading any text fails inside the library. */
function withBrokenHeapMagic(bytes: Uint8Array): Uint8Array {
  const broken = bytes.slice();
  const at = Buffer.from(broken).indexOf("GCOL");
  broken[at] = 0;
  return broken;
}

describe("the library", () => {
  test("keeps no file and no memory over 400 reads, writes and failures", async () => {
    const bytes = await writeNir(small);
    const broken = withBrokenHeapMagic(bytes);
    const { module } = await loadLibrary();
    const filesBefore = Object.keys(rootOf(module)).sort();
    for (let i = 0; i < 20; i++) await readNir(bytes);
    const heapBefore = module.HEAPU8.length;
    for (let i = 0; i < 200; i++) {
      await readNir(bytes);
      await writeNir(small);
      expect((await inspectNir(broken)).diagnostics.map((d) => d.code)).toEqual(["E_HDF5_CORRUPT"]);
    }
    expect(module.HEAPU8.length).toBe(heapBefore);
    expect(Object.keys(rootOf(module)).sort()).toEqual(filesBefore);
    expect((await loadLibrary()).module).toBe(module);
  });

  test("reads at the same time do not disturb each other", async () => {
    const bytes = await writeNir(small);
    const read = await Promise.all(Array.from({ length: 20 }, () => readNir(bytes)));
    for (const { graph: one } of read) expect(one.equals(small)).toBe(true);
  });

  test("an exception out of the library drops the instance, and the next read has a new one", async () => {
    const library = await loadLibrary();
    const abort = (): never => {
      throw new WebAssembly.RuntimeError("Aborted(native code called abort())");
    };
    expect(() => library.call("/here", abort)).toThrow(LibraryFailure);
    expect(library.usable).toBe(false);
    const bytes = await writeNir(small);
    expect((await readNir(bytes)).graph.equals(small)).toBe(true);
    expect(await loadLibrary()).not.toBe(library);
  });

  test("a library without a standard error to listen to is refused", () => {
    const mute = { FS: { streams: [] } } as unknown as ConstructorParameters<typeof Hdf5Library>[0];
    expect(() => new Hdf5Library(mute)).toThrow(TypeError);
  });
});

function rootOf(module: unknown): object {
  return (module as { FS: { root: { contents: object } } }).FS.root.contents;
}
