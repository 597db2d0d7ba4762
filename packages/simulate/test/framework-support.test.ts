import {
  full,
  type GraphBuilder,
  graph,
  NirGraph,
  type NirNode,
  type NodeType,
  nodeTypes,
  tensor,
} from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { importers } from "../src/import-table.ts";
import { frameworkSupport } from "../src/index.ts";

const start = (): GraphBuilder =>
  graph()
    .input("in", [2])
    .affine("fc", { weight: full("float32", [2, 2], 1) });
const said = (g: NirGraph, target: string): string[] =>
  frameworkSupport(g)
    .find((s) => s.target === target)
    ?.reasons.map((d) => `${d.code} ${d.path}`) ?? ["no such target"];
const takers = (g: NirGraph): string[] =>
  frameworkSupport(g)
    .filter(({ ok }) => ok)
    .map(({ target }) => target);

/** The shape of the paper's N-MNIST network, small. */
const cnn = (): NirGraph =>
  graph()
    .input("in", [2, 4, 4])
    .conv2d("conv", { weight: full("float32", [2, 2, 3, 3], 1), padding: 1 })
    .if("if1", { vThreshold: full("float32", [2, 4, 4], 1) })
    .sumPool2d("pool", { kernelSize: 2 })
    .flatten("flat")
    .affine("fc", { weight: full("float32", [3, 8], 1) })
    .if("if2", { vThreshold: full("float32", [3], 1) })
    .output("out")
    .build();

