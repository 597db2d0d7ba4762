import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  full,
  graph,
  graphFromJson,
  graphToJson,
  NirGraph,
  type NirkitError,
  type NirNode,
  tensor,
  withMetadata,
} from "../src/index.ts";
import { lifOf } from "./support.ts";

const input: NirNode = { type: "Input", shape: [2] };
const output: NirNode = { type: "Output", shape: [2] };
const small = graph()
  .input("in", [2])
  .linear("w", {
    weight: [
      [1, 2],
      [3, 4],
    ],
  })
  .lif("lif", { tau: 0.01, vThreshold: 1 })
  .output("out")
  .build();

const codesOf = (run: () => unknown): string[] => {
  try {
    run();
    return [];
  } catch (error) {
    return (error as NirkitError).diagnostics.map((d) => `${d.code} ${d.path}`);
  }
};

describe("NirGraph", () => {
  it("lists neighbors once, in edge order, also with duplicate edges", () => {
    const g = NirGraph.from({
      nodes: [
        ["a", input],
        ["9", lifOf([2])],
        ["1", lifOf([2])],
        ["b", output],
      ],
      edges: [
        ["a", "9"],
        ["a", "1"],
        ["a", "9"],
        ["9", "b"],
        ["1", "b"],
      ],
    });
    expect(g.successors("a")).toEqual(["9", "1"]);
    expect(g.predecessors("b")).toEqual(["9", "1"]);
    expect(g.predecessors("a")).toEqual([]);
    expect(g.edges()).toHaveLength(5);
  });
  it("keeps hostile names apart from object members", () => {
    const names = ["__proto__", "constructor", "toString", "7", "hasOwnProperty"];
    const g = NirGraph.from({
      nodes: names.map((name) => [name, lifOf([2])] as const),
      edges: names.slice(1).map((name, i) => [names[i] as string, name] as const),
    });
    expect(g.successors("__proto__")).toEqual(["constructor"]);
    expect(g.predecessors("7")).toEqual(["toString"]);
    expect(graphFromJson(graphToJson(g)).equals(g)).toBe(true);
    expect(g.types().outputShape("__proto__")).toEqual([2]);
    expect(() => g.node("valueOf")).toThrow("E_UNKNOWN_NODE");
  });
  it("refuses dangling edges, bad and repeated names, all at once", () => {
    const run = () =>
      NirGraph.from({
        nodes: [
          ["", input],
          [".", output],
          ["a\0", output],
          ["in", input],
          ["in", output],
        ],
        edges: [["in", "gone"]],
      });
    expect(codesOf(run)).toEqual([
      "E_BAD_NAME nodes.",
      "E_BAD_NAME nodes..",
      "E_BAD_NAME nodes.a\0",
      "E_DUPLICATE_NODE nodes.in",
      "E_DANGLING_EDGE edges[0]",
    ]);
  });
  it("refuses a name inside the path of a nested graph, and takes / elsewhere", () => {
    const nodes: [string, NirNode][] = [
      ["sub", { type: "NIRGraph", graph: small }],
      ["sub/w", lifOf([2])],
    ];
    expect(codesOf(() => NirGraph.from({ nodes, edges: [] }))).toEqual(["E_BAD_NAME nodes.sub/w"]);
    expect(NirGraph.from({ nodes: nodes.slice(1), edges: [] }).nodes().size).toBe(1);
  });
  it("suggests the node an edge may mean", () => {
    const edges: [string, string][] = [["in", "lif"]];
    const nodes: [string, NirNode][] = [
      ["in", input],
      ["lif1", lifOf([2])],
      ["lin", lifOf([2])],
    ];
    expect(codesOf(() => NirGraph.from({ nodes, edges }))).toEqual([
      "E_DANGLING_EDGE edges[0]",
      "H_RENAMED_NODE edges[0]",
    ]);
  });
  it("suggests the neuron of a flattened layer, and the only node of a type, for the name of an edge", () => {
    const guess = (name: string, nodes: [string, NirNode][]): unknown => {
      try {
        NirGraph.from({ nodes: [["in", input], ...nodes], edges: [["in", name]] });
      } catch (error) {
        return (error as NirkitError).diagnostics[1]?.detail?.nearest;
      }
    };
    const w = small.node("w");
    expect(
      guess("lif1", [
        ["lif1.lif", lifOf([2])],
        ["lif1.w_rec", w],
        ["lif2", lifOf([2])],
      ]),
    ).toBe("lif1.lif");
    expect(
      guess("lif", [
        ["hidden", lifOf([2])],
        ["x", w],
      ]),
    ).toBe("hidden");
    expect(
      guess("linear", [
        ["hidden", lifOf([2])],
        ["x", w],
      ]),
    ).toBe("x");
  });
  it("changes into a new graph that shares untouched nodes", () => {
    const g = small.with({
      removeEdges: [["w", "lif"]],
      setNodes: [["x", lifOf([2])]],
      addEdges: [
        ["w", "x"],
        ["x", "lif"],
      ],
    });
    expect(g.node("w")).toBe(small.node("w"));
    expect(g.edges()).toEqual([
      ["in", "w"],
      ["lif", "out"],
      ["w", "x"],
      ["x", "lif"],
    ]);
    expect(small.edges()).toHaveLength(3);
    expect(small.with({ removeNodes: ["w"] }).edges()).toEqual([["lif", "out"]]);
    expect(codesOf(() => small.with({ addEdges: [["w", "none"]] }))).toContain("E_DANGLING_EDGE edges[3]");
  });
  it("is equal by structure: node order is free, edge order counts unless told otherwise", () => {
    const same = NirGraph.from({ nodes: [...small.nodes()].reverse(), edges: small.edges() });
    expect(same.equals(small)).toBe(true);
    expect(same.hash()).toBe(small.hash());
    const turned = NirGraph.from({ nodes: small.nodes(), edges: [...small.edges()].reverse() });
    expect(turned.equals(small)).toBe(false);
    expect(turned.equals(small, { edges: "multiset" })).toBe(true);
    expect(turned.hash()).not.toBe(small.hash());
  });
  it("tells values, dtypes, shapes, metadata and -0 apart, unless within the tolerance", () => {
    const swap = (weight: ReturnType<typeof tensor>): NirGraph =>
      small.with({ setNodes: [["w", { type: "Linear", weight }]] });
    const near = swap(tensor("float32", [2, 2], [1, 2, 3, 4.001]));
    expect(near.equals(small)).toBe(false);
    expect(near.equals(small, { tolerance: 0.01 })).toBe(true);
    expect(swap(tensor("float64", [2, 2], [1, 2, 3, 4])).equals(small)).toBe(false);
    const zero = swap(tensor("float32", [2, 2], [0, 0, 0, 0]));
    expect(swap(tensor("float32", [2, 2], [-0, 0, 0, 0])).equals(zero)).toBe(false);
    const marked = small.with({ setNodes: [["w", withMetadata(small.node("w"), [["k", 1]])]] });
    expect(marked.equals(small)).toBe(false);
    expect(small.with({ metadata: new Map([["k", tensor("int8", [1], [1])]]) }).equals(small)).toBe(false);
  });
  it("sets and removes metadata, leaving none behind", () => {
    const node = withMetadata(small.node("w"), [
      ["nirkit:bits", 4],
      ["note", "x"],
    ]);
    expect([...(node.metadata ?? [])]).toEqual([
      ["nirkit:bits", 4],
      ["note", "x"],
    ]);
    expect(
      withMetadata(node, [
        ["nirkit:bits", undefined],
        ["note", undefined],
      ]),
    ).toEqual(small.node("w"));
  });
  it("does not change its parameters in any view", () => {
    const before = graphToJson(small);
    small.types();
    small.flatten();
    small.with({ removeNodes: ["w"] });
    expect(graphToJson(small)).toBe(before);
  });
});

