import {
  defineExtension,
  type ExtensionNode,
  graph,
  NirGraph,
  NirkitError,
  type NirNode,
  tensor,
} from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { encodeHdf5, type Tree } from "../src/hdf5-writer.ts";
import { inspectNir, type ReadOptions, readNir, writeNir } from "../src/index.ts";

const codes = async (bytes: Uint8Array, options: ReadOptions = {}): Promise<string[]> =>
  (await inspectNir(bytes, options)).diagnostics.map((d) => `${d.code} ${d.path}`);

/** A file of one Linear between Input and Output, with `fc` and the root group as given. */
function fileOf(
  fc: Record<string, Tree | Content>,
  root: Record<string, Tree | Content> = {},
): Promise<Uint8Array> {
  const port = (type: string): Tree =>
    new Map<string, Tree | Content>([
      ["type", type],
      ["shape", sizes([2])],
    ]);
  const nodes: Tree = new Map<string, Tree | Content>([
    ["fc", new Map(Object.entries(fc))],
    ["in", port("Input")],
    ["out", port("Output")],
  ]);
  const node: Tree = new Map<string, Tree | Content>([
    ["type", "NIRGraph"],
    ["nodes", nodes],
    [
      "edges",
      {
        pairs: [
          ["in", "fc"],
          ["fc", "out"],
        ],
      },
    ],
  ]);
  return encodeHdf5(
    new Map<string, Tree | Content>([["version", "1.0.8"], ["node", node], ...Object.entries(root)]),
    "none",
  );
}
type Content = Exclude<Tree extends ReadonlyMap<string, infer V> ? V : never, Tree>;
const sizes = (values: number[]): Content => ({
  dtype: "int64",
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt),
});
const weight = tensor("float32", [2, 2], [1, 2, 3, 4]);

describe("options", () => {
  test("strict refuses what is filled in: E_MISSING_PARAM for a bias, E_BAD_LAYOUT for a stray parameter", async () => {
    const noBias = await fileOf({ type: "Affine", weight });
    expect(await codes(noBias)).toEqual(["W_DEFAULTED_PARAM /node/nodes/fc/bias"]);
    expect(await codes(noBias, { strict: true })).toEqual(["E_MISSING_PARAM /node/nodes/fc/bias"]);
    const stray = await fileOf({ type: "Linear", weight, scale: tensor("float32", [], [2]) });
    expect(await codes(stray)).toEqual(["W_UNKNOWN_PARAM /node/nodes/fc/scale"]);
    expect(await codes(stray, { strict: true })).toEqual(["E_BAD_LAYOUT /node/nodes/fc/scale"]);
    const { graph: read } = await readNir(stray);
    expect(read.node("fc").metadata?.get("nirkit:unknown:scale")).toEqual(tensor("float32", [], [2]));
  });

  test("types skip turns a mismatch into a warning, also in a nested graph", async () => {
    const inner = NirGraph.unchecked({
      nodes: [
        ["i", { type: "Input", shape: [5] }],
        ["fc", { type: "Linear", weight }],
        ["o", { type: "Output", shape: [2] }],
      ],
      edges: [
        ["i", "fc"],
        ["fc", "o"],
      ],
    });
    const outer = NirGraph.unchecked({ nodes: [["sub", { type: "NIRGraph", graph: inner }]], edges: [] });
    const bytes = await writeNir(outer, { types: "skip" });
    await expect(readNir(bytes)).rejects.toThrow("E_TYPE_MISMATCH");
    const { graph: read, diagnostics } = await readNir(bytes, { types: "skip" });
    expect(read.equals(outer)).toBe(true);
    expect(diagnostics.find((d) => d.code === "W_TYPE_MISMATCH")?.path).toBe("/node/nodes/sub/edges[0]");
  });

  test("nonFinite warn lets NaN through", async () => {
    const bytes = await fileOf({ type: "Linear", weight: tensor("float32", [2, 2], [1, Number.NaN, 3, 4]) });
    await expect(readNir(bytes)).rejects.toThrow("E_NON_FINITE");
    const { diagnostics } = await readNir(bytes, { nonFinite: "warn" });
    expect(diagnostics.map((d) => d.code)).toEqual(["W_NON_FINITE"]);
  });

  test("maxBytes counts all arrays together: 16 bytes of weight after 16 of shapes and texts", async () => {
    const bytes = await fileOf({ type: "Linear", weight });
    expect(await codes(bytes, { maxBytes: 40 })).toEqual(["E_TOO_LARGE /node/nodes/fc/weight"]);
    expect(await codes(bytes, { maxBytes: 4096 })).toEqual([]);
  });

  test("an extension is read only when it is passed, and written with its parameters", async () => {
    const gain = defineExtension("acme:Gain", z.custom<ExtensionNode>(), {
      infer: (_node: ExtensionNode, input) => input,
    });
    const node: NirNode = {
      type: "acme:Gain",
      params: new Map<string, number | string>([
        ["factor", 3],
        ["mode", "fast"],
      ]),
    };
    const built = NirGraph.from({
      nodes: [
        ["g", node],
        ["in", { type: "Input", shape: [2] }],
        ["out", { type: "Output", shape: [2] }],
      ],
      edges: [
        ["in", "g"],
        ["g", "out"],
      ],
    });
    const bytes = await writeNir(built, { extensions: [gain] });
    expect(await codes(bytes)).toEqual(["E_UNKNOWN_TYPE /node/nodes/g/type"]);
    const { graph: read, diagnostics } = await readNir(bytes, { extensions: [gain] });
    expect(read.equals(built)).toBe(true);
    expect(diagnostics.map((d) => d.code)).toEqual(["W_EXTENSION"]);
  });
});

