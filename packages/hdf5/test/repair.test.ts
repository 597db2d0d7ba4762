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
    "drop-batch-axis: all of scnn_mnist_batch_dim.nir, whose Flatten has an input type of zeros",
    async () => {
      const bytes = corpusBytes("real/scnn_mnist_batch_dim.nir");
      const [graph, said] = await repaired(bytes, "drop-batch-axis");
      const types = graph.types();
      const shapes = ["input", "1", "6", "8", "10", "output"].map((name) => types.outputShape(name));
      expect(shapes).toEqual([[2, 34, 34], [16, 16, 16], [8, 8, 8], [128], [256], [10]]);
      expect(said).toContain('Repair drop-batch-axis: "8" gets start_dim 0 and end_dim -1');
      const { diagnostics } = await readNir(bytes, { repair: ["drop-batch-axis"] });
      expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toContain(
        "W_DEFAULTED_PARAM /node/nodes/8/input_type",
      );
      expect((await readNir(await writeNir(graph))).graph.equals(graph)).toBe(true);
      const strict = await inspectNir(bytes, { repair: ["drop-batch-axis"], strict: true });
      expect(strict.diagnostics.map((d) => `${d.code} ${d.path}`)).toContain(
        "E_MISSING_PARAM /node/nodes/8/input_type",
      );
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
