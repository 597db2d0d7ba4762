/** Small networks and inputs that several tests run. */
import { graph, type NirGraph, type SpikeInput, sizeOf, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

/** [3] → dense → [2] LIF, all values seeded; r = tau/dt for dt 1e-3. */
export const lifNetwork: NirGraph = graph()
  .input("in", [3])
  .affine("fc", {
    weight: [
      [0.9, -0.4, 0.7],
      [0.3, 0.8, -0.2],
    ],
    bias: [0.1, -0.05],
  })
  .lif("lif", { tau: 5e-3, r: 5, vThreshold: 1 })
  .output("out")
  .build();

/** A recurrent layer of CubaLIF with a bias in its loop, and a readout. */
export const recurrentNetwork: NirGraph = graph()
  .input("in", [3])
  .affine("fc", { weight: random("fc", 12, 1.5, [4, 3]), bias: [0.1, 0, -0.1, 0.2] })
  .cubaLif("cuba", { tauSyn: 2e-3, tauMem: 4e-3, r: 4, wIn: 2, vThreshold: 1 })
  .affine("rec", { weight: random("rec", 16, 0.8, [4, 4]), bias: [0.3, -0.2, 0.1, 0] })
  .edge("rec", "cuba")
  .at("cuba")
  .linear("readout", { weight: random("readout", 8, 1, [2, 4]) })
  .li("li", { tau: 1e-2, r: 10 })
  .output("out")
  .build();

/** Seeded values with standard deviation `scale`, as a tensor. */
function random(stream: string, size: number, scale: number, shape: readonly number[]) {
  const source = philox(7, stream);
  return tensor(
    "float32",
    shape,
    Array.from({ length: size }, () => scale * source.normal()),
  );
}

/** Seeded spikes of rate one third for every Input of a graph. */
export function spikes(network: NirGraph, steps: number, seed = 1): SpikeInput {
  const input = new Map();
  for (const [name, node] of network.nodes()) {
    if (node.type !== "Input" || !("shape" in node)) continue;
    const source = philox(seed, name);
    const shape = [steps, ...node.shape];
    input.set(
      name,
      tensor(
        "uint8",
        shape,
        Array.from({ length: sizeOf(shape) }, () => (source.integer(3) === 0 ? 1 : 0)),
      ),
    );
  }
  return input;
}

/** 0, 0.25, 0.5, … for every Input of a graph. */
export function ramp(network: NirGraph, steps: number): SpikeInput {
  const input = new Map();
  for (const [name, node] of network.nodes()) {
    if (node.type !== "Input" || !("shape" in node)) continue;
    const shape = [steps, ...node.shape];
    input.set(
      name,
      tensor(
        "float32",
        shape,
        Array.from({ length: sizeOf(shape) }, (_, i) => i / 4),
      ),
    );
  }
  return input;
}
