import { graph, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { inspectNir, writeNir } from "../src/index.ts";
import { inspect } from "../src/read.ts";
import { available, corpusBytes, corpusFiles, corpusFolder } from "./corpus.ts";

/** Where the B-trees of chunks begin that are leaves. */
function chunkTrees(bytes: Uint8Array): number[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: number[] = [];
  for (let at = buffer.indexOf("TREE"); at >= 0; at = buffer.indexOf("TREE", at + 4))
    if (bytes[at + 4] === 1 && bytes[at + 5] === 0 && buffer.readUInt16LE(at + 6) > 0) found.push(at);
  return found;
}

/** 700 x 601 x 3 float64 in 16 chunks. */
async function chunked(): Promise<Uint8Array> {
  const shape = [700, 601, 3];
  const scale = tensor(
    "float64",
    shape,
    Float64Array.from({ length: 700 * 601 * 3 }, (_, i) => i + 1),
  );
  const built = graph().input("in", shape).node("s", { type: "Scale", scale }).output("out").build();
  return writeNir(built, { compression: { gzip: 1 } });
}

const keyBytes = 16 + 8 * 3;
const damages: readonly (readonly [string, (view: DataView, tree: number) => void])[] = [
  ["one chunk less", (v, t) => v.setUint16(t + 6, v.getUint16(t + 6, true) - 1, true)],
  ["no chunk", (v, t) => v.setUint16(t + 6, 0, true)],
  ["a first chunk that begins at row 1", (v, t) => v.setBigUint64(t + 24 + 8, 1n, true)],
  ["a second chunk where the first is", (v, t) => copy(v, t + 24, t + 24 + keyBytes + 8, keyBytes)],
  ["two chunks with one address", (v, t) => copy(v, t + 24 + keyBytes, t + 24 + 2 * keyBytes + 8, 8)],
];

function copy(view: DataView, from: number, to: number, length: number): void {
  for (let i = 0; i < length; i++) view.setUint8(to + i, view.getUint8(from + i));
}

describe("an index of chunks that is damaged never gives zeros for data", () => {
  test.each(damages)("%s is E_HDF5_CORRUPT at the array, with and without the library", async (_, damage) => {
    const bytes = await chunked();
    const [tree] = chunkTrees(bytes);
    expect(tree).toBeDefined();
    damage(new DataView(bytes.buffer, bytes.byteOffset), tree ?? 0);
    for (const libraryOnly of [false, true]) {
      const { graph: none, diagnostics } = await inspect(bytes, {}, { libraryOnly });
      expect(none).toBeUndefined();
      expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["E_HDF5_CORRUPT /node/nodes/s/scale"]);
    }
  });

  test("one chunk that is lost is counted: 15 of 16", async () => {
    const bytes = await chunked();
    const [tree = 0] = chunkTrees(bytes);
    expect(new DataView(bytes.buffer).getUint16(tree + 6, true)).toBe(16);
    new DataView(bytes.buffer).setUint16(tree + 6, 15, true);
    expect((await inspectNir(bytes)).diagnostics[0]?.message).toContain("15 of 16 chunks");
  });

  const files = available("the HDF5 dialects of the corpus", corpusFolder)
    ? corpusFiles("conformance/hdf5", ".nir").filter((file) => chunkTrees(corpusBytes(file)).length > 0)
    : [];

  test("files of other writers with such an index are there: shuffle, checksum, LZF, user block", ({
    skip,
  }) => {
    if (!available("the corpus", corpusFolder)) skip();
    expect(files.length).toBeGreaterThan(5);
  });

  test.each(files)("%s without the last chunk of an array is refused", async (file) => {
    for (const tree of chunkTrees(corpusBytes(file))) {
      const bytes = corpusBytes(file);
      const view = new DataView(bytes.buffer);
      view.setUint16(tree + 6, view.getUint16(tree + 6, true) - 1, true);
      const { diagnostics } = await inspectNir(bytes);
      expect(diagnostics.map((d) => d.code)).toContain("E_HDF5_CORRUPT");
    }
  });
});
