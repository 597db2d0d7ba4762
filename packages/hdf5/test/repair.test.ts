import { NirGraph, NirkitError, type NirNode, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { inspectNir, type RepairName, readNir, writeNir } from "../src/index.ts";
import { available, corpusBytes, corpusFolder } from "./corpus.ts";

const ones = (n: number): NirNode => {
  const one = tensor("float32", [n], new Float32Array(n).fill(1));
  return { type: "LI", tau: one, r: one, vLeak: one };
};
const wired = (
  nodes: readonly (readonly [string, NirNode])[],
  edges: readonly (readonly [string, string])[],
): Promise<Uint8Array> => writeNir(NirGraph.unchecked({ nodes, edges }), { types: "skip" });

async function repaired(bytes: Uint8Array, repair: RepairName): Promise<readonly [NirGraph, string[]]> {
  const before = await inspectNir(bytes);
  expect(before.diagnostics.some((d) => d.level === "error")).toBe(true);
  const { graph, diagnostics } = await readNir(bytes, { repair: [repair] });
  return [graph, diagnostics.filter((d) => d.code === "W_REPAIRED").map((d) => d.message)];
}

describe("each repair mends its defect, and says so", () => {
  test("transpose-weight: [3, 2] between 3 and 2 becomes [2, 3]", async () => {
    const weight = tensor("float32", [3, 2], [1, 2, 3, 4, 5, 6]);
    const bytes = await wired(
      [
        ["fc", { type: "Linear", weight }],
        ["in", { type: "Input", shape: [3] }],
        ["li", ones(2)],
        ["out", { type: "Output", shape: [2] }],
      ],
      [
        ["in", "fc"],
        ["fc", "li"],
        ["li", "out"],
      ],
    );
    const [graph, said] = await repaired(bytes, "transpose-weight");
    expect(graph.node("fc")).toMatchObject({ weight: tensor("float32", [2, 3], [1, 3, 5, 2, 4, 6]) });
    expect(said).toEqual(['Repair transpose-weight: "fc" has its weight transposed to [2, 3]']);
  });

  test("drop-time-axis: an Input of [256, 2] before a layer of 2", async () => {
    const nodes: [string, NirNode][] = [
      ["in", { type: "Input", shape: [256, 2] }],
      ["li", ones(2)],
      ["out", { type: "Output", shape: [2] }],
    ];
    const [graph] = await repaired(
      await wired(nodes, [
        ["in", "li"],
        ["li", "out"],
      ]),
      "drop-time-axis",
    );
    expect(graph.node("in")).toMatchObject({ shape: [2] });
  });

  test("squeeze-ones: an Output of [1, 1, 2] after a layer of 2", async () => {
    const nodes: [string, NirNode][] = [
      ["in", { type: "Input", shape: [2] }],
      ["li", ones(2)],
      ["out", { type: "Output", shape: [1, 1, 2] }],
    ];
    const [graph] = await repaired(
      await wired(nodes, [
        ["in", "li"],
        ["li", "out"],
      ]),
      "squeeze-ones",
    );
    expect(graph.node("out")).toMatchObject({ shape: [2] });
  });

  test.runIf(available("the corpus", corpusFolder))(
    "drop-batch-axis: a Flatten that counts the batch, in scnn_mnist_flatten_wrong.nir",
    async () => {
      const [graph] = await repaired(corpusBytes("real/scnn_mnist_flatten_wrong.nir"), "drop-batch-axis");
      expect(graph.node("8")).toMatchObject({ startDim: 0, endDim: -1 });
    },
  );

  test.runIf(available("the corpus", corpusFolder))(
    "rename-node: an edge that writes Input for input",
    async () => {
      const [graph] = await repaired(corpusBytes("malformed/edge_case_mismatch.nir"), "rename-node");
      expect(graph.edges()[0]?.[0]).toBe("input");
    },
  );

  test.runIf(available("the corpus", corpusFolder))(
    "two layers of spyx_shd.nir are transposed, lif_rockpool.nir is squeezed",
    async () => {
      const [, spyx] = await repaired(corpusBytes("real/spyx_shd.nir"), "transpose-weight");
      expect(spyx).toHaveLength(2);
      const [, rockpool] = await repaired(corpusBytes("real/lif_rockpool.nir"), "squeeze-ones");
      expect(rockpool).toHaveLength(1);
    },
  );
});

test("an unknown repair is refused with E_UNKNOWN_REPAIR", async () => {
  const bytes = await wired([["in", { type: "Input", shape: [1] }]], []);
  const refusal = readNir(bytes, { repair: ["magic" as RepairName] });
  await expect(refusal).rejects.toBeInstanceOf(NirkitError);
  await expect(refusal).rejects.toThrow("E_UNKNOWN_REPAIR");
});
