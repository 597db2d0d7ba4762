import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensorDistance } from "../../src/diff/tensor-distance.ts";
import {
  diffGraphs,
  graph,
  type MetadataValue,
  NirGraph,
  printDiff,
  tensor,
  withMetadata,
} from "../../src/index.ts";
import { lifOf, shuffledGraph } from "../support.ts";

const net = graph()
  .input("in", [2])
  .linear("fc", {
    weight: [
      [3, 0],
      [0, 4],
    ],
  })
  .lif("lif", { tau: 0.01, vThreshold: 1 })
  .output("out")
  .build();
const fc3 = (w: number[], dtype: "float32" | "float64" = "float32") =>
  ({ type: "Linear", weight: tensor(dtype, [2, 2], w) }) as const;

describe("tensorDistance", () => {
  const row = (...values: number[]) => tensor("float64", [values.length], values);
  it("[3, 4] to [3, 4.5]: one of two, max 0.5, rms 0.5/√2, relative 0.5/5", () => {
    expect(tensorDistance(row(3, 4), row(3, 4.5))).toEqual({
      count: 2,
      differing: 1,
      first: [1],
      nonFinite: 0,
      maxAbs: 0.5,
      rms: Math.sqrt(0.125),
      relative: 0.1,
    });
  });
  it("counts NaN as NaN, −0 as another value than 0, and keeps infinities out of the numbers", () => {
    expect(tensorDistance(row(Number.NaN, 1), row(Number.NaN, 1))).toBeUndefined();
    expect(tensorDistance(row(0), row(-0))).toMatchObject({ differing: 1, maxAbs: 0, relative: 0 });
    expect(tensorDistance(row(1, Number.POSITIVE_INFINITY), row(2, 0))).toMatchObject({
      differing: 2,
      nonFinite: 1,
      maxAbs: 1,
      rms: 1,
      relative: 1,
    });
    expect(tensorDistance(row(0), row(2))?.relative).toBe(Number.POSITIVE_INFINITY);
  });
  it("tells int64 neighbors beyond 2^53 apart: 2^60 and 2^60 + 1 differ by 1", () => {
    const big = (value: bigint) => ({ dtype: "int64", shape: [1], data: BigInt64Array.of(value) }) as const;
    expect(tensorDistance(big(2n ** 60n), big(2n ** 60n + 1n))).toMatchObject({ differing: 1, maxAbs: 1 });
  });
  it("speaks of a change of dtype alone as no differing value", () => {
    expect(tensorDistance(row(1), tensor("float32", [1], [1]))).toMatchObject({ differing: 0, maxAbs: 0 });
    expect(() => tensorDistance(row(1), row(1, 2))).toThrow(RangeError);
  });
});