describe("refused, with everything that is wrong", () => {
  test("problems of several nodes are collected in one error", async () => {
    const bytes = await fileOf({
      type: "Conv1d",
      weight: "text",
      stride: sizes([1, 2, 3]),
      padding: "reflect",
    });
    const found = await codes(bytes);
    expect(found).toEqual(
      expect.arrayContaining([
        "E_BAD_DTYPE /node/nodes/fc/weight",
        "E_BAD_SHAPE /node/nodes/fc/stride",
        "E_BAD_VALUE /node/nodes/fc/padding",
        "E_MISSING_PARAM /node/nodes/fc/dilation",
      ]),
    );
    expect(found.some((line) => line.startsWith("E_DANGLING_EDGE"))).toBe(false);
  });

  test("integers beyond 2^53 as a size", async () => {
    const huge: Content = { dtype: "int64", shape: [], data: BigInt64Array.of(2n ** 60n) };
    const found = await codes(await fileOf({ type: "Flatten", start_dim: huge, end_dim: huge }));
    expect(found).toEqual(["E_BAD_VALUE /node/nodes/fc/start_dim", "E_BAD_VALUE /node/nodes/fc/end_dim"]);
  });

  test("types next to a wire name are suggested, others are listed", async () => {
    const hint = async (type: string): Promise<string> =>
      (await inspectNir(await fileOf({ type, weight }))).diagnostics[0]?.hint ?? "";
    expect(await hint("Afine")).toContain('"Affine"');
    expect(await hint("cubalif")).toContain('"CubaLIF"');
    expect(await hint("CurrLIF")).toContain('"CubaLIF"');
    expect(await hint("Transformer")).toContain("SumPool2d");
  });

  test("metadata that is no value is left out with a warning, and 80 nested groups end at 64", async () => {
    let deep: Tree = new Map();
    for (let i = 0; i < 80; i++) deep = new Map([["m", deep]]);
    const found = await codes(await fileOf({ type: "Linear", weight, metadata: deep }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^E_BAD_LAYOUT \/node\/nodes\/fc\/metadata(\/m){64}$/);
    expect(await codes(await fileOf({ type: "Linear", weight, metadata: "text" }))).toEqual([
      "W_METADATA /node/nodes/fc/metadata",
    ]);
  });

  test("versions: PEP 440 forms are silent, others and newer ones are warnings", async () => {
    const said = async (version: string): Promise<string[]> =>
      codes(await fileOf({ type: "Linear", weight }, { version }));
    for (const version of [
      "0.1.1",
      "1.0",
      "0.1.dev247+g376152e.d20250619",
      "1.0.7.dev8+gaf2635601",
      "1.0rc1",
    ])
      expect(await said(version)).toEqual([]);
    for (const version of ["latest", "", "9.0", "1..2"])
      expect(await said(version)).toEqual(["W_VERSION /version"]);
  });

  test("a NirkitError carries the list, and is no half of a graph", async () => {
    const refusal: unknown = await readNir(new Uint8Array(10)).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(NirkitError);
    expect((refusal as NirkitError).diagnostics.map((d) => d.code)).toEqual(["E_NOT_HDF5"]);
  });
});

test("200 damaged copies of a file are refused or read, never anything else", async () => {
  const bytes = await writeNir(
    graph()
      .input("in", [2])
      .linear("fc", {
        weight: [
          [1, 2],
          [3, 4],
        ],
      })
      .output("out")
      .build(),
  );
  let seed = 1;
  const next = (n: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % n;
  };
  for (let i = 0; i < 200; i++) {
    const damaged = bytes.slice();
    for (let j = 0; j <= i % 5; j++) damaged[next(bytes.length)] = next(256);
    const { graph: read, diagnostics } = await inspectNir(damaged);
    expect(read !== undefined || diagnostics.some((d) => d.level === "error")).toBe(true);
  }
});

test("the hash of a graph is that of browsers, which have no native means", () => {
  const weight = tensor(
    "float16",
    [32, 64],
    Array.from({ length: 2048 }, (_, i) => i / 8),
  );
  const built = graph()
    .input("in", [64])
    .linear("fc", { weight })
    .lif("lif", { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 })
    .output("out")
    .build();
  expect(built.hash()).toBe("4d33ef19de1a940a9c7f8fa5a241919a55eec68c405ea2ddcfb32fde58e9f073");
});
