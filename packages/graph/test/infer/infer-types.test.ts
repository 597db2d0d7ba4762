import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  completeGraph,
  graph,
  inferTypes,
  NirGraph,
  type NirNode,
  schedule,
  tensor,
  validateGraph,
  zeros,
} from "../../src/index.ts";
import { lifOf, shuffledGraph, typesOf } from "../support.ts";

const conv = (weight: number[], more: object = {}): NirNode => ({
  type: "Conv2d",
  weight: zeros("float32", weight),
  bias: zeros("float32", [weight[0] ?? 0]),
  stride: [1, 1],
  padding: [0, 0],
  dilation: [1, 1],
  groups: 1,
  ...more,
});
const chain = (...nodes: NirNode[]): NirGraph => {
  const named = nodes.map((node, i) => [`n${i}`, node] as const);
  return NirGraph.from({ nodes: named, edges: named.slice(1).map(([name], i) => [`n${i}`, name] as const) });
};
const input = (...shape: number[]): NirNode => ({ type: "Input", shape });
const output = (...shape: number[]): NirNode =>
  shape.length === 0 ? { type: "Output" } : { type: "Output", shape };
const codes = (g: NirGraph): string[] => g.types().diagnostics.map((d) => `${d.code} ${d.path}`);

describe("type inference", () => {
  it("types a 3×5 kernel on 8×8 as 6×4, each axis with its own kernel", () => {
    expect(
      chain(input(1, 8, 8), conv([2, 1, 3, 5]), output())
        .types()
        .outputShape("n2"),
    ).toEqual([2, 6, 4]);
  });
  it("counts the input channels of a grouped convolution as weight.shape[1] times groups", () => {
    const g = chain(input(4, 6, 6), conv([6, 2, 3, 3], { groups: 2 }), output());
    expect(g.types().inputShape("n1")).toEqual([4, 6, 6]);
    expect(g.types().diagnostics).toEqual([]);
  });
  it("types (9, 12) with stride (2, 3), padding (1, 0), dilation (1, 2) as (5, 3)", () => {
    const node = conv([1, 1, 3, 3], { stride: [2, 3], padding: [1, 0], dilation: [1, 2] });
    expect(
      chain(input(1, 9, 12), node, output())
        .types()
        .outputShape("n1"),
    ).toEqual([1, 5, 3]);
  });
  it("pools 7 by kernel 3, stride 2, padding 1 to 4, and flattens 2×4×4 to 32", () => {
    const pool: NirNode = { type: "SumPool2d", kernelSize: [3, 3], stride: [2, 2], padding: [1, 1] };
    const g = chain(input(2, 7, 7), pool, { type: "Flatten", startDim: 0, endDim: -1 }, output());
    expect(g.types().outputShape("n1")).toEqual([2, 4, 4]);
    expect(g.types().outputShape("n3")).toEqual([32]);
  });
  it("goes through Conv1d with stride 2, padding 2, dilation 3: 17 becomes 8", () => {
    const node: NirNode = {
      type: "Conv1d",
      weight: zeros("float32", [4, 2, 3]),
      bias: zeros("float32", [4]),
      stride: 2,
      padding: 2,
      dilation: 3,
      groups: 1,
    };
    expect(chain(input(2, 17), node, output()).types().outputShape("n2")).toEqual([4, 8]);
  });
  it("maps [2, 4] by a weight [2, 3, 4] to [2, 3]", () => {
    const g = chain(input(2, 4), { type: "Linear", weight: zeros("float32", [2, 3, 4]) }, output());
    expect(g.types().outputShape("n2")).toEqual([2, 3]);
  });
  it("finds the size of a convolution backward from its target when its stride is 1", () => {
    const g = chain(conv([2, 3, 3, 3]), lifOf([2, 6, 6]), output());
    expect(g.types().inputShape("n0")).toEqual([3, 8, 8]);
  });
  it("gives scalar parameters the shape that comes in, with W_BROADCAST", () => {
    const g = chain(input(5), lifOf([1]), output(5));
    expect(g.types().outputShape("n1")).toEqual([5]);
    expect(codes(g)).toEqual(["W_BROADCAST nodes.n1"]);
  });
  it("takes N from the parameter that has one, when the others are scalars", () => {
    const node: NirNode = { ...(lifOf([3]) as NirNode & { type: "LIF" }), r: tensor("float32", [], [1]) };
    expect(codes(chain(input(3), node, output(3)))).toEqual(["W_BROADCAST nodes.n1"]);
  });
  it("undoes a Flatten where one size is open: 24 values after 8 channels are a length of 3", () => {
    const conv1d: NirNode = {
      type: "Conv1d",
      weight: zeros("float32", [8, 2, 3]),
      bias: zeros("float32", [8]),
      stride: 1,
      padding: 0,
      dilation: 1,
      groups: 1,
    };
    const chain = (startDim: number, outputs: number, lif: NirNode = lifOf([])): NirGraph =>
      NirGraph.from({
        nodes: [
          ["conv", conv1d],
          ["lif", lif],
          ["flat", { type: "Flatten", startDim, endDim: -1 }],
          ["fc", { type: "Linear", weight: zeros("float32", [4, outputs]) }],
          ["out", output()],
        ],
        edges: [
          ["conv", "lif"],
          ["lif", "flat"],
          ["flat", "fc"],
          ["fc", "out"],
        ],
      });
    expect(typesOf(chain(0, 24)).flat).toEqual([[8, 3], [24]]);
    expect(typesOf(chain(0, 24)).lif).toEqual([
      [8, 3],
      [8, 3],
    ]);
    expect(typesOf(chain(0, 24)).conv).toEqual([
      [2, 5],
      [8, 3],
    ]);
    expect(
      chain(0, 25)
        .types()
        .diagnostics.some((d) => d.level === "error"),
    ).toBe(true);
    expect(completeGraph(chain(0, 24)).types().outputShape("input_conv")).toEqual([2, 5]);
  });
  it("keeps [] and [1] apart where both are fixed", () => {
    expect(codes(chain(input(), { type: "Scale", scale: zeros("float32", [1]) }, output()))).toContain(
      "E_TYPE_MISMATCH edges[0]",
    );
  });
  it("names both ends of a mismatch and collects all of them", () => {
    const g = chain(input(5), { type: "Linear", weight: zeros("float32", [2, 3]) }, lifOf([4]), output(7));
    expect(codes(g).sort()).toEqual([
      "E_TYPE_MISMATCH edges[0]",
      "E_TYPE_MISMATCH edges[1]",
      "E_TYPE_MISMATCH edges[2]",
    ]);
    expect(g.types().diagnostics[0]?.message).toBe('"n1" takes [3], but "n0" gives [5]');
  });
  it("says the channels a convolution without input shape takes", () => {
    const g = chain(input(3, 8, 8), conv([4, 2, 3, 3]), output());
    expect(g.types().diagnostics[0]?.message).toBe('"n1" takes [2, H, W], but "n0" gives [3, 8, 8]');
    expect(g.types().diagnostics).toHaveLength(1);
  });
  it("refuses a window of 9 on 8 at the node", () => {
    expect(codes(chain(input(1, 8, 8), conv([1, 1, 9, 9]), output()))).toEqual(["E_BAD_VALUE nodes.n1"]);
  });
  it("reports a group of untyped nodes once", () => {
    const pool: NirNode = { type: "AvgPool2d", kernelSize: [2, 2], stride: [2, 2], padding: [0, 0] };
    const g = chain(pool, pool, output());
    expect(codes(g)).toEqual(["E_UNTYPED nodes.n0"]);
    expect(g.types().diagnostics[0]?.detail).toEqual({ nodes: ["n0", "n1", "n2"] });
  });
  it("an empty graph and a single Input have nothing to say", () => {
    expect(NirGraph.from({ nodes: [], edges: [] }).types().diagnostics).toEqual([]);
    expect(chain(input(3)).types().diagnostics).toEqual([]);
  });
  it("types a 2 000-node chain of scalar neurons in well under quadratic work", () => {
    const neuron = lifOf([1]);
    const names = Array.from({ length: 2000 }, (_, i) => `n${i}`);
    const g = NirGraph.from({
      nodes: [["in", input(4)], ...names.map((name) => [name, neuron] as const)],
      edges: [["in", "n0"], ...names.slice(1).map((name, i) => [`n${i}`, name] as const)],
    });
    expect(g.types().outputShape("n1999")).toEqual([4]);
    expect(schedule(g).order).toHaveLength(2001);
  });
});