describe("flatten", () => {
  it("joins what feeds a port to what the port feeds", () => {
    const g = graph().input("x", [2]).subgraph("a", small).subgraph("b", small).output("y").build();
    expect([...g.flatten().nodes().keys()]).toEqual(["x", "a/w", "a/lif", "b/w", "b/lif", "y"]);
    expect(g.flatten().edges()).toEqual(
      [
        ["a/lif", "b/w"],
        ["a/w", "a/lif"],
        ["b/lif", "y"],
        ["b/w", "b/lif"],
        ["x", "a/w"],
      ].sort(),
    );
    expect(g.flatten()).toBe(g.flatten());
    expect(small.flatten()).toBe(small);
  });
  it("keeps a port as a Scale of ones where two ways would become one edge", () => {
    // x feeds the lif directly and through a nested graph that passes it on: the sum is 2x.
    const wire = NirGraph.from({
      nodes: [
        ["i", input],
        ["o", { type: "Output" }],
      ],
      edges: [["i", "o"]],
    });
    const g = NirGraph.from({
      nodes: [
        ["x", input],
        ["sub", { type: "NIRGraph", graph: wire }],
        ["lif", lifOf([2])],
        ["y", output],
      ],
      edges: [
        ["x", "sub"],
        ["x", "lif"],
        ["sub", "lif"],
        ["lif", "y"],
      ],
    });
    const flat = g.flatten();
    expect(flat.predecessors("lif")).toHaveLength(2);
    const kept = [...flat.nodes()].filter(([, node]) => node.type === "Scale");
    expect(kept).toEqual([["sub/o", { type: "Scale", scale: full("float32", [2], 1) }]]);
  });
  it("opens graphs within graphs", () => {
    const outer = graph().input("i", [2]).subgraph("inner", small).output("o").build();
    const g = graph().input("x", [2]).subgraph("outer", outer).output("y").build();
    expect([...g.flatten().nodes().keys()]).toEqual(["x", "outer/inner/w", "outer/inner/lif", "y"]);
    expect(g.flatten().types().diagnostics).toEqual([]);
  });
});

