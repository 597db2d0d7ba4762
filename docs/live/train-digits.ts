/** Digits that are drawn by the project's own code, and a network that learns them; runs in a page and in Node. */
import "@tensorflow/tfjs-backend-cpu";
import { datasetOf } from "@nirkit/events";
import { type Events, graph, type NirGraph, type Sample } from "@nirkit/graph";
import {
  accuracy,
  adamW,
  buildTrainable,
  cosine,
  spikeCountCrossEntropy,
  Trainer,
  trainData,
} from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import { type GlyphData, glyphData, inputs, steps } from "../../tools/sample/glyph-data.ts";

/** What the page lets choose. */
export interface TrainChoices {
  readonly hidden: number;
  readonly epochs: number;
  readonly seed: number;
}

/** Progress after a step, or after an epoch with what the test digits say. */
export interface TrainProgress {
  readonly step: number;
  readonly steps: number;
  readonly epoch: number;
  /** Means since the last report. */
  readonly loss: number;
  readonly accuracy: number;
  /** Of the test digits, after an epoch. */
  readonly test?: { readonly loss: number; readonly accuracy: number };
}

/** Digits that are trained on, and those that are not. */
export const digitCounts = { train: 1000, test: 200 } as const;
const dt = 1e-3;
const batchSize = 50;

/** 64-`hidden`-10 with the time constants of the shipped sample; the weights are still 0. */
function digitNetwork(hidden: number): NirGraph {
  const zeros = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  const [fast, slow] = [5 * dt, 10 * dt];
  return graph()
    .input("input", [inputs])
    .affine("fc1", { weight: zeros(hidden, inputs), bias: new Array<number>(hidden).fill(0) })
    .lif("lif1", { tau: fast, r: fast / dt, vThreshold: 1 })
    .affine("fc2", { weight: zeros(10, hidden), bias: new Array<number>(10).fill(0) })
    .lif("lif2", { tau: slow, r: slow / dt, vThreshold: 1 })
    .output("output")
    .build();
}

function eventsOf({ spikes }: GlyphData, k: number): Events {
  const start = new Uint32Array(steps + 1);
  const index: number[] = [];
  for (let step = 0; step < steps; step++) {
    for (let j = 0; j < inputs; j++) if (spikes[(k * steps + step) * inputs + j] !== 0) index.push(j);
    start[step + 1] = index.length;
  }
  return { steps, shape: [inputs], start, index: Uint32Array.from(index) };
}

function digits(split: "train" | "test", count: number) {
  const data = glyphData(split, count);
  return datasetOf(
    count,
    (k): Sample => ({ input: new Map([["input", eventsOf(data, k)]]), label: data.labels[k] ?? 0 }),
  );
}

/**
 * Trains on 1000 digits and tests on 200 others after every epoch.
 *
 * @param report called after every step; what it returns is awaited, so that a thread can listen meanwhile
 * @returns the network as it is at the end, or when the signal stopped it
 */
export async function trainDigits(
  { hidden, epochs, seed }: TrainChoices,
  report: (progress: TrainProgress) => void | Promise<void>,
  signal?: AbortSignal,
): Promise<NirGraph> {
  await tf.setBackend("cpu");
  const init = { density: 0.25, steps };
  const model = await buildTrainable(digitNetwork(hidden), { dt, dialect: "nir-euler", init, seed });
  try {
    const trainer = new Trainer(model, {
      loss: spikeCountCrossEntropy(),
      optimizer: adamW({ lr: 5e-3 }),
      schedule: cosine({ warmupSteps: 10 }),
      metrics: [accuracy()],
    });
    const train = trainData(digits("train", digitCounts.train), { batchSize, seed });
    const validation = trainData(digits("test", digitCounts.test), { batchSize });
    const all = epochs * train.batches;
    for await (const event of trainer.fit(train, {
      epochs,
      validation,
      ...(signal === undefined ? {} : { signal }),
    })) {
      const { loss, metrics } = event.kind === "step" ? event : event.train;
      const shared = {
        step: event.step,
        steps: all,
        epoch: event.epoch,
        loss,
        accuracy: metrics.accuracy ?? 0,
      };
      const tested = event.kind === "epoch" ? event.validation : undefined;
      await report(
        tested === undefined
          ? shared
          : { ...shared, test: { loss: tested.loss, accuracy: tested.metrics.accuracy ?? 0 } },
      );
    }
    return await model.downloadNir();
  } finally {
    model.dispose();
  }
}
