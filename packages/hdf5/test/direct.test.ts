import { full, graph, NirGraph, type NirNode, tensor } from "@nirkit/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DirectFile } from "../src/direct/direct-file.ts";
import { NotDirect } from "../src/direct/file-bytes.ts";
import { readNir, writeNir } from "../src/index.ts";
import { inspect, inspectStored } from "../src/read.ts";
import { available, corpusBytes, corpusFiles, corpusFolder } from "./corpus.ts";

const files = available("the conformance corpus", corpusFolder)
  ? ["conformance/primitives", "conformance/graphs", "conformance/naming_metadata", "conformance/hdf5"]
      .concat(["conformance/lenient", "conformance/legacy", "real", "malformed"])
      .flatMap((folder) => corpusFiles(folder, ".nir"))
  : [];

const all = { maxBytes: 2 ** 31, owned: false };
const isDirect = (bytes: Uint8Array): boolean => {
  try {
    return new DirectFile(bytes, all).members("/node").length >= 0;
  } catch (error) {
    if (!(error instanceof NotDirect)) throw error;
    return false;
  }
};

describe("the direct reader and the library", () => {
  test.each(files)("agree about %s", async (file) => {
    const bytes = corpusBytes(file);
    const direct = await inspect(bytes, {}, {});
    const library = await inspect(bytes, {}, { libraryOnly: true });
    expect(direct.diagnostics).toEqual(library.diagnostics);
    expect(direct.version).toBe(library.version);
    expect(direct.graph === undefined).toBe(library.graph === undefined);
    if (direct.graph === undefined || library.graph === undefined) return;
    expect(direct.graph.equals(library.graph)).toBe(true);
    expect([...direct.graph.nodes().keys()]).toEqual([...library.graph.nodes().keys()]);
  });

  test("agree about every dtype, shape and compression", async () => {
    const dtypes = ["float16", "float32", "float64", "int8", "int16", "int32", "int64"] as const;
    const unsigned = ["uint8", "uint16", "uint32", "uint64"] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...dtypes, ...unsigned),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 }),
        fc.constantFrom("none" as const, { gzip: 1 }, { gzip: 9 }),
        async (dtype, shape, compression) => {
          const size = shape.reduce((product, n) => product * n, 1);
          const scale = tensor(
            dtype,
            shape,
            Array.from({ length: size }, (_, i) => i % 100),
          );
          const built = graph().input("in", shape).node("s", { type: "Scale", scale }).output("out").build();
          const bytes = await writeNir(built, { compression });
          expect(isDirect(bytes)).toBe(true);
          const { graph: direct } = await inspect(bytes, {}, {});
          const { graph: library } = await inspect(bytes, {}, { libraryOnly: true });
          expect(direct?.equals(built) === true && library?.equals(built) === true).toBe(true);
        },
      ),
      { seed: 3, numRuns: 60 },
    );
  });

  test("agree about chunks that the edges of the array cut: 700 x 601 x 3 float64", async () => {
    const scale = tensor(
      "float64",
      [700, 601, 3],
      Float64Array.from({ length: 700 * 601 * 3 }, (_, i) => i),
    );
    const built = graph()
      .input("in", [700, 601, 3])
      .node("s", { type: "Scale", scale })
      .output("out")
      .build();
    const bytes = await writeNir(built);
    expect((await inspect(bytes, {}, {})).graph?.equals(built)).toBe(true);
    expect((await inspect(bytes, {}, { libraryOnly: true })).graph?.equals(built)).toBe(true);
  });
});

describe("ownership", () => {
  const wide: NirNode = { type: "Linear", weight: full("float32", [512, 1024], 0.5) };
  const built = NirGraph.from({
    nodes: [
      ["fc", wide],
      ["in", { type: "Input", shape: [1024] }],
    ],
    edges: [["in", "fc"]],
  });

  test("2 MiB of owned bytes are not copied; bytes of the caller are", async () => {
    const bytes = await writeNir(built, { compression: "none" });
    const { graph: owned } = await inspect(bytes, {}, { owned: true });
    const { graph: copied } = await readNir(bytes);
    const bufferOf = (read: NirGraph | undefined): ArrayBufferLike | undefined => {
      const node = read?.nodes().get("fc");
      return node !== undefined && "weight" in node ? node.weight.data.buffer : undefined;
    };
    expect(bufferOf(owned)).toBe(bytes.buffer);
    expect(bufferOf(copied)).not.toBe(bytes.buffer);
    bytes.fill(0);
    expect(copied.equals(built)).toBe(true);
  });
});

test("chunks whose index is out of order are damage, where the library would give zeros", async () => {
  const scale = full("float32", [2048], 7);
  const built = graph().input("in", [2048]).node("s", { type: "Scale", scale }).output("out").build();
  const bytes = await writeNir(built);
  const view = new DataView(bytes.buffer);
  // The tree of type 1: the key after its only chunk says where the array ends, at element 2048.
  let tree = Buffer.from(bytes).indexOf("TREE");
  while (bytes[tree + 4] !== 1) tree = Buffer.from(bytes).indexOf("TREE", tree + 4);
  const end = tree + 24 + 8 + 16 + 8 + 8;
  expect(view.getBigUint64(end, true)).toBe(2048n);
  view.setBigUint64(end, 0n, true);
  view.setBigUint64(end + 8, 0n, true);
  const { graph: none, diagnostics } = await inspect(bytes, {}, {});
  expect(none).toBeUndefined();
  expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["E_HDF5_CORRUPT /node/nodes/s/scale"]);
  // Set right again, but with the chunk itself beyond the array.
  view.setBigUint64(end, 2n ** 40n, true);
  view.setBigUint64(tree + 32, 2n ** 33n, true);
  expect((await inspect(bytes, {}, {})).diagnostics.map((d) => d.code)).toEqual(["E_HDF5_CORRUPT"]);
});

test("metadata whose name stands out of order is damage, and not left out", async () => {
  const metadata = new Map([
    ["first", 1],
    ["second", 2],
  ]);
  const node: NirNode = { type: "Input", shape: [1], metadata };
  const bytes = await writeNir(NirGraph.from({ nodes: [["in", node]], edges: [] }));
  const at = Buffer.from(bytes).indexOf("first\0");
  bytes[at] = "z".charCodeAt(0);
  for (const libraryOnly of [false, true]) {
    const { graph: none, diagnostics } = await inspect(bytes, {}, { libraryOnly });
    expect(none).toBeUndefined();
    expect(diagnostics.map((d) => d.code)).toContain("E_HDF5_CORRUPT");
  }
});

describe("a file that is read in pieces", () => {
  test.each(files)("gives what its bytes give: %s", async (file) => {
    const bytes = corpusBytes(file);
    const stored = { length: bytes.length, read: (at: number, n: number) => bytes.slice(at, at + n) };
    const opening = { ahead: async () => {}, whole: async () => bytes };
    const pieces = await inspectStored(stored, {}, opening);
    const whole = await inspect(bytes, {}, {});
    expect(pieces.diagnostics).toEqual(whole.diagnostics);
    expect(pieces.version).toBe(whole.version);
    expect(pieces.graph?.hash()).toBe(whole.graph?.hash());
  });
});
