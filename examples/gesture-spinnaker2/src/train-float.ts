/** Training of the float network on the kernels of `@nirkit/train`. */
import "@tensorflow/tfjs-backend-cpu";
import { datasetOf } from "@nirkit/events";
import type { NirGraph } from "@nirkit/graph";
import { philox, type Random } from "@nirkit/integer";
import {
  accuracy,
  adam,
  atan,
  buildTrainable,
  cosine,
  type EpochEvent,
  spikeCountCrossEntropy,
  Trainer,
  trainData,
} from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import { convention } from "./float-network.ts";
import { gestureNetwork } from "./gesture-network.ts";
import { frameCount, type Recordings } from "./recordings.ts";
import { type Cut, cutSample, framesPerStep, inputName, stepCount, stepSeconds } from "./samples.ts";

/** How long, and from which start. */
export interface TrainChoices {
  readonly epochs: number;
  readonly seed: number;
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
  { epochs, seed }: TrainChoices,
  progress: (event: EpochEvent) => void = () => {},
): Promise<NirGraph> {
  await tf.setBackend("cpu");
  const model = await buildTrainable(gestureNetwork(), {
    dt: stepSeconds,
    dialect: convention,
    surrogate: atan({ alpha: 2 }),
    trainable: { bias: false },
    init: { density: 0.1, k: 0.7, steps: stepCount },
    seed,
  });
  const samples = (epoch: number) =>
    datasetOf(recordings.labels.length, (index) =>
      cutSample(recordings, index, randomCut(philox(seed, `augment/${epoch}/${index}`))),
    );
  const trainer = new Trainer(model, {
    loss: spikeCountCrossEntropy(),
    optimizer: adam({ lr: 2e-3 }),
    schedule: cosine(),
    gradClip: { norm: 1 },
    metrics: [accuracy()],
  });
  const data = trainData(samples, { batchSize: 32, seed, input: inputName });
  for await (const event of trainer.fit(data, { epochs })) if (event.kind === "epoch") progress(event);
  const trained = model.toNir();
  model.dispose();
  return trained;
}
