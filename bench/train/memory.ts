/** Memory of a training step against what the sizes of the network say. */
import type { TrainableModel } from "@nirkit/train";
import type { Case } from "./cases.ts";

/** Bytes of the kernels' memory, and their share of the formula. */
export interface Memory {
  readonly bytes: number;
  readonly formula: number;
  readonly share: number;
}

/**
 * 4T(B·Σ N(1 + ρ) + b·2·max N) + 16·P bytes: potentials and spikes of every layer, two gradient buffers of the widest
 * one for the b samples that go through the network together, and weights, gradients and two moments of P parameters.
 */
export function memoryOf({ input, together }: Case, model: TrainableModel): Memory {
  const { activity } = model.forward(new Map([["in", input]]));
  const { steps, batch } = input;
  const parameters = [...model.parameters.values()].reduce((sum, { variable }) => sum + variable.size, 0);
  let perRow = input.index.length / (steps * batch);
  let widest = 0;
  for (const [node, { neurons, eventsOut }] of activity) {
    if (model.graph.node(node).type !== "LIF") continue;
    perRow += neurons + eventsOut / (steps * batch);
    widest = Math.max(widest, neurons);
  }
  const formula = 4 * steps * (batch * perRow + together * 2 * widest) + 16 * parameters;
  return { bytes: model.memoryBytes, formula, share: model.memoryBytes / formula };
}
