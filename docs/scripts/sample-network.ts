/** The network behind "Load the sample": two layers of LIF neurons, the first with recurrent connections. */
import { graph, type NirGraph } from "@nirkit/graph";

// Weights are a fixed pattern of small numbers, so that the file is the same on every machine.
function pattern(rows: number, columns: number, step: number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => (((i * 7 + j * step) % 17) - 8) / 16),
  );
}

/** 12 inputs, 16 recurrent LIF neurons, 4 LIF neurons. */
export function sampleNetwork(): NirGraph {
  const lif = { r: 1, vLeak: 0, vThreshold: 1, vReset: 0 };
  return graph()
    .input("input", [12])
    .affine("fc1", { weight: pattern(16, 12, 5), bias: new Array<number>(16).fill(0.05) })
    .lif("hidden", { tau: 0.02, ...lif })
    .affine("fc2", { weight: pattern(4, 16, 3), bias: new Array<number>(4).fill(0) })
    .lif("readout", { tau: 0.01, ...lif })
    .output("output")
    .at("hidden")
    .linear("recurrent", { weight: pattern(16, 16, 11) })
    .edge("recurrent", "hidden")
    .build();
}
