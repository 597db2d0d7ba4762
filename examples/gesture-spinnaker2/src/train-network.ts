/** Training on the kernels of `@nirkit/train`: the float network, and on from there with weights of 8 bit. */
import "@tensorflow/tfjs-backend-cpu";
import { type Dataset, datasetOf } from "@nirkit/events";
import type { NirGraph, Sample } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import { uniform, uniformParams } from "@nirkit/quantize-uniform";
import {
  accuracy,
  adam,
  atan,
  type BuildOptions,
  buildTrainable,
  type Callback,
  cosine,
  type EpochEvent,
  fakeQuant,
  spikeCountCrossEntropy,
  Trainer,
  trainData,
} from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import { convention } from "./float-network.ts";
import { gestureNetwork, layers } from "./gesture-network.ts";
import { frameCount, type Recordings } from "./recordings.ts";
import { type Cut, cutSample, framesPerStep, inputName, stepCount, stepSeconds } from "./samples.ts";

/** How long, and from which start. */
export interface TrainChoices {
  readonly epochs: number;
  readonly seed: number;
  readonly callbacks?: readonly Callback[];
}

/** Most cells that a training sample is moved. */
const reach = 2;

/** A random part of the recording, moved a little: no sample is seen twice alike. */
function randomCut(random: Random): Cut {
  const offset = random.integer(frameCount - stepCount * framesPerStep + 1);
  return { offset, dx: random.integer(2 * reach + 1) - reach, dy: random.integer(2 * reach + 1) - reach };
}

/** Trains the network on recordings; every epoch cuts its samples anew, by streams of the seed. */
export async function trainFloat(
  recordings: Recordings,
  choices: TrainChoices,
  progress: (event: EpochEvent) => void = () => {},
): Promise<NirGraph> {
  const init = { density: 0.1, k: 0.7, steps: stepCount };
  return fit(gestureNetwork(), { init, name: "float" }, { recordings, choices, rate: 2e-3, progress });
}

/**
 * Trains on with weights rounded to the 8 bits of the chip in every forward pass. Thresholds follow the scale of the
 * weights by themselves: in units of the integers they are θ/s, and s is fitted anew in every step.
 *
 * @returns a float network whose weights, quantized without clipping, are the integers of the last step
 */
export async function trainQuantized(
  network: NirGraph,
  recordings: Recordings,
  choices: TrainChoices,
  progress: (event: EpochEvent) => void = () => {},
): Promise<NirGraph> {
  const params = uniformParams.parse({ bits: 8, range: "narrow", clip: "absmax", axis: null });
  const nodes = Object.fromEntries(
    Object.keys(layers).map((name) => [name, { transforms: { weight: [fakeQuant(uniform, params)] } }]),
  );
  return fit(network, { nodes, name: "quantized" }, { recordings, choices, rate: 5e-4, progress });
}

interface Fit {
  readonly recordings: Recordings;
  readonly choices: TrainChoices;
  /** First learning rate; it falls to 0. */
  readonly rate: number;
  readonly progress: (event: EpochEvent) => void;
}

async function fit(
  network: NirGraph,
  options: Pick<BuildOptions, "init" | "nodes" | "name">,
  { recordings, choices: { epochs, seed, callbacks = [] }, rate, progress }: Fit,
): Promise<NirGraph> {
  await tf.setBackend("cpu");
  const model = await buildTrainable(network, {
    dt: stepSeconds,
    dialect: convention,
    surrogate: atan({ alpha: 2 }),
    trainable: { bias: false },
    seed,
    ...options,
  });
  const samples = (epoch: number): Dataset<Sample> =>
    datasetOf(recordings.labels.length, (index) =>
      cutSample(recordings, index, randomCut(philox(seed, `augment/${epoch}/${index}`))),
    );
  const trainer = new Trainer(model, {
    loss: spikeCountCrossEntropy(),
    optimizer: adam({ lr: rate }),
    schedule: cosine(),
    gradClip: { norm: 1 },
    metrics: [accuracy()],
    callbacks,
  });
  const data = trainData(samples, { batchSize: 32, seed, input: inputName });
  for await (const event of trainer.fit(data, { epochs })) if (event.kind === "epoch") progress(event);
  const trained = model.toNir({ apply: "none" });
  model.dispose();
  return trained;
}