describe("diffGraphs", () => {
  it("of a graph with itself, or with the same in another order of nodes, is empty", () => {
    expect(diffGraphs(net, net)).toEqual({
      equal: true,
      added: [],
      removed: [],
      retyped: [],
      edges: [],
      reordered: [],
      parameters: [],
      metadata: [],
    });
    const turned = NirGraph.from({ nodes: [...net.nodes()].reverse(), edges: net.edges() });
    expect(diffGraphs(net, turned).equal).toBe(true);
    expect(printDiff(diffGraphs(net, turned))).toBe("");
  });
  it("prints one line per difference", () => {
    const other = net.with({
      removeNodes: ["out"],
      setNodes: [
        ["fc", fc3([3, 0, 0.5, 4])],
        ["lif", { type: "Scale", scale: tensor("float32", [2], [1, 1]) }],
        ["aus\u001b[31m", { type: "Output", shape: [2] }],
      ],
      addEdges: [
        ["lif", "aus\u001b[31m"],
        ["in", "fc"],
      ],
      metadata: new Map<string, MetadataValue>([["note", "new"]]),
    });
    expect(printDiff(diffGraphs(net, other))).toBe(`- out  Output
+ aus\\u001b[31m  Output
~ lif  LIF -> Scale
~ fc.weight  float32[2,2]: 1 of 4 differ, first at [1,0]; max |d| 0.5, rms 0.25, relative 10 %
+ edge in -> fc (1 -> 2 copies)
+ edge lif -> aus\\u001b[31m
- edge lif -> out
+ graph metadata note  "new"
`);
  });
  it("names dtype, shape, plain values and what is only on one side", () => {
    const flat = (startDim: number, inputType?: readonly number[]) =>
      NirGraph.from({
        nodes: [
          ["f", { type: "Flatten", startDim, endDim: -1, ...(inputType === undefined ? {} : { inputType }) }],
          ["w", startDim === 0 ? fc3([1, 2, 3, 4]) : fc3([1, 2, 3, 4], "float64")],
        ],
        edges: [],
      });
    expect(printDiff(diffGraphs(flat(0), flat(1, [2, 3])))).toBe(`+ f.inputType  [2, 3]
~ f.startDim  0 -> 1
~ w.weight  float32[2,2] -> float64[2,2]: same values
`);
    const wide = net.with({
      setNodes: [["fc", { type: "Linear", weight: tensor("float32", [1, 2], [3, 0]) }]],
    });
    expect(printDiff(diffGraphs(net, wide))).toBe("~ fc.weight  float32[2,2] -> float32[1,2]\n");
    expect(printDiff(diffGraphs(flat(1, [2, 3]), flat(0)))).toContain("- f.inputType  [2, 3]");
  });
  it("looks into nested graphs and nested metadata", () => {
    const outer = graph().input("x", [2]).subgraph("s", net).output("y").build();
    const tagged = withMetadata(net.node("fc"), [
      ["a", new Map<string, MetadataValue>([["b", tensor("float32", [1], [1])]])],
      ["n", 1],
    ]);
    const retagged = withMetadata(net.node("fc"), [
      ["a", new Map<string, MetadataValue>([["b", tensor("float32", [1], [2])]])],
      ["n", 1n],
    ]);
    const inside = (node: typeof tagged) =>
      outer.with({ setNodes: [["s", { type: "NIRGraph", graph: net.with({ setNodes: [["fc", node]] }) }]] });
    expect(diffGraphs(inside(tagged), inside(retagged)).metadata).toEqual([
      { path: "s/fc", key: ["a", "b"], from: "float32[1]", to: "float32[1]" },
      { path: "s/fc", key: ["n"], from: "1", to: "1n" },
    ]);
    const cut = net.with({ removeEdges: [["fc", "lif"]] });
    const torn = outer.with({ setNodes: [["s", { type: "NIRGraph", graph: cut }]] });
    expect(printDiff(diffGraphs(outer, torn))).toBe("- edge fc -> lif in s\n");
  });
  it("says that only the order of edges differs", () => {
    const turned = NirGraph.from({ nodes: net.nodes(), edges: [...net.edges()].reverse() });
    expect(diffGraphs(net, turned)).toMatchObject({ equal: false, reordered: [""], edges: [] });
    expect(printDiff(diffGraphs(net, turned))).toBe("~ edges  same edges in another order\n");
  });
});

describe("diffGraphs over random graphs", () => {
  const random = fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true }));
  it("is equal exactly when equals says so, and swaps with its arguments (200 pairs)", () => {
    fc.assert(
      fc.property(random, (stream) => {
        const { original, shuffled } = shuffledGraph(() => stream.next().value as number);
        const [there, back] = [diffGraphs(original, shuffled), diffGraphs(shuffled, original)];
        expect(there.equal).toBe(original.equals(shuffled));
        expect(there.edges).toEqual([]);
        expect(back.added).toEqual(there.removed);
        expect(back.reordered).toEqual(there.reordered);
      }),
      { seed: 3, numRuns: 200 },
    );
  });
  it("names exactly the edit: the node, the parameter, the edges that went with a node (200 edits)", () => {
    fc.assert(
      fc.property(random, fc.nat(), (stream, at) => {
        const { original } = shuffledGraph(() => stream.next().value as number);
        const names = [...original.nodes().keys()];
        const name = names[at % names.length] ?? "in";
        const gone = diffGraphs(original, original.with({ removeNodes: [name] }));
        expect(gone.removed.map((d) => d.path)).toEqual([name]);
        expect(gone.parameters).toEqual([]);
        const lost = original.edges().filter((edge) => edge.includes(name));
        expect(gone.edges.reduce((sum, e) => sum + e.from - e.to, 0)).toBe(lost.length);
        const lif = lifOf([2]) as Extract<ReturnType<typeof lifOf>, { type: "LIF" }>;
        const before = original.with({ setNodes: [[name, lif]] });
        const tau = tensor("float32", [2], [0.5, 0.01]);
        const changed = diffGraphs(before, before.with({ setNodes: [[name, { ...lif, tau }]] }));
        expect(changed.parameters.map((p) => [p.path, p.param, p.distance?.differing])).toEqual([
          [name, "tau", 1],
        ]);
        expect(changed).toMatchObject({ added: [], removed: [], edges: [], reordered: [], metadata: [] });
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
