import {
  graph,
  type MetadataValue,
  NirGraph,
  NirkitError,
  type NirNode,
  tensor,
  withMetadata,
} from "@nirkit/graph";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { withHdf5 } from "../src/container.ts";
import { inspectNir, readNir, type WriteOptions, writeNir } from "../src/index.ts";
import type { LibraryDataset } from "../src/library-file.ts";
import { available, corpusBytes, corpusFiles, corpusFolder } from "./corpus.ts";

const noErrors = { types: "skip", nonFinite: "warn" } as const;

const small = (): NirGraph =>
  graph()
    .input("in", [3])
    .affine("fc", {
      weight: [
        [1, 2, 3],
        [4, 5, 6],
      ],
      bias: [0.5, -0.5],
    })
    .lif("lif", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0.25 })
    .output("out")
    .build();

/** Files without a graph, and those whose graph has errors that no option accepts. */
const unwritable: ReadonlySet<string> = new Set([
  "conformance/legacy/v0.0.1_mlp.nir",
  "conformance/legacy/v0.0.6_mlp.nir",
  "real/crashed_write_empty.nir",
  // Edges that lead nowhere, and a Flatten of [0, 0, 0, 0].
  "real/braille_noDelay_bias_zero_subgraph.nir",
  "real/braille_time_axis.nir",
  "real/braille_v2_dangling.nir",
  "real/scnn_mnist_batch_dim.nir",
]);

async function refusalOf(target: NirGraph, options: WriteOptions = {}): Promise<string[]> {
  const error: unknown = await writeNir(target, options).catch((thrown: unknown) => thrown);
  if (!(error instanceof NirkitError)) throw error;
  return error.diagnostics.map((d) => `${d.code} ${d.path}`);
}

