import { describe, expect, it } from "vitest";
import { full, graph, NirGraph, type NirNode, tensor, validateGraph, zeros } from "../../src/index.ts";
import { lifOf } from "../support.ts";

/** The graph of the malformed corpus: input [3] → fc (Affine 4×3) → lif [4] → output [4]. */
const base: [string, NirNode][] = [
  ["input", { type: "Input", shape: [3] }],
  ["fc", { type: "Affine", weight: full("float32", [4, 3], 1), bias: zeros("float32", [4]) }],
  ["lif", lifOf([4])],
  ["output", { type: "Output", shape: [4] }],
];
const links: [string, string][] = [
  ["input", "fc"],
  ["fc", "lif"],
  ["lif", "output"],
];
const withNode = (name: string, node: object): NirGraph =>
  NirGraph.unchecked({
    nodes: base.map(([n, old]) => [n, n === name ? ({ ...old, ...node } as NirNode) : old]),
    edges: links,
  });
const withEdge = (...edge: [string, string]): NirGraph =>
  NirGraph.unchecked({ nodes: base, edges: [...links, edge] });
const inFile = (g: NirGraph, options: object = {}): string[] =>
  validateGraph(g, { paths: "file", ...options }).map((d) => `${d.code} ${d.path}`);

const conv = (more: object): NirGraph =>
  NirGraph.unchecked({
    nodes: [
      ["input", { type: "Input", shape: [2, 8, 8] }],
      [
        "conv",
        {
          type: "Conv2d",
          weight: full("float32", [4, 2, 3, 3], 1),
          bias: zeros("float32", [4]),
          stride: [1, 1],
          padding: [1, 1],
          dilation: [1, 1],
          groups: 1,
          ...more,
        } as NirNode,
      ],
      [
        "pool",
        {
          type: "SumPool2d",
          kernelSize: [2, 2],
          stride: [2, 2],
          padding: [0, 0],
          ...("kernelSize" in more ? more : {}),
        } as NirNode,
      ],
      [
        "flat",
        {
          type: "Flatten",
          startDim: 0,
          endDim: -1,
          ...("startDim" in more ? more : {}),
          ...("endDim" in more ? more : {}),
        } as NirNode,
      ],
      ["output", { type: "Output" }],
    ],
    edges: [
      ["input", "conv"],
      ["conv", "pool"],
      ["pool", "flat"],
      ["flat", "output"],
    ],
  });

describe("a sound graph", () => {
  it("has nothing to say", () => {
    expect(inFile(NirGraph.from({ nodes: base, edges: links }))).toEqual([]);
    expect(inFile(conv({}))).toEqual([]);
  });
});

