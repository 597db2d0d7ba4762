import { full, graph, NirGraph, type NirNode, storedTensor, type Tensor, validateGraph } from "@nirkit/graph";
import { expect, test } from "vitest";

/** A 3 -> 2 layer whose weight counts how often it is loaded. */
function layer(
  finite: boolean,
  values = [1, 2, 3, 4, 5, 6],
): { graph: NirGraph; loads: () => number; weight: Tensor } {
  let count = 0;
  const load = (): Float32Array => {
    count++;
    return Float32Array.from(values);
  };
  const weight = storedTensor("float32", [2, 3], { load, finite });
  const nodes: [string, NirNode][] = [
    ["in", { type: "Input", shape: [3] }],
    ["fc", { type: "Linear", weight }],
    ["out", { type: "Output", shape: [2] }],
  ];
  const edges: [string, string][] = [
    ["in", "fc"],
    ["fc", "out"],
  ];
  return { graph: NirGraph.from({ nodes, edges }), loads: () => count, weight };
}

test("checking and typing a graph loads no stored tensor that is known to be finite", () => {
  const { graph: read, loads } = layer(true);
  expect(validateGraph(read)).toEqual([]);
  expect(read.types().outputShape("fc")).toEqual([2]);
  expect(loads()).toBe(0);
});

test("a stored tensor not known to be finite is loaded and looked at: NaN at [1,1]", () => {
  const { graph: read } = layer(false, [1, 2, 3, 4, Number.NaN, 6]);
  expect(validateGraph(read).map((d) => `${d.code} ${d.path}`)).toEqual([
    "E_NON_FINITE nodes.fc.weight[1,1]",
  ]);
});

test("a stored tensor equals, hashes and copies as one in memory", () => {
  const { graph: read, weight } = layer(true);
  const plain = graph()
    .input("in", [3])
    .linear("fc", {
      weight: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    })
    .output("out", [2])
    .build();
  expect(read.equals(plain)).toBe(true);
  expect(read.hash()).toBe(plain.hash());
  expect(structuredClone(weight)).toEqual({ ...weight });
  expect({ ...weight, shape: [6] }.data).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
});

test("a stored tensor of another rank is refused without loading it", () => {
  const load = (): Float32Array => {
    throw new Error("loaded");
  };
  const weight = storedTensor("float32", [6], { load, finite: true });
  const wrong = NirGraph.unchecked({ nodes: [["fc", { type: "Linear", weight }]], edges: [] });
  expect(validateGraph(wrong).map((d) => d.code)).toContain("E_BAD_SHAPE");
  expect(full("float32", [6], 1).data).toHaveLength(6);
});
