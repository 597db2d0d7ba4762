/** Runs that differ in everything a checkpoint has to hold. */
import { type Dataset, datasetOf } from "@nirkit/events";
import type { Events, Sample } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { pot } from "@nirkit/quantize-pot";
import { uniform } from "@nirkit/quantize-uniform";
import * as tf from "@tensorflow/tfjs-core";
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  type BuildOptions,
  cosine,
  exponentialDecay,
  fakeQuant,
  magnitudeMasks,
  multiStep,
  oneCycle,
  polynomial,
  reduceOnPlateau,
  rmsprop,
  sgd,
  stepDecay,
  type TrainData,
  type TrainerOptions,
  tfjsOptimizer,
  trainData,
} from "../../src/index.ts";
import { toyData, toySamples } from "./toy-task.ts";

/** What a run is made of. */
export interface Variant {
  readonly trainer: Partial<TrainerOptions>;
  readonly build?: BuildOptions;
  readonly data?: TrainData;
}

const learned = { trainable: { leak: "layer", threshold: "channel" } } as const;

function quantized(make: (name: string) => ReturnType<typeof fakeQuant>): BuildOptions {
  return {
    ...learned,
    nodes: Object.fromEntries(["fc1", "fc2"].map((name) => [name, { transforms: { weight: [make(name)] } }])),
  };
}

/** Drops a tenth of the events, others in every epoch. */
function augmented(): TrainData {
  const plain = toySamples(64);
  const dropped = (epoch: number): Dataset<Sample> =>
    datasetOf(plain.length, async (k): Promise<Sample> => {
      const sample = await plain.get(k);
      const random = philox(4, `augment/${epoch}/${k}`);
      const events = sample.input.get("input") as Events;
      const start = new Uint32Array(events.steps + 1);
      const index: number[] = [];
      for (let t = 0; t < events.steps; t++) {
        for (let e = events.start[t] as number; e < (events.start[t + 1] as number); e++)
          if (random.uniform() < 0.9) index.push(events.index[e] as number);
        start[t + 1] = index.length;
      }
      const kept: Events = {
        steps: events.steps,
        shape: events.shape,
        start,
        index: Uint32Array.from(index),
      };
      return { ...sample, input: new Map([["input", kept]]) };
    });
  return trainData(dropped, { batchSize: 16, seed: 5 });
}

let scales = 0;

/** By name; every call makes new optimizers, schedules and quantizers. */
export const variants: Readonly<Record<string, () => Variant>> = {
  "adamW, plateau": () => ({
    trainer: { optimizer: adamW({ lr: 0.02 }), schedule: reduceOnPlateau({ patience: 1, factor: 0.5 }) },
  }),
  "adam, cosine, power-of-two weights, growing masks, learned leak and threshold": () => ({
    trainer: {
      optimizer: adam({ lr: 0.02 }),
      schedule: cosine({ warmupSteps: 3 }),
      masks: [magnitudeMasks({ sparsity: 0.6, from: 2, to: 20, every: 3 })],
      learningRates: { leak: 0.1, threshold: 0.1 },
    },
    build: quantized(() => fakeQuant(pot, pot.params.parse({ bits: 4 }), { startStep: 5, refitEvery: 2 })),
  }),
  "sgd with momentum, one cycle, learned scales": () => ({
    trainer: { optimizer: sgd({ lr: 0.05, momentum: 0.9 }), schedule: oneCycle() },
    build: quantized((name) =>
      fakeQuant(uniform, uniform.params.parse({ bits: 4, range: "full", gradient: "lsq" }), {
        learnScale: true,
        name: `${name}/scale${scales++}`,
      }),
    ),
  }),
  "rmsprop, exponential, windows of 4 steps, carried state, micro-batches": () => ({
    trainer: {
      optimizer: rmsprop({ lr: 0.005, momentum: 0.5 }),
      schedule: exponentialDecay({ gamma: 0.99 }),
      tbptt: { window: 4, stride: 2 },
      state: "carry",
      microBatch: 5,
    },
  }),
  "adamax, augmentation by epoch, gradient checkpointing": () => ({
    trainer: { optimizer: adamax({ lr: 0.02 }), gradientCheckpointing: { every: 2 } },
    data: augmented(),
  }),
  "adagrad, steps at 8 and 16": () => ({
    trainer: { optimizer: adagrad({ lr: 0.05 }), schedule: multiStep({ milestones: [8, 16], gamma: 0.3 }) },
    build: learned,
  }),
  "adadelta, polynomial": () => ({
    trainer: { optimizer: adadelta({ lr: 1 }), schedule: polynomial({ power: 2 }) },
  }),
  "momentum of tfjs, step decay, masks": () => ({
    trainer: {
      optimizer: tfjsOptimizer("momentum", 0.05, (rate) => tf.train.momentum(rate, 0.9)),
      schedule: stepDecay({ every: 7, gamma: 0.5 }),
      masks: [magnitudeMasks({ sparsity: 0.5, from: 3, to: 15 })],
    },
  }),
};

/** The data of a variant. */
export function dataOf({ data }: Variant): TrainData {
  return data ?? toyData();
}
