/** The network: two strided convolutions and two dense layers of leaky neurons. */
import { graph, type NirGraph, type Tensor, zeros } from "@nirkit/graph";
import { frameShape } from "./recordings.ts";
import { inputName, stepSeconds } from "./samples.ts";

/** Weights by node, `[out, in, kh, kw]` or `[out, in]`. */
export type GestureWeights = ReadonlyMap<string, Tensor>;

/** Time constants in steps: short for edges, longer where motion becomes a decision. */
const edgeSteps = 2;
const decisionSteps = 4;

/** With r = tau/dt a spike through weight w moves a membrane by w, and thresholds are 1. */
const neuron = (steps: number): { tau: number; r: number; vThreshold: number } => ({
  tau: steps * stepSeconds,
  r: steps,
  vThreshold: 1,
});

/** 2x32x32 – conv 8 – conv 16 – dense 64 – dense 11. */
export const layers = { conv1: [8, 2, 5, 5], conv2: [16, 8, 3, 3], fc1: [64, 1024], fc2: [11, 64] } as const;

/**
 * The network with the given weights, or zeros for training to initialize. It has no biases: on the chip every layer
 * starts a step later than the one before it, and a bias would drive it before its first input.
 */
export function gestureNetwork(weights: GestureWeights = new Map()): NirGraph {
  const of = (name: keyof typeof layers): Tensor => weights.get(name) ?? zeros("float32", layers[name]);
  return graph()
    .input(inputName, frameShape)
    .conv2d("conv1", { weight: of("conv1"), stride: 2, padding: 2 })
    .lif("lif1", neuron(edgeSteps))
    .conv2d("conv2", { weight: of("conv2"), stride: 2, padding: 1 })
    .lif("lif2", neuron(edgeSteps))
    .flatten("flat")
    .linear("fc1", { weight: of("fc1") })
    .lif("lif3", neuron(decisionSteps))
    .linear("fc2", { weight: of("fc2") })
    .lif("lif4", neuron(decisionSteps))
    .output("output")
    .build();
}
