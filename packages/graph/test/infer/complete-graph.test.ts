import { expect, it } from "vitest";
import { completeGraph, full, NirGraph, type NirNode, zeros } from "../../src/index.ts";
import { lifOf } from "../support.ts";

const linear: NirNode = { type: "Linear", weight: zeros("float32", [3, 4]) };

it("adds input_a and output_b around a → b, and nothing the second time", () => {
  const done = completeGraph(
    NirGraph.from({
      nodes: [
        ["a", linear],
        ["b", lifOf([3])],
      ],
      edges: [["a", "b"]],
    }),
  );
  expect([...done.nodes().keys()]).toEqual(["a", "b", "input_a", "output_b"]);
  expect(done.edges()).toEqual([
    ["a", "b"],
    ["input_a", "a"],
    ["b", "output_b"],
  ]);
  expect(done.node("output_b")).toEqual({ type: "Output", shape: [3] });
  expect(completeGraph(done)).toBe(done);
});
it("does so in nested graphs, where the new ports are wired by the edges that were there", () => {
  const inner = NirGraph.from({ nodes: [["w", linear]], edges: [] });
  const outer = NirGraph.from({
    nodes: [
      ["in", { type: "Input", shape: [4] }],
      ["sub", { type: "NIRGraph", graph: inner }],
      ["out", { type: "Output" }],
    ],
    edges: [
      ["in", "sub"],
      ["sub", "out"],
    ],
  });
  const done = completeGraph(outer);
  expect(done.types().outputShape("out")).toEqual([3]);
  expect(done.flatten().edges()).toEqual([
    ["in", "sub/w"],
    ["sub/w", "out"],
  ]);
});
it("expands scalar parameters to the population, and keeps their dtype", () => {
  const threshold: NirNode = { type: "Threshold", threshold: full("float64", [], 0.5) };
  const g = NirGraph.from({
    nodes: [
      ["in", { type: "Input", shape: [2, 2] }],
      ["t", threshold],
      ["out", { type: "Output" }],
    ],
    edges: [
      ["in", "t"],
      ["t", "out"],
    ],
  });
  expect(completeGraph(g).node("t")).toEqual({ type: "Threshold", threshold: full("float64", [2, 2], 0.5) });
});
it("refuses what stays untyped: a pool alone", () => {
  const pool: NirNode = { type: "SumPool2d", kernelSize: [2, 2], stride: [2, 2], padding: [0, 0] };
  expect(() => completeGraph(NirGraph.from({ nodes: [["p", pool]], edges: [] }))).toThrow("E_UNTYPED");
});
