/** A convolutional network for N-MNIST, and how it is trained. */
import type { EventDataset } from "@nirkit/events";
import { graph, type NirGraph, zeros } from "@nirkit/graph";
import type { Callback } from "@nirkit/train";
import { fitNetwork } from "./fit-network.ts";
import { shownRecordings } from "./nmnist-recordings.ts";

/** What the network is trained with; chosen on every ninth training recording, which is not trained on then. */
export const nmnistRecipe = {
  /** Steps of 30 ms. */
  steps: 10,
  channels: [16, 32],
  batchSize: 16,
  /** Every so many-th recording is for validation. */
  heldEvery: 9,
  epochs: 40,
  lr: 5e-3,
  warp: { scale: 0.1, shear: 0.2, shift: 2 },
  init: { density: 0.05, k: 0.7 },
} as const;

/** 2x34x34 – conv 16, 5 x 5, stride 2 – conv 32, 3 x 3, stride 2 – dense 10; time constants of 4 steps. */
export function nmnistNetwork(channels: readonly [number, number] = nmnistRecipe.channels): NirGraph {
  const [first, second] = channels;
  const lif = { tau: 4, r: 4, vThreshold: 1 };
  return graph()
    .input("input", [2, 34, 34])
    .conv2d("conv1", {
      weight: zeros("float32", [first, 2, 5, 5]),
      bias: zeros("float32", [first]),
      stride: 2,
      padding: 2,
    })
    .lif("lif1", lif)
    .conv2d("conv2", {
      weight: zeros("float32", [second, first, 3, 3]),
      bias: zeros("float32", [second]),
      stride: 2,
      padding: 1,
    })
    .lif("lif2", lif)
    .flatten("flat")
    .affine("fc", { weight: zeros("float32", [10, second * 81]), bias: zeros("float32", [10]) })
    .lif("lif3", lif)
    .output("output")
    .build();
}

/** One run. */
export interface NmnistRun {
  readonly train: EventDataset;
  /** Recordings that are measured after each epoch; none where absent. */
  readonly validation?: EventDataset;
  readonly seed: number;
  /** Default that of {@link nmnistRecipe}. */
  readonly epochs?: number;
  readonly callbacks?: readonly Callback[];
}

/** Trains; the same run gives the same weights. */
export function trainNmnist({
  train,
  validation,
  seed,
  epochs,
  callbacks = [],
}: NmnistRun): Promise<NirGraph> {
  const { steps, warp, batchSize, lr, init } = nmnistRecipe;
  return fitNetwork({
    network: nmnistNetwork(),
    samples: (epoch) => shownRecordings(train, steps, { warp, seed, epoch }),
    ...(validation === undefined ? {} : { validation: shownRecordings(validation, steps) }),
    epochs: epochs ?? nmnistRecipe.epochs,
    lr,
    batchSize,
    clip: 1,
    seed,
    init: { ...init, steps },
    callbacks,
  });
}
