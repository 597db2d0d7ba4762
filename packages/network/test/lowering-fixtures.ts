/** Quantised graphs for the tests of lower, and ways to spoil them as another tool could. */
import {
  graph,
  type Metadata,
  type NirGraph,
  NirkitError,
  type NirNode,
  type Tensor,
  tensor,
  withMetadata,
} from "@nirkit/graph";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";

export const dt = 1e-3;
export const lif = { tau: 0.005, r: 5, vLeak: 0, vThreshold: 1, vReset: 0 };
export const w34 = [
  [0.9, -0.35, 0.05],
  [-0.6, 0.12, 0.4],
  [0.3, 0.8, -0.7],
  [0.2, 0.5, 0.6],
];
const w24 = [
  [0.8, -0.3, 0.5, 0.1],
  [0.2, 0.9, -0.4, 0.6],
];

export async function quantized(source: NirGraph, options: UniformOptions = {}): Promise<NirGraph> {
  return (await quantizeUniform(source, { bits: 8, axis: null, dt, ...options })).graph;
}

export const twoLayers = (): NirGraph =>
  graph()
    .input("in", [3])
    .affine("fc1", { weight: w34, bias: [0.1, 0, -0.05, 0.02] })
    .lif("lif1", lif)
    .linear("fc2", { weight: w24 })
    .lif("lif2", lif)
    .output("out")
    .build();

/** Random spikes by a fixed rule: a third of the entries. */
export function spikes(size: number, steps: number): Tensor {
  return tensor(
    "float32",
    [steps, size],
    Array.from({ length: steps * size }, (_, k) => Number((k * 7 + (k >> 2)) % 3 === 0)),
  );
}

export function codes(action: () => unknown): string[] {
  try {
    action();
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    for (const d of error.diagnostics)
      if (d.level === "error" && d.hint === undefined) throw new Error(`${d.code} has no hint`);
    return error.diagnostics.filter((d) => d.level === "error").map((d) => `${d.code} ${d.path}`);
  }
  return [];
}

export function recurrent(): NirGraph {
  return graph()
    .input("in", [3])
    .linear("fc1", { weight: w34 })
    .lif("lif1", lif)
    .delay("wait", { delay: [0.002, 0.002, 0.002, 0.002] })
    .linear("fc2", { weight: w24 })
    .lif("lif2", lif)
    .output("out")
    .build()
    .with({
      setNodes: [
        [
          "loop",
          {
            type: "Linear",
            weight: tensor(
              "float32",
              [4, 4],
              Array.from({ length: 16 }, (_, k) => ((k * 5) % 7) / 10 - 0.3),
            ),
          },
        ],
      ],
      addEdges: [
        ["lif1", "loop"],
        ["loop", "lif1"],
      ],
    });
}

export function fanIn(): NirGraph {
  return graph()
    .input("a", [3])
    .affine("fa", { weight: w34, bias: [0.1, 0, 0, 0] })
    .lif("lif", lif)
    .output("out")
    .build()
    .with({
      setNodes: [
        ["b", { type: "Input", shape: [2] }],
        [
          "fb",
          {
            type: "Affine",
            weight: tensor("float32", [4, 2], [0.5, -0.25, 0.1, 0.2, 0.3, 0.9, -0.9, 0.4]),
            bias: tensor("float32", [4], [-0.2, 0, 0, 0]),
          },
        ],
      ],
      addEdges: [
        ["b", "fb"],
        ["fb", "lif"],
      ],
    });
}

/** The same integers at a multiple of the scale, as another tool could have written them. */
export function withWeights(node: NirNode, factor: number): NirNode {
  if (node.type !== "Affine") throw new Error("expected an Affine");
  const metadata = node.metadata as Metadata;
  const scale = (metadata.get("nirkit:weight_scale") as Tensor<"float64">).data[0] as number;
  const ints = (metadata.get("nirkit:weight_int") as Tensor<"int8">).data;
  const next = Math.fround(scale * factor);
  const weight = tensor(
    "float32",
    node.weight.shape,
    Array.from(ints, (q) => Math.fround(next * q)),
  );
  const quant = JSON.parse(String(metadata.get("nirkit:quant")));
  return withMetadata({ ...node, weight }, [
    ["nirkit:weight_scale", tensor("float64", [1], [next])],
    ["nirkit:quant", JSON.stringify({ ...quant, weightSha256: "stale" })],
    ["nirkit:bias_int", tensor("int32", [4], [0, 0, 0, 0])],
  ]);
}
