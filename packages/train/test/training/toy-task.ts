/** A task that trains in milliseconds: which half of eight inputs spikes more. */
import "@tensorflow/tfjs-backend-cpu";
import { type Dataset, datasetOf } from "@nirkit/events";
import { type Events, graph, type NirGraph, type Sample } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import {
  accuracy,
  adamW,
  type BuildOptions,
  buildTrainable,
  cosine,
  spikeCountCrossEntropy,
  type TrainableModel,
  type TrainData,
  Trainer,
  type TrainerOptions,
  trainData,
} from "../../src/index.ts";

/** 8-6-2, with zeros to be initialized. */
function toyGraph(hidden = 6): NirGraph {
  const zeros = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  return graph()
    .input("input", [8])
    .linear("fc1", { weight: zeros(hidden, 8) })
    .lif("lif1", { tau: 4, r: 4, vThreshold: 1 })
    .linear("fc2", { weight: zeros(2, hidden) })
    .lif("lif2", { tau: 4, r: 4, vThreshold: 1 })
    .output("output")
    .build();
}

/** Sample k: inputs spike with 60 % in the half of the label, with 20 % in the other. */
export function toySamples(length: number, steps = 6): Dataset<Sample> {
  return datasetOf(length, (k): Sample => {
    const random = philox(11, `sample/${k}`);
    const label = k % 2;
    const start = new Uint32Array(steps + 1);
    const index: number[] = [];
    for (let step = 0; step < steps; step++) {
      for (let i = 0; i < 8; i++)
        if (random.uniform() < (Math.floor(i / 4) === label ? 0.6 : 0.2)) index.push(i);
      start[step + 1] = index.length;
    }
    const events: Events = { steps, shape: [8], start, index: Uint32Array.from(index) };
    return { input: new Map([["input", events]]), label };
  });
}

export function toyData(length = 64, batchSize = 16): TrainData {
  return trainData(toySamples(length), { batchSize, seed: 5 });
}

let models = 0;

export async function toyModel(options: BuildOptions = {}, backend = "cpu"): Promise<TrainableModel> {
  await tf.setBackend(backend);
  return buildTrainable(toyGraph(), {
    dt: 1,
    dialect: "nir-euler+subtract",
    init: { density: 0.4, steps: 6 },
    seed: 3,
    name: `toy${models++}`,
    ...options,
  });
}

export function toyOptions(options: Partial<TrainerOptions> = {}): TrainerOptions {
  return {
    loss: spikeCountCrossEntropy(),
    optimizer: adamW({ lr: 0.02 }),
    schedule: cosine({ warmupSteps: 3 }),
    metrics: [accuracy()],
    ...options,
  };
}

export async function toyTrainer(
  options: Partial<TrainerOptions> = {},
  build: BuildOptions = {},
  backend = "cpu",
): Promise<Trainer> {
  return new Trainer(await toyModel(build, backend), toyOptions(options));
}