describe("write, then read", () => {
  const files = available("the conformance corpus", corpusFolder)
    ? ["conformance/primitives", "conformance/graphs", "conformance/naming_metadata", "conformance/hdf5"]
        .concat(["conformance/lenient", "conformance/legacy", "real", "malformed"])
        .flatMap((folder) => corpusFiles(folder, ".nir"))
    : [];

  test.each(files)("%s comes back equal, and gives the same bytes again", async (file) => {
    const { graph: read } = await inspectNir(corpusBytes(file), noErrors);
    const bytes = read === undefined ? undefined : await writeNir(read, noErrors).catch(refused);
    if (!file.startsWith("malformed/"))
      expect([file, bytes === undefined]).toEqual([file, unwritable.has(file)]);
    if (read === undefined || bytes === undefined) return;
    const again = await inspectNir(bytes, noErrors);
    expect(again.graph?.equals(read)).toBe(true);
    expect(again.version).toBe("1.0.8");
    expect(again.graph === undefined ? [] : await writeNir(again.graph, noErrors)).toEqual(bytes);
  });

  test("a graph built in memory comes back equal", async () => {
    const { graph: read, diagnostics } = await readNir(await writeNir(small()));
    expect(read.equals(small())).toBe(true);
    expect(diagnostics).toEqual([]);
  });

  test("names come back in the order of their UTF-8 bytes, U+FFFF before U+10000", async () => {
    const names = ["\u{10000}", "\uffff", "n10", "n2", "__proto__", "constructor", "a b", 'q"\\'];
    const nodes = names.map((name): [string, NirNode] => [name, { type: "Input", shape: [1] }]);
    const { graph: read } = await readNir(await writeNir(NirGraph.from({ nodes, edges: [] })), noErrors);
    expect([...read.nodes().keys()]).toEqual([
      "__proto__",
      "a b",
      "constructor",
      "n10",
      "n2",
      'q"\\',
      "\uffff",
      "\u{10000}",
    ]);
  });

  test("tensors of every dtype keep dtype, shape and bits", async () => {
    const values: [string, MetadataValue][] = [
      [
        "float16",
        tensor("float16", [2, 3], [0, -0, 65504, 2 ** -24, 1 / 3, Number.NEGATIVE_INFINITY].map(half)),
      ],
      ["float16 scalar", tensor("float16", [], [0.5])],
      ["float32", tensor("float32", [2], [0.1, Number.NaN])],
      ["float64", tensor("float64", [1], [0.1])],
      ["int8", tensor("int8", [2], [-128, 127])],
      ["int16", tensor("int16", [2], [-32768, 32767])],
      ["int32", tensor("int32", [2], [-(2 ** 31), 2 ** 31 - 1])],
      ["int64", { dtype: "int64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) }],
      ["uint8", tensor("uint8", [2], [0, 255])],
      ["uint16", tensor("uint16", [2], [0, 65535])],
      ["uint32", tensor("uint32", [2], [0, 2 ** 32 - 1])],
      ["uint64", { dtype: "uint64", shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }],
      ["bool", tensor("bool", [3], [1, 0, 1])],
      [
        "large bool",
        tensor(
          "bool",
          [100, 100],
          Array.from({ length: 10_000 }, (_, i) => (i % 3) & 1),
        ),
      ],
      [
        "large float16",
        tensor(
          "float16",
          [100, 100],
          Array.from({ length: 10_000 }, (_, i) => i / 4),
        ),
      ],
      ["empty", tensor("float32", [0, 4], [])],
    ];
    const annotated = NirGraph.from({
      nodes: small().nodes(),
      edges: small().edges(),
      metadata: new Map(values),
    });
    const { graph: read } = await readNir(await writeNir(annotated));
    expect(read.equals(annotated)).toBe(true);
  });

  test("metadata values keep their kind: numbers, texts, booleans, lists, maps", async () => {
    const values: [string, MetadataValue][] = [
      ["integer", 42],
      ["fraction", 1.5],
      ["minus zero", -0],
      ["NaN", Number.NaN],
      ["wide", 2n ** 60n],
      ["yes", true],
      ["no", false],
      ["text", "τ=5ms 日本"],
      ["empty", ""],
      ["list", ["a", "", "ccc"]],
      [
        "tree",
        new Map<string, MetadataValue>([
          ["deep", new Map([["x", 1]])],
          ["bare", new Map()],
        ]),
      ],
      ["nirkit:neuron", '{"v":1}'],
    ];
    const nodes = [...small().nodes()].map(([name, node]) => [name, withMetadata(node, values)] as const);
    const annotated = NirGraph.from({ nodes, edges: small().edges() });
    const { graph: read, diagnostics } = await readNir(await writeNir(annotated));
    expect(diagnostics).toEqual([]);
    expect(read.equals(annotated)).toBe(true);
  });

  test("any tree of texts and numbers in the metadata comes back", async () => {
    const key = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 8 })
      .filter((k) => k !== "." && !/[/\0]/.test(k));
    const text = fc.string({ unit: "grapheme", maxLength: 12 }).filter((t) => !t.includes("\0"));
    const value = fc.oneof(
      text,
      fc.boolean(),
      fc.integer(),
      fc.double().filter((x) => !Number.isInteger(x)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(key, value), { maxLength: 6 }), async (entries) => {
        const metadata = new Map<string, MetadataValue>(entries);
        const annotated = NirGraph.from({ nodes: small().nodes(), edges: small().edges(), metadata });
        expect((await readNir(await writeNir(annotated))).graph.equals(annotated)).toBe(true);
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});

describe("layout", () => {
  const wide = (columns: number): NirGraph =>
    graph()
      .input("in", [columns])
      .linear("fc", { weight: tensor("float32", [8, columns], new Float32Array(8 * columns)) })
      .output("out")
      .build();
  const chunksOf = async (target: NirGraph, options: WriteOptions = {}): Promise<number[] | null> =>
    withHdf5(
      await writeNir(target, options),
      { maxBytes: 2 ** 31, libraryOnly: true },
      (file) => (file.dataset("/node/nodes/fc/weight") as LibraryDataset).raw.chunks,
    );

  test("4092 bytes are contiguous, 4096 are one gzip chunk, 2 MiB are two", async () => {
    expect(await chunksOf(wide(127))).toBeNull();
    expect(await chunksOf(wide(128))).toEqual([8, 128]);
    expect(await chunksOf(wide(65536))).toEqual([4, 65536]);
    expect(await chunksOf(wide(128), { compression: "none" })).toBeNull();
  });

  test("gzip 9 makes zeros smaller than no compression does", async () => {
    const [packed, bare] = [
      await writeNir(wide(4096), { compression: { gzip: 9 } }),
      await writeNir(wide(4096), { compression: "none" }),
    ];
    expect(bare.length - packed.length).toBeGreaterThan(120_000);
  });

  test("superblock 0, no modification time, text null-terminated UTF-8 of variable length", async () => {
    const bytes = await writeNir(small());
    expect(bytes[8]).toBe(0);
    await withHdf5(bytes, { maxBytes: 2 ** 31, libraryOnly: true }, (file) => {
      const { raw } = file.dataset("/node/nodes/fc/type") as LibraryDataset;
      expect([raw.vlen, raw.cset, raw.strpad]).toEqual([true, 1, 0]);
    });
    expect(await writeNir(small())).toEqual(bytes);
  });

  test("no edges are text of shape [0, 2]", async () => {
    const alone = NirGraph.from({ nodes: [["in", { type: "Input", shape: [1] }]], edges: [] });
    await withHdf5(await writeNir(alone), { maxBytes: 2 ** 31 }, (file) => {
      const { element, shape } = file.dataset("/node/edges");
      expect([element, shape]).toEqual(["string", [0, 2]]);
    });
  });

  test("shapes that only inference knows are written: convolution, Flatten, Output", async () => {
    const bare = NirGraph.from({
      nodes: [
        ["conv", { ...conv, stride: [2, 1] } as NirNode],
        ["flat", { type: "Flatten", startDim: 0, endDim: -1 }],
        ["in", { type: "Input", shape: [1, 6, 5] }],
        ["out", { type: "Output" }],
      ],
      edges: [
        ["in", "conv"],
        ["conv", "flat"],
        ["flat", "out"],
      ],
    });
    const { graph: read } = await readNir(await writeNir(bare));
    expect(read.node("conv")).toMatchObject({ inputShape: [6, 5] });
    expect(read.node("flat")).toMatchObject({ inputType: [2, 3, 5] });
    expect(read.node("out")).toMatchObject({ shape: [30] });
  });

  test("complete repeats scalar parameters and adds the missing ends", async () => {
    const bare = NirGraph.from({
      nodes: [
        ["fc", { type: "Linear", weight: tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]) }],
        [
          "if",
          {
            type: "IF",
            r: tensor("float32", [], [1]),
            vThreshold: tensor("float32", [1], [1]),
            vReset: tensor("float32", [], [0]),
          },
        ],
      ],
      edges: [["fc", "if"]],
    });
    const { graph: read, diagnostics } = await readNir(await writeNir(bare, { complete: true }));
    expect([...read.nodes().keys()]).toEqual(["fc", "if", "input_fc", "output_if"]);
    expect(read.node("if")).toMatchObject({ r: { shape: [2] }, vThreshold: { shape: [2] } });
    expect(diagnostics).toEqual([]);
  });

  test("target 1.0.5 leaves a zero v_reset out and refuses another", async () => {
    const zero = small().with({ setNodes: [["lif", { ...lif, vReset: tensor("float32", [2], [0, 0]) }]] });
    const bytes = await writeNir(zero, { target: "1.0.5" });
    expect(await withHdf5(bytes, { maxBytes: 2 ** 31 }, (file) => file.kind("/node/nodes/lif/v_reset"))).toBe(
      "nothing",
    );
    const { graph: read, diagnostics } = await readNir(bytes);
    expect(read.equals(zero)).toBe(true);
    expect(diagnostics.map((d) => d.code)).toEqual(["W_RESET_AMBIGUOUS"]);
    expect(await refusalOf(small(), { target: "1.0.5" })).toEqual(["E_NOT_WRITABLE /node/nodes/lif/v_reset"]);
  });
});

describe("refused", () => {
  const withMeta = (key: string, value: MetadataValue): NirGraph =>
    small().with({ metadata: new Map([[key, value]]) });

  test("names and texts that HDF5 cannot hold", async () => {
    expect(await refusalOf(withMeta("a/b", 1))).toEqual(["E_NOT_WRITABLE /node/metadata/a/b"]);
    expect(await refusalOf(withMeta("", 1))).toEqual(["E_NOT_WRITABLE /node/metadata/"]);
    expect(await refusalOf(withMeta("k", "x\0y"))).toEqual(["E_NOT_WRITABLE /node/metadata/k"]);
    expect(await refusalOf(withMeta("k", ["\ud800"]))).toEqual(["E_NOT_WRITABLE /node/metadata/k"]);
    expect(await refusalOf(withMeta("k", 2n ** 63n))).toEqual(["E_NOT_WRITABLE /node/metadata/k"]);
    const slashed = NirGraph.unchecked({ nodes: [["a/b", { type: "Input", shape: [1] }]], edges: [] });
    expect(await refusalOf(slashed)).toContain("E_NOT_WRITABLE /node/nodes/a/b");
  });

  test("a shape that nothing tells", async () => {
    const open = NirGraph.from({ nodes: [["conv", conv]], edges: [] });
    expect((await refusalOf(open)).some((line) => line.startsWith("E_UNTYPED"))).toBe(true);
    expect(await refusalOf(open, { types: "skip" })).toEqual(["E_UNTYPED /node/nodes/conv/input_shape"]);
  });

  test("what validation refuses: a NaN weight", async () => {
    const broken = small().with({
      setNodes: [["fc", { type: "Linear", weight: tensor("float32", [2, 3], [1, 2, 3, 4, 5, Number.NaN]) }]],
    });
    expect((await refusalOf(broken))[0]).toMatch(/^E_NON_FINITE /);
    expect(
      (await readNir(await writeNir(broken, { nonFinite: "warn" }), { nonFinite: "warn" })).graph.equals(
        broken,
      ),
    ).toBe(true);
  });
});

const conv: NirNode = {
  type: "Conv2d",
  weight: tensor("float32", [2, 1, 1, 1], [1, 2]),
  bias: tensor("float32", [2], [0, 0]),
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
};
const ones = tensor("float32", [2], [1, 1]);
const lif = { type: "LIF", tau: ones, r: ones, vLeak: ones, vThreshold: ones, vReset: ones } as const;

/** The nearest binary16 value. */
function half(x: number): number {
  const step = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(x) || 1))) - 10);
  return Number.isFinite(x) ? Math.trunc(x / step) * step : x;
}

function refused(error: unknown): undefined {
  if (!(error instanceof NirkitError)) throw error;
  return undefined;
}