describe("builder", () => {
  it("connects each node from the one before, at() moves the cursor, edge() closes loops", () => {
    const g = graph()
      .input("in", [3])
      .affine("fc1", {
        weight: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        bias: [0, 1],
      })
      .lif("l1", { tau: 0.01, vThreshold: 1 })
      .linear("rec", {
        weight: [
          [0, 1],
          [1, 0],
        ],
      })
      .edge("rec", "l1")
      .at("l1")
      .output("out")
      .build();
    expect(g.edges()).toEqual([
      ["in", "fc1"],
      ["fc1", "l1"],
      ["l1", "rec"],
      ["rec", "l1"],
      ["l1", "out"],
    ]);
    expect(g.node("l1")).toEqual({
      type: "LIF",
      tau: full("float32", [2], 0.01),
      r: full("float32", [2], 1),
      vLeak: full("float32", [2], 0),
      vThreshold: full("float32", [2], 1),
      vReset: full("float32", [2], 0),
    });
    expect(g.node("out")).toEqual({ type: "Output", shape: [2] });
  });
  it("builds every other node type, with shapes filled in", () => {
    const g = graph({ dtype: "float64" })
      .input("in", [1, 6, 6])
      .conv2d("c", {
        weight: [
          [
            [
              [1, 1],
              [1, 1],
            ],
          ],
        ],
        padding: "same",
      })
      .avgPool2d("ap", { kernelSize: 2 })
      .sumPool2d("sp", { kernelSize: [1, 1] })
      .if("if", { vThreshold: 1 })
      .flatten("f")
      .scale("s", { scale: Array(9).fill(2) })
      .delay("d", { delay: 0.002 })
      .threshold("t", { threshold: 0.5 })
      .i("i")
      .li("li", { tau: 1 })
      .cubaLi("cl", { tauSyn: 1, tauMem: 2 })
      .cubaLif("cf", { tauSyn: 1, tauMem: 2, vThreshold: 1 })
      .output("out")
      .build();
    expect(g.node("c")).toMatchObject({ inputShape: [6, 6], bias: { dtype: "float64", shape: [1] } });
    expect(g.node("f")).toMatchObject({ inputType: [1, 3, 3] });
    expect(g.node("cf")).toMatchObject({ wIn: { shape: [9] } });
    expect(g.types().diagnostics).toEqual([]);
    const line = graph()
      .input("in", [2, 5])
      .conv1d("c", {
        weight: [
          [
            [1, 0, 1],
            [0, 1, 0],
          ],
        ],
      })
      .output("o")
      .build();
    expect(line.node("c")).toMatchObject({ inputShape: 5, bias: { shape: [1] } });
  });
  it("adds the ends a chain lacks, named as the Python reference names them", () => {
    const g = graph()
      .linear("a", { weight: [[1, 2]] })
      .build();
    expect(g.edges()).toEqual([
      ["input_a", "a"],
      ["a", "output_a"],
    ]);
    expect(g.node("input_a")).toEqual({ type: "Input", shape: [2] });
    const taken = graph()
      .linear("x", { weight: [[1]] })
      .input("input_x", [1])
      .output("o")
      .build();
    expect(taken.edges()).toContainEqual(["input_x_0", "x"]);
  });
  it("refuses repeated names, unknown cursors, wrong shapes and ragged lists", () => {
    expect(() => graph().input("a", [1]).input("a", [1])).toThrow("E_DUPLICATE_NODE");
    expect(() => graph().at("a")).toThrow("E_UNKNOWN_NODE");
    expect(() =>
      graph()
        .input("a", [3])
        .linear("b", { weight: [[1, 2]] })
        .build(),
    ).toThrow("E_TYPE_MISMATCH");
    expect(() => graph().linear("b", { weight: [[1, 2], [3]] })).toThrow("ragged");
    expect(() => graph().input("a", [1]).lif("b", { tau: 0, vThreshold: 1 }).build()).toThrow(
      "E_BAD_VALUE nodes.b.tau[0]",
    );
  });
});

it("a graph of any finite or non-finite float32 parameters survives JSON with its hash (100 runs)", () => {
  fc.assert(
    fc.property(
      fc.float32Array({ minLength: 4, maxLength: 4 }),
      fc.string(),
      fc.double(),
      (data, key, number) => {
        const node = withMetadata(
          { type: "Linear", weight: { dtype: "float32", shape: [2, 2], data } } as NirNode,
          [[key, number]],
        );
        const g = small.with({ setNodes: [["w", node]] });
        const back = graphFromJson(graphToJson(g));
        expect(back.equals(g)).toBe(true);
        expect(back.hash()).toBe(g.hash());
      },
    ),
    { seed: 3, numRuns: 100 },
  );
});
