/** The sample network: trained layers as a NIR graph, and its accuracy in the reference simulator. */
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { argmax, createSimulator, spikeCount } from "@nirkit/simulate";
import { type GlyphData, inputs, steps } from "./glyph-data.ts";
import { type Layer, type TrainOptions, trainLif } from "./train-lif.ts";

/** Time step of the sample in seconds. */
const dt = 1e-3;

/** How the shipped network was trained. */
const training: TrainOptions = {
  sizes: [inputs, 48, 10],
  betas: [0.8, 0.9],
  steps,
  epochs: 20,
  batch: 50,
  learningRate: 5e-3,
  seed: 2026,
};

/** Samples that the network is trained on. */
export const trainCount = 1000;

/** Trains and writes the result as Affine and LIF nodes; tau in seconds and r = tau/dt, so one spike moves v by w. */
export function glyphNetwork(data: GlyphData): NirGraph {
  const builder = graph().input("input", [inputs]);
  for (const [l, layer] of trainLif(data, training).entries()) {
    const tau = dt / (1 - layer.beta);
    builder
      .affine(`fc${l + 1}`, affine(layer))
      .lif(`lif${l + 1}`, { tau, r: tau / dt, vLeak: 0, vThreshold: 1, vReset: 0 });
  }
  return builder.output("output").build();
}

function affine({ inputs: columns, outputs: rows, weight, bias }: Layer) {
  return { weight: tensor("float32", [rows, columns], weight), bias: tensor("float32", [rows], bias) };
}

/** Samples that the reference simulator classifies right, by spike count. */
export function countCorrect(network: NirGraph, { spikes, labels }: GlyphData): number {
  const simulator = createSimulator(network, { dt });
  const size = steps * inputs;
  return labels.reduce((correct, label, i) => {
    const data = spikes.subarray(i * size, (i + 1) * size);
    const { outputs } = simulator.run(new Map([["input", { dtype: "uint8", shape: [steps, inputs], data }]]));
    const [output] = outputs.values();
    return correct + (output !== undefined && argmax(spikeCount(output)) === label ? 1 : 0);
  }, 0);
}