describe("hints", () => {
  const linear = (...shape: number[]): NirNode => ({ type: "Linear", weight: zeros("float32", shape) });
  const has = (g: NirGraph, code: string): void => {
    expect(g.types().diagnostics.map((d) => d.code)).toEqual(["E_TYPE_MISMATCH", code]);
    expect(g.types().diagnostics[0]?.hint).toContain(g.types().diagnostics[1]?.message);
  };
  it("[256, 3] into [3] looks like a time axis", () =>
    has(chain(input(256, 3), linear(4, 3), output(4)), "H_TIME_AXIS"));
  it("[4, 3] where [3, 4] fits looks transposed", () =>
    has(chain(input(4), linear(4, 3), output(4)), "H_TRANSPOSED_WEIGHT"));
  it("[1, 1, 4] against [4] differs by ones", () =>
    has(chain(lifOf([4]), output(1, 1, 4)), "H_SQUEEZE_ONES"));
  it("Flatten from axis 1 where axis 0 fits counts a batch axis", () => {
    const flat: NirNode = { type: "Flatten", startDim: 1, endDim: -1 };
    has(chain(input(2, 3, 4), flat, linear(5, 24), output(5)), "H_BATCH_AXIS");
  });
  it("[1, 2, 34, 34] where [2, H, W] fits looks like a batch", () => {
    has(chain(input(1, 2, 34, 34), conv([4, 2, 3, 3]), output()), "H_BATCH_AXIS");
  });
  it("[1, 3, 8, 8] against [3, 8, 8] is squeezed or a batch", () => {
    const found = chain(input(1, 3, 8, 8), lifOf([3, 8, 8]), output())
      .types()
      .diagnostics.map((d) => d.code);
    expect(found).toEqual(["E_TYPE_MISMATCH", "H_SQUEEZE_ONES", "H_BATCH_AXIS"]);
  });
});

