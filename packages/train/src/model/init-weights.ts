/** New weights whose sums make the membranes of the next layer deviate by about the threshold (training.md 7). */
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import type { Constant } from "../neuron/neuron-constants.ts";
import type { Initializer } from "./build-options.ts";
import type { NetworkSpec } from "./node-spec.ts";

/** Draws all weights anew, biases 0; every weight has a random stream of its own name. */
export function initializeWeights(network: NetworkSpec, options: Initializer, seed: number): void {
  const { density = 0.1, k = 1, steps = 25 } = options;
  for (const [name, spec] of network.specs) {
    if (spec.kind !== "dense" && spec.kind !== "conv") continue;
    const fanIn =
      spec.kind === "dense"
        ? spec.inputs
        : (spec.geometry.input[0] / spec.geometry.groups) * spec.geometry.kernel[0] * spec.geometry.kernel[1];
    const { decay, gain, threshold } = followingNeuron(network, name);
    const forgotten = decay < 1 ? 1 - decay ** 2 : 1 / steps;
    const deviation = k * threshold * Math.sqrt(forgotten / (fanIn * density * gain ** 2));
    const random = philox(seed, `init/${name}.weight`);
    const { variable } = spec.weight;
    const values = Float32Array.from({ length: variable.size }, (_, i) => deviation * random.normalAt(i));
    tf.tidy(() => {
      variable.assign(tf.tensor(values, variable.shape, "float32"));
      const bias = spec.bias?.variable;
      bias?.assign(tf.zeros(bias.shape));
    });
  }
}

/** Decay, gain and threshold of the first neuron that a weight reaches. */
function followingNeuron(
  { plan, specs }: NetworkSpec,
  from: string,
): { readonly decay: number; readonly gain: number; readonly threshold: number } {
  const flat = plan.graph.flatten();
  const seen = new Set([from]);
  for (const name of seen) {
    const spec = specs.get(name);
    if (spec?.kind === "neuron") {
      const { decay, gain, threshold, spiking } = spec.neuron.constants;
      return { decay: mean(decay), gain: mean(gain), threshold: spiking ? mean(threshold) : 1 };
    }
    if (spec?.kind === "threshold") return { decay: 0, gain: 1, threshold: mean(spec.threshold) };
    for (const next of flat.successors(name)) seen.add(next);
  }
  return { decay: 0, gain: 1, threshold: 1 };
}

function mean(value: Constant): number {
  return typeof value === "number" ? value : value.reduce((sum, x) => sum + x, 0) / value.length;
}
