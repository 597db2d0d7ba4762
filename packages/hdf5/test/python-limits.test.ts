import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NirGraph, type NirNode, zeros } from "@nirkit/graph";
import { expect, test } from "vitest";
import { type WriteOptions, writeNir, writeNirWithReport } from "../src/index.ts";
import { writeNirFile } from "../src/node/index.ts";

async function limitsOf(target: NirGraph, options: WriteOptions = {}): Promise<string[]> {
  const { diagnostics } = await writeNirWithReport(target, options);
  return diagnostics.filter((d) => d.code === "W_PYTHON_CANNOT_READ").map((d) => d.path);
}

const conv = (kernel: [number, number], groups: number, padding: "same" | [number, number]): NirGraph =>
  NirGraph.from({
    nodes: [
      ["in", { type: "Input", shape: [2, 8, 8] }],
      [
        "conv",
        {
          type: "Conv2d",
          weight: zeros("float32", [2, 2 / groups, ...kernel]),
          bias: zeros("float32", [2]),
          stride: [1, 1],
          padding,
          dilation: [1, 1],
          groups,
        },
      ],
      ["out", { type: "Output" }],
    ],
    edges: [
      ["in", "conv"],
      ["conv", "out"],
    ],
  });

test("grouped and non-square convolutions are announced; square ones and padding same are not", async () => {
  expect(await limitsOf(conv([3, 3], 1, [0, 0]))).toEqual([]);
  expect(await limitsOf(conv([3, 5], 1, "same"))).toEqual([]);
  expect(await limitsOf(conv([3, 5], 1, [0, 0]))).toEqual(["/node/nodes/conv"]);
  expect(await limitsOf(conv([3, 3], 2, [0, 0]))).toEqual(["/node/nodes/conv"]);
  expect(await limitsOf(conv([3, 5], 2, [0, 0]))).toEqual(["/node/nodes/conv", "/node/nodes/conv"]);
});

test("one threshold for 4 neurons is announced, and complete: true mends it", async () => {
  const threshold: NirNode = { type: "Threshold", threshold: zeros("float32", []) };
  const scalar = NirGraph.from({
    nodes: [
      ["in", { type: "Input", shape: [4] }],
      ["t", threshold],
    ],
    edges: [["in", "t"]],
  });
  expect(await limitsOf(scalar)).toEqual(["/node/nodes/t"]);
  expect(await limitsOf(scalar, { complete: true })).toEqual([]);
});

test("an edge that is there twice, and a cycle that nothing enters, are announced", async () => {
  const scale = (): NirNode => ({ type: "Scale", scale: zeros("float32", [1]) });
  const twice = NirGraph.from({
    nodes: [
      ["in", { type: "Input", shape: [1] }],
      ["out", { type: "Output", shape: [1] }],
    ],
    edges: [
      ["in", "out"],
      ["in", "out"],
    ],
  });
  expect(await limitsOf(twice)).toEqual(["/node/edges[1]"]);
  const nodes: [string, NirNode][] = [
    ["a", scale()],
    ["b", scale()],
  ];
  const edges: [string, string][] = [
    ["a", "b"],
    ["b", "a"],
  ];
  expect(await limitsOf(NirGraph.from({ nodes, edges }))).toEqual(["/node"]);
});

test("inside a nested graph there is no way around it, and the hint says so", async () => {
  const inner = conv([3, 5], 1, [0, 0]);
  const outer = NirGraph.from({
    nodes: [
      ["block", { type: "NIRGraph", graph: inner }],
      ["in", { type: "Input", shape: [2, 8, 8] }],
    ],
    edges: [["in", "block"]],
  });
  const { diagnostics } = await writeNirWithReport(outer);
  const found = diagnostics.filter((d) => d.code === "W_PYTHON_CANNOT_READ");
  expect(found.map((d) => d.path)).toEqual(["/node/nodes/block/nodes/conv"]);
  expect(found[0]?.hint).toContain("whatever its arguments");
});

test("the report comes with the bytes of writeNir, and writeNirFile hands it on", async () => {
  const grouped = conv([3, 3], 2, [0, 0]);
  const { bytes, diagnostics } = await writeNirWithReport(grouped);
  expect(bytes).toEqual(await writeNir(grouped));
  const folder = mkdtempSync(join(tmpdir(), "nirkit-report-"));
  try {
    expect((await writeNirFile(join(folder, "a.nir"), grouped)).diagnostics).toEqual(diagnostics);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