describe("frameworkSupport", () => {
  test("the N-MNIST network runs in Norse, Sinabs and py-spinnaker2; snnTorch stops at the first IF", () => {
    expect(takers(cnn())).toEqual(expect.arrayContaining(["norse", "sinabs", "py-spinnaker2"]));
    expect(takers(cnn())).not.toContain("snntorch");
    expect(said(cnn(), "snntorch")).toContain("E_IMPORT_CONDITION nodes.if1");
    expect(said(cnn(), "rockpool")).toContain("E_NOT_IMPORTED nodes.if1");
    expect(said(cnn(), "spikingjelly")).toEqual([
      "E_IMPORT_CONDITION nodes.if1",
      "E_IMPORT_CONDITION nodes.if2",
      "E_NOT_IMPORTED nodes.pool",
    ]);
    expect(said(cnn(), "norse")).toContain("W_IMPORT_CHANGED nodes.flat");
  });
  test("one LIF with v_leak 0, r 1 and v_reset 0 is taken by all but hxtorch and jaxsnn", () => {
    const g = start().lif("lif", { tau: 0.01, vThreshold: 1 }).output("out").build();
    expect(takers(g)).toEqual([...importers.keys()].filter((t) => t !== "hxtorch" && t !== "jaxsnn"));
  });
  test("v_leak other than 0 stops Sinabs, snnTorch, lava-dl and Nengo at that node", () => {
    const g = start().lif("lif", { tau: 0.01, vLeak: 0.1, vThreshold: 1 }).output("out").build();
    for (const target of ["sinabs", "snntorch", "lava-dl", "nengo"])
      expect(said(g, target), target).toContain("E_IMPORT_CONDITION nodes.lif");
    expect(said(g, "spikingjelly")).toEqual(["E_IMPORT_CONDITION nodes.lif"]);
    expect(said(g, "norse")).toEqual([]);
  });
  test("two thresholds in a layer stop snnTorch, v_reset is lost in most", () => {
    const g = start()
      .lif("lif", { tau: 0.01, vThreshold: [1, 2], vReset: -1 })
      .output("out")
      .build();
    expect(said(g, "snntorch")).toEqual(["E_IMPORT_CONDITION nodes.lif", "W_IMPORT_CHANGED nodes.lif"]);
    expect(said(g, "norse")).toEqual(["W_IMPORT_CHANGED nodes.lif"]);
  });
  const recurrent = (bias: number): NirGraph =>
    start()
      .cubaLif("cuba", { tauSyn: 2e-4, tauMem: 1e-3, r: 10, wIn: 2, vThreshold: 1 })
      .affine("rec", { weight: full("float32", [2, 2], 0.5), bias })
      .edge("rec", "cuba")
      .at("cuba")
      .output("out")
      .build();
  test("a recurrent CubaLIF stops snnTorch; its bias is dropped by Rockpool, Spyx and lava-dl; r = tau_mem/1e-4 is fine", () => {
    expect(said(recurrent(1), "snntorch")).toEqual(["E_IMPORT_CONDITION nodes.cuba"]);
    for (const target of ["rockpool", "spyx", "lava-dl"]) {
      expect(said(recurrent(1), target), target).toContain("W_IMPORT_CHANGED nodes.rec");
      expect(said(recurrent(0), target), target).not.toContain("W_IMPORT_CHANGED nodes.rec");
    }
    // fc has a bias of 0 and lies on no loop; the loop is cuba and rec.
    expect(said(recurrent(1), "rockpool")).toEqual(["W_IMPORT_CHANGED nodes.rec"]);
  });
  test("nested nodes are named by their path, extensions stop everything", () => {
    const inner = graph().input("a", [2]).delay("late", { delay: 1 }).output("b").build();
    const g = graph().input("in", [2]).subgraph("block", inner).output("out").build();
    expect(said(g, "norse")).toEqual(["E_NOT_IMPORTED nodes.block.nodes.late"]);
    const odd: NirNode = { type: "acme:Odd", params: new Map() };
    const extended = NirGraph.from({ nodes: [["x", odd]], edges: [] });
    expect(takers(extended)).toEqual([]);
  });
  test("what nobody looked at is a warning: Threshold in Rockpool", () => {
    const g = start().threshold("th", { threshold: 1 }).output("out").build();
    expect(said(g, "rockpool")).toEqual(["W_IMPORT_UNKNOWN nodes.th"]);
    expect(takers(g)).toContain("rockpool");
  });
  test("padding same with a stride is refused everywhere, padded pools only change in Norse and Sinabs", () => {
    const g = graph()
      .input("in", [1, 4, 4])
      .conv2d("c", { weight: full("float32", [1, 1, 3, 3], 1), padding: "same", stride: 2 })
      .sumPool2d("p", { kernelSize: 2, padding: 1 })
      .output("out")
      .build();
    expect(takers(g)).toEqual([]);
    for (const target of ["norse", "sinabs"])
      expect(said(g, target)).toEqual(["E_IMPORT_CONDITION nodes.c", "W_IMPORT_CHANGED nodes.p"]);
  });
  test("groups and dilation are lost in py-spinnaker2", () => {
    const conv = (groups: number): NirGraph =>
      graph()
        .input("in", [2, 3, 3])
        .conv2d("c", { weight: full("float32", [2, 2 / groups, 1, 1], 1), groups })
        .output("out")
        .build();
    expect(said(conv(1), "py-spinnaker2")).toHaveLength(1);
    expect(said(conv(2), "py-spinnaker2")).toHaveLength(2);
  });
});

test("every record speaks of each type at most once, and rules only of types that it does not refuse", () => {
  for (const { target, imports, refuses, rules } of importers.values()) {
    const both = [...imports, ...refuses];
    expect(new Set(both).size, target).toBe(both.length);
    expect(both.every((type: NodeType) => nodeTypes.includes(type))).toBe(true);
    expect(rules.length, target).toBeGreaterThan(0);
  }
});

test("a loop of 20 000 nodes is found without recursion", () => {
  const n = 20_000;
  const names = Array.from({ length: n }, (_, i) => `n${i}`);
  const node: NirNode = {
    type: "Affine",
    weight: tensor("float32", [1, 1], [1]),
    bias: tensor("float32", [1], [1]),
  };
  const g = NirGraph.from({
    nodes: names.map((name) => [name, node] as const),
    edges: names.map((name, i) => [name, names[(i + 1) % n] ?? ""] as const),
  });
  expect(said(g, "rockpool")).toHaveLength(n);
});