describe("nested graphs", () => {
  const inner = graph()
    .input("a", [3])
    .linear("w", { weight: zeros("float32", [2, 3]) })
    .output("c")
    .build();
  it("carry shapes through their ports, by path", () => {
    const g = graph().input("in", [3]).subgraph("block", inner).output("out").build();
    expect(typesOf(g)["block/w"]).toEqual([[3], [2]]);
    expect(g.types().inputShape("block")).toEqual([3]);
    expect(g.types().outputShape("block")).toEqual([2]);
    expect(g.types().outputShape("out")).toEqual([2]);
  });
  const twoPorts = (a: number[], b: number[]): NirGraph =>
    NirGraph.from({
      nodes: [
        ["a", { type: "Input", shape: a }],
        ["b", { type: "Input", shape: b }],
        ["x", { type: "Output", shape: a }],
        ["y", { type: "Output", shape: b }],
      ],
      edges: [
        ["a", "x"],
        ["b", "y"],
      ],
    });
  const wired = (a: number[], b: number[]): NirGraph =>
    NirGraph.from({
      nodes: [
        ["p", { type: "Input", shape: a }],
        ["q", { type: "Input", shape: b }],
        ["sub", { type: "NIRGraph", graph: twoPorts(a, b) }],
        ["r", { type: "Output", shape: a }],
        ["s", { type: "Output", shape: b }],
      ],
      edges: [
        ["p", "sub"],
        ["q", "sub"],
        ["sub", "r"],
        ["sub", "s"],
      ],
    });
  it("find the port of an edge by its shape", () => {
    const g = wired([3], [4]);
    expect(g.types().diagnostics).toEqual([]);
    expect(g.flatten().edges()).toEqual([
      ["p", "r"],
      ["q", "s"],
    ]);
  });
  it("refuse an edge that two ports of one shape could take", () => {
    const list = wired([3], [3]).types().diagnostics;
    expect(list.map((d) => d.code)).toEqual(Array(4).fill("E_AMBIGUOUS_PORT"));
    expect(list[0]?.path).toBe("edges[0]");
    expect(() => wired([3], [3]).flatten()).toThrow("E_AMBIGUOUS_PORT");
  });
  it("take either of two ports that are the same to the graph: both Inputs feed one node, both Outputs read one", () => {
    const sum = NirGraph.from({
      nodes: [
        ["in1", input(3)],
        ["in2", input(3)],
        ["w", { type: "Linear", weight: zeros("float32", [2, 3]) }],
        ["out1", output()],
        ["out2", output()],
      ],
      edges: [
        ["in1", "w"],
        ["in2", "w"],
        ["w", "out1"],
        ["w", "out2"],
      ],
    });
    const g = NirGraph.from({
      nodes: [
        ["x", input(3)],
        ["y", input(3)],
        ["sub", { type: "NIRGraph", graph: sum }],
        ["r", output()],
      ],
      edges: [
        ["x", "sub"],
        ["y", "sub"],
        ["sub", "r"],
      ],
    });
    expect(g.types().diagnostics).toEqual([]);
    expect(g.types().inputShape("r")).toEqual([2]);
    // Each edge has a port of its own, so that nothing that is unfed looks unreachable.
    expect(validateGraph(g)).toEqual([]);
    expect([...g.flatten().edges()].sort()).toEqual([
      ["sub/w", "r"],
      ["x", "sub/w"],
      ["y", "sub/w"],
    ]);
    const told = sum.with({ setNodes: [["lif", lifOf([3])]], addEdges: [["in1", "lif"]] });
    const split = g.with({ setNodes: [["sub", { type: "NIRGraph", graph: told }]] });
    expect(codes(split)).toEqual(["E_AMBIGUOUS_PORT edges[0]", "E_AMBIGUOUS_PORT edges[1]"]);
  });
  it("settle 300 edges into 300 ports of one shape, one each", () => {
    const names = Array.from({ length: 300 }, (_, i) => `i${i}`);
    const inner = NirGraph.from({
      nodes: [...names.map((name) => [name, input(2)] as const), ["o", output()]],
      edges: names.map((name) => [name, "o"] as const),
    });
    const g = NirGraph.from({
      nodes: [
        ...names.map((name) => [name, input(2)] as const),
        ["s", { type: "NIRGraph", graph: inner }],
        ["r", output()],
      ],
      edges: [...names.map((name) => [name, "s"] as const), ["s", "r"]],
    });
    // A fifth of a second; comparing every port with every other for every node would pass the runner's limit of five.
    expect(validateGraph(g)).toEqual([]);
  });
  it("are reported at the edge inside them", () => {
    const bad = NirGraph.from({
      nodes: [
        ["a", input(9)],
        ["w", { type: "Linear", weight: zeros("float32", [2, 3]) }],
        ["c", output()],
      ],
      edges: [
        ["a", "w"],
        ["w", "c"],
      ],
    });
    const g = NirGraph.from({
      nodes: [
        ["in", input(9)],
        ["sub", { type: "NIRGraph", graph: bad }],
        ["out", output()],
      ],
      edges: [
        ["in", "sub"],
        ["sub", "out"],
      ],
    });
    expect(codes(g)).toEqual(["E_TYPE_MISMATCH nodes.sub.edges[0]"]);
    expect(inferTypes(g, { paths: "file" }).diagnostics[0]?.path).toBe("/node/nodes/sub/edges[0]");
  });
});

it("types do not depend on the order of nodes and edges (100 shuffles)", () => {
  fc.assert(
    fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (random) => {
      const { original, shuffled } = shuffledGraph(() => random.next().value as number);
      expect(typesOf(shuffled)).toEqual(typesOf(original));
      const said = (g: NirGraph): string[] => g.types().diagnostics.map((d) => `${d.code}: ${d.message}`);
      expect(said(shuffled)).toEqual(said(original));
    }),
    { seed: 7, numRuns: 100 },
  );
});