describe("parameters, with the paths of a file", () => {
  it.each<[string, NirGraph, string]>([
    ["Input shape with a zero", withNode("input", { shape: [0] }), "E_BAD_VALUE /node/nodes/input/shape"],
    [
      "Input shape with a negative size",
      withNode("input", { shape: [-3] }),
      "E_BAD_VALUE /node/nodes/input/shape",
    ],
    [
      "Input shape with a fraction",
      withNode("input", { shape: [3.5] }),
      "E_BAD_DTYPE /node/nodes/input/shape",
    ],
    ["Input shape as one number", withNode("input", { shape: 3 }), "E_BAD_SHAPE /node/nodes/input/shape"],
    [
      "weight of rank 1",
      withNode("fc", { weight: zeros("float32", [3]) }),
      "E_BAD_SHAPE /node/nodes/fc/weight",
    ],
    ["weight that is text", withNode("fc", { weight: "w" }), "E_BAD_DTYPE /node/nodes/fc/weight"],
    ["weight that is missing", withNode("fc", { weight: undefined }), "E_BAD_DTYPE /node/nodes/fc/weight"],
    [
      "weight of truth values",
      withNode("fc", { weight: zeros("bool", [4, 3]) }),
      "E_BAD_DTYPE /node/nodes/fc/weight",
    ],
    [
      "weight with too few values",
      withNode("fc", { weight: { dtype: "float32", shape: [4, 3], data: new Float32Array(2) } }),
      "E_BAD_SHAPE /node/nodes/fc/weight",
    ],
    [
      "weight whose array contradicts its dtype",
      withNode("fc", { weight: { dtype: "int8", shape: [4, 3], data: new Float32Array(12) } }),
      "E_BAD_DTYPE /node/nodes/fc/weight",
    ],
    [
      "bias of 5 for 4 outputs",
      withNode("fc", { bias: zeros("float32", [5]) }),
      "E_BAD_SHAPE /node/nodes/fc/bias",
    ],
    [
      "bias of rank 2 for rank 1",
      withNode("fc", { bias: zeros("float32", [1, 4]) }),
      "E_BAD_SHAPE /node/nodes/fc/bias",
    ],
    [
      "r of 5 among parameters of 4",
      withNode("lif", { r: zeros("float32", [5]) }),
      "E_BAD_SHAPE /node/nodes/lif/r",
    ],
    [
      "NaN in a weight",
      withNode("fc", { weight: tensor("float32", [4, 3], [0, 0, 0, 0, 0, Number.NaN, 0, 0, 0, 0, 0, 0]) }),
      "E_NON_FINITE /node/nodes/fc/weight",
    ],
    [
      "infinity in a bias",
      withNode("fc", { bias: tensor("float32", [4], [Infinity, 0, 0, 0]) }),
      "E_NON_FINITE /node/nodes/fc/bias",
    ],
    ["tau 0", withNode("lif", { tau: zeros("float32", [4]) }), "E_BAD_VALUE /node/nodes/lif/tau"],
    [
      "negative tau",
      withNode("lif", { tau: tensor("float32", [4], [1, -2, 1, 1]) }),
      "W_TAU_NOT_POSITIVE /node/nodes/lif/tau",
    ],
    [
      "threshold 0 with reset 1",
      withNode("lif", { vThreshold: zeros("float32", [4]), vReset: full("float32", [4], 1) }),
      "W_THRESHOLD_LE_RESET /node/nodes/lif/v_threshold",
    ],
    [
      "convolution weight of rank 3",
      conv({ weight: zeros("float32", [4, 2, 3]) }),
      "E_BAD_SHAPE /node/nodes/conv/weight",
    ],
    ["padding reflect", conv({ padding: "reflect" }), "E_BAD_VALUE /node/nodes/conv/padding"],
    ["negative padding", conv({ padding: [-1, 0] }), "E_BAD_VALUE /node/nodes/conv/padding"],
    ["fractional padding", conv({ padding: [0.5, 0] }), "E_BAD_DTYPE /node/nodes/conv/padding"],
    ["stride 0", conv({ stride: [0, 1] }), "E_BAD_VALUE /node/nodes/conv/stride"],
    ["stride of 3 numbers", conv({ stride: [1, 1, 1] }), "E_BAD_SHAPE /node/nodes/conv/stride"],
    ["groups 0", conv({ groups: 0 }), "E_BAD_VALUE /node/nodes/conv/groups"],
    [
      "groups 3 for 4 outputs",
      conv({ groups: 3, weight: zeros("float32", [4, 1, 3, 3]) }),
      "E_BAD_VALUE /node/nodes/conv/groups",
    ],
    ["input_shape of 3 numbers", conv({ inputShape: [8, 8, 8] }), "E_BAD_SHAPE /node/nodes/conv/input_shape"],
    [
      "kernel 9 on 8",
      conv({ weight: full("float32", [4, 2, 9, 9], 1), padding: "valid" }),
      "E_BAD_VALUE /node/nodes/conv",
    ],
    ["pool kernel 0", conv({ kernelSize: [0, 2] }), "E_BAD_VALUE /node/nodes/pool/kernel_size"],
    ["Flatten from 2 to 1", conv({ startDim: 2, endDim: 1 }), "E_BAD_VALUE /node/nodes/flat"],
    ["Flatten to 5 of rank 3", conv({ endDim: 5 }), "E_BAD_VALUE /node/nodes/flat/end_dim"],
    [
      "same with stride 2",
      conv({ padding: "same", stride: [2, 2] }),
      "W_SAME_STRIDE /node/nodes/conv/padding",
    ],
  ])("%s", (_, g, expected) => {
    expect(inFile(g)).toEqual([expected]);
  });
  it("w_in of 2 or of [2, 3] for 3 neurons", () => {
    for (const shape of [[2], [2, 3]]) {
      const all = (value: number) => full("float32", [3], value);
      const cuba: NirNode = {
        type: "CubaLI",
        tauSyn: all(1),
        tauMem: all(1),
        r: all(1),
        vLeak: all(0),
        wIn: full("float32", shape, 1),
      };
      const g = NirGraph.from({
        nodes: [
          ["input", { type: "Input", shape: [3] }],
          ["cuba", cuba],
          ["output", { type: "Output" }],
        ],
        edges: [
          ["input", "cuba"],
          ["cuba", "output"],
        ],
      });
      expect(inFile(g)).toEqual(["E_BAD_SHAPE /node/nodes/cuba/w_in"]);
    }
  });
  it("a negative delay", () => {
    const node: NirNode = { type: "Delay", delay: tensor("float32", [1], [-1]) };
    const g = NirGraph.from({
      nodes: [
        ["in", { type: "Input", shape: [1] }],
        ["d", node],
        ["out", { type: "Output" }],
      ],
      edges: [
        ["in", "d"],
        ["d", "out"],
      ],
    });
    expect(inFile(g)).toEqual(["E_BAD_VALUE /node/nodes/d/delay"]);
  });
  it("points at the element in memory", () => {
    const g = withNode("fc", {
      weight: tensor("float32", [4, 3], [0, 0, 0, 0, 0, Number.NaN, 0, 0, 0, 0, 0, 0]),
    });
    expect(validateGraph(g).map((d) => d.path)).toEqual(["nodes.fc.weight[1,2]"]);
    expect(inFile(g, { nonFinite: "warning" })).toEqual(["W_NON_FINITE /node/nodes/fc/weight"]);
    expect(inFile(g, { nonFinite: "ignore" })).toEqual([]);
  });
  it("says what was found, what was expected and what to do", () => {
    const [d] = validateGraph(withNode("fc", { bias: zeros("float32", [5]) }));
    expect(d?.message).toBe("Found shape [5], expected a shape that broadcasts to [4]");
  });
});

