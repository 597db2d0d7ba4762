import { expect, it } from "vitest";
import { full, graph, NirGraph, printGraph, validateGraph, withMetadata } from "../src/index.ts";

const cell = graph()
  .input("in", [2])
  .lif("lif", { tau: 0.01, vThreshold: 1 })
  .linear("rec", {
    weight: [
      [0, 1],
      [1, 0],
    ],
  })
  .edge("rec", "lif")
  .at("lif")
  .output("out")
  .build();
const g = graph()
  .input("x", [2])
  .affine("fc", {
    weight: [
      [1, 2],
      [3, 4],
    ],
  })
  .subgraph("cell", cell)
  .output("y")
  .build();

it("prints one node per line, sources first, nested graphs indented", () => {
  expect(`\n${printGraph(g)}`).toMatchInlineSnapshot(`
    "
    x     Input     [2]→[2]  → fc
    fc    Affine    [2]→[2]  weight float32[2,2] ad73b9ac, bias float32[2] all 0  → cell
    cell  NIRGraph  [2]→[2]  → y
      in   Input   [2]→[2]  → lif
      lif  LIF     [2]→[2]  tau float32[2] all 0.01, r float32[2] all 1, vLeak float32[2] all 0, vThreshold float32[2] all 1, vReset float32[2] all 0  → out, rec
      out  Output  [2]→[2]
      rec  Linear  [2]→[2]  weight float32[2,2] d72fb9fe  → lif
    y     Output    [2]→[2]
    "
  `);
});
it("does not depend on the order of nodes", () => {
  const turned = NirGraph.from({ nodes: [...g.nodes()].reverse(), edges: [...g.edges()].reverse() });
  expect(printGraph(turned)).toBe(printGraph(g));
});
it("prints diagnostics under the node they speak of, and what belongs to none at the end", () => {
  const bad = g.with({
    setNodes: [["x", { type: "Input", shape: [3] }]],
    metadata: new Map([["nirkit:dt", 0.001]]),
  });
  const marked = bad.with({
    setNodes: [
      [
        "fc",
        withMetadata(bad.node("fc"), [
          ["nirkit:bits", 4],
          ["note", "two words"],
        ]),
      ],
    ],
  });
  expect(`\n${printGraph(marked, { diagnostics: validateGraph(marked) })}`).toMatchInlineSnapshot(`
    "
      {nirkit:dt=0.001}
    x     Input     [3]→[3]  → fc
      ! E_TYPE_MISMATCH edges[0]: "fc" takes [2], but "x" gives [3]. Hint: Change one of the two, so that the shapes are equal axis by axis
    fc    Affine    [2]→[2]  weight float32[2,2] ad73b9ac, bias float32[2] all 0  {nirkit:bits=4 note="two words"}  → cell
    cell  NIRGraph  [2]→[2]  → y
      in   Input   [2]→[2]  → lif
      lif  LIF     [2]→[2]  tau float32[2] all 0.01, r float32[2] all 1, vLeak float32[2] all 0, vThreshold float32[2] all 1, vReset float32[2] all 0  → out, rec
      out  Output  [2]→[2]
      rec  Linear  [2]→[2]  weight float32[2,2] d72fb9fe  → lif
    y     Output    [2]→[2]
    "
  `);
});
it("finds the node of a diagnostic through nested graphs and dots in names", () => {
  const inner = NirGraph.from({
    nodes: [
      ["in", { type: "Input", shape: [2] }],
      [
        "a.b",
        {
          type: "LI",
          tau: full("float32", [2], 0),
          r: full("float32", [2], 1),
          vLeak: full("float32", [1], 0),
        },
      ],
      ["out", { type: "Output" }],
    ],
    edges: [
      ["in", "a.b"],
      ["a.b", "out"],
    ],
  });
  const outer = NirGraph.from({
    nodes: [
      ["x", { type: "Input", shape: [2] }],
      ["sub", { type: "NIRGraph", graph: inner }],
      ["y", { type: "Output" }],
    ],
    edges: [
      ["x", "sub"],
      ["sub", "y"],
    ],
  });
  const lines = printGraph(outer, { diagnostics: validateGraph(outer) }).split("\n");
  const at = lines.findIndex((line) => line.startsWith("  a.b"));
  expect(lines[at + 1]).toMatch(/^ {4}! E_BAD_VALUE nodes\.sub\.nodes\.a\.b\.tau\[0\]/);
  expect(lines[at + 2]).toMatch(/^ {4}! W_BROADCAST nodes\.sub\.nodes\.a\.b:/);
  expect(lines[at + 3]).toMatch(/^ {2}out/);
});
it("quotes names that could be mistaken", () => {
  const odd = NirGraph.from({ nodes: [["a b\n", { type: "Input", shape: [1] }]], edges: [] });
  expect(printGraph(odd)).toBe('"a b\\n"  Input  [1]→[1]\n');
});