describe("edges, with the paths of a file", () => {
  it.each<[string, NirGraph, string[]]>([
    ["to a node that is not there", withEdge("lif", "ghost"), ["E_DANGLING_EDGE /node/edges[3]"]],
    ["from a node that is not there", withEdge("ghost", "lif"), ["E_DANGLING_EDGE /node/edges[3]"]],
    ["with an empty name", withEdge("", "fc"), ["E_DANGLING_EDGE /node/edges[3]"]],
    [
      "in another case",
      withEdge("Input", "fc"),
      ["E_DANGLING_EDGE /node/edges[3]", "H_RENAMED_NODE /node/edges[3]"],
    ],
    ["twice", withEdge("input", "fc"), ["W_DUPLICATE_EDGE /node/edges[3]"]],
    ["out of an Output", withEdge("output", "lif"), ["W_EDGE_FROM_OUTPUT /node/edges[3]"]],
  ])("%s", (_, g, expected) => {
    expect(inFile(g)).toEqual(expected);
  });
  it("into an Input", () => {
    expect(inFile(withEdge("lif", "input"))).toContain("W_EDGE_INTO_INPUT /node/edges[3]");
  });
  it("that leave a node unreached", () => {
    const g = NirGraph.from({ nodes: [...base, ["fc2", lifOf([4])]], edges: links });
    expect(inFile(g)).toEqual(["W_UNREACHABLE /node/nodes/fc2"]);
  });
  it("in a loop without state, but not through a Delay", () => {
    const scale: NirNode = { type: "Scale", scale: full("float32", [3], 1) };
    const square: NirNode = { type: "Linear", weight: full("float32", [3, 3], 1) };
    const delay: NirNode = { type: "Delay", delay: full("float32", [3], 1) };
    const loop = (middle: NirNode): NirGraph =>
      NirGraph.from({
        nodes: [
          ["input", { type: "Input", shape: [3] }],
          ["fc", square],
          ["sc", middle],
          ["output", { type: "Output" }],
        ],
        edges: [
          ["input", "fc"],
          ["fc", "sc"],
          ["sc", "fc"],
          ["sc", "output"],
        ],
      });
    expect(inFile(loop(scale))).toEqual(["W_ALGEBRAIC_LOOP /node/edges"]);
    expect(validateGraph(loop(scale))[0]?.message).toContain("fc -> sc -> fc");
    expect(inFile(loop(delay))).toEqual([]);
    const outer = NirGraph.from({
      nodes: [
        ["in", { type: "Input", shape: [3] }],
        ["sub", { type: "NIRGraph", graph: loop(scale) }],
        ["out", { type: "Output" }],
      ],
      edges: [
        ["in", "sub"],
        ["sub", "out"],
      ],
    });
    expect(inFile(outer)).toEqual(["W_ALGEBRAIC_LOOP /node/nodes/sub/edges"]);
  });
  it("inside a nested graph", () => {
    const sub = NirGraph.unchecked({
      nodes: base,
      edges: [
        ["input", "fc"],
        ["fc", "Lif"],
        ["lif", "output"],
      ],
    });
    const g = NirGraph.unchecked({
      nodes: [
        ["input", { type: "Input", shape: [3] }],
        ["sub", { type: "NIRGraph", graph: sub }],
        ["output", { type: "Output", shape: [4] }],
      ],
      edges: [
        ["input", "sub"],
        ["sub", "output"],
      ],
    });
    expect(inFile(g)[0]).toBe("E_DANGLING_EDGE /node/nodes/sub/edges[1]");
    expect(validateGraph(g)[0]?.path).toBe("nodes.sub.edges[1]");
  });
});

describe("options", () => {
  const broadcast = graph()
    .input("in", [5])
    .lif("lif", { tau: 1, vThreshold: 1 })
    .output("out")
    .build()
    .with({ setNodes: [["lif", lifOf([1])]] });
  it("strict refuses what is broadcast", () => {
    expect(inFile(broadcast)).toEqual(["W_BROADCAST /node/nodes/lif"]);
    expect(inFile(broadcast, { strict: true })).toEqual(["E_BAD_SHAPE /node/nodes/lif"]);
  });
  it("types: skip leaves shapes alone, at every depth", () => {
    expect(inFile(withNode("input", { shape: [5] }))).toEqual(["E_TYPE_MISMATCH /node/edges[0]"]);
    expect(inFile(withNode("input", { shape: [5] }), { types: "skip" })).toEqual([]);
  });
  it("a name with / is fine in memory and not in a file", () => {
    const g = NirGraph.from({ nodes: [["a/b", { type: "Input", shape: [1] }]], edges: [] });
    expect(validateGraph(g)).toEqual([]);
    expect(inFile(g)).toEqual(["E_BAD_NAME /node/nodes/a/b"]);
  });
});
