/** Handwritten digits of 8 × 8 pixels: a convolutional network that is small enough for every chip. */
import { type Dataset, datasetOf, encodePhase, type FileTree } from "@nirkit/events";
import { graph, type NirGraph, type Sample, zeros } from "@nirkit/graph";
import { readNpz } from "@nirkit/npy";
import type { Callback } from "@nirkit/train";
import { type FewLevels, fitNetwork } from "./fit-network.ts";

/** Images 8 × 8 of values 0 to 16, with their digits. */
export interface SmallDigits {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/** What the network is trained with; chosen on the last 157 training images. */
export const smallDigitRecipe = {
  steps: 8,
  channels: [16, 32],
  batchSize: 32,
  /** Images at the end of the training file that are for validation. */
  held: 157,
  epochs: 25,
  lr: 5e-3,
} as const;

const side = 8;

/** `digits_train.npz` or `digits_test.npz`: members `pixels` `[N, 64]` and `label` `[N]` of bytes. */
export async function readSmallDigits(files: FileTree, part: "train" | "test"): Promise<SmallDigits> {
  const name = `digits_${part}.npz`;
  const arrays = await readNpz(await files.read(name));
  const [pixels, label] = [arrays.get("pixels"), arrays.get("label")];
  if (
    pixels?.dtype !== "uint8" ||
    label?.dtype !== "uint8" ||
    pixels.shape.join() !== `${label.data.length},${side * side}`
  )
    throw new Error(`${files.name}/${name} has no pixels [N, 64] and label [N] of bytes`);
  return { pixels: pixels.data as Uint8Array, labels: label.data as Uint8Array };
}

/** Images `from` to `to`, without the last. */
export function someSmallDigits({ pixels, labels }: SmallDigits, from: number, to: number): SmallDigits {
  return { pixels: pixels.subarray(from * side * side, to * side * side), labels: labels.subarray(from, to) };
}

/** Images as spikes: a pixel adds its value to an accumulator of 16 in every step and spikes when it is full. */
export function shownSmallDigits(
  { pixels, labels }: SmallDigits,
  steps: number = smallDigitRecipe.steps,
): Dataset<Sample> {
  return datasetOf(labels.length, (k): Sample => {
    const data = pixels.subarray(k * side * side, (k + 1) * side * side);
    const input = encodePhase({ shape: [1, side, side], data }, steps);
    return { input: new Map([["input", input]]), label: labels[k] as number };
  });
}

/** 1x8x8 – conv 16 – sum pool – conv 32 – sum pool – dense 10, leaky neurons with a time constant of 5 steps. */
export function smallDigitNetwork(channels: readonly [number, number] = smallDigitRecipe.channels): NirGraph {
  const [first, second] = channels;
  const lif = { tau: 5, r: 5, vThreshold: 1 };
  const dense = second * (side / 4) ** 2;
  return graph()
    .input("input", [1, side, side])
    .conv2d("conv1", {
      weight: zeros("float32", [first, 1, 3, 3]),
      bias: zeros("float32", [first]),
      padding: 1,
    })
    .lif("lif1", lif)
    .sumPool2d("pool1", { kernelSize: 2, stride: 2 })
    .conv2d("conv2", {
      weight: zeros("float32", [second, first, 3, 3]),
      bias: zeros("float32", [second]),
      padding: 1,
    })
    .lif("lif2", lif)
    .sumPool2d("pool2", { kernelSize: 2, stride: 2 })
    .flatten("flat")
    .affine("fc", { weight: zeros("float32", [10, dense]), bias: zeros("float32", [10]) })
    .lif("lif3", lif)
    .output("output")
    .build();
}

/** One run. */
export interface SmallDigitRun {
  readonly train: SmallDigits;
  readonly validation: SmallDigits;
  readonly seed: number;
  /** Default that of {@link smallDigitRecipe}. */
  readonly epochs?: number;
  /** Default that of {@link smallDigitRecipe}. */
  readonly lr?: number;
  /** Network to go on with; a new one when absent. */
  readonly from?: NirGraph;
  /** Weights of few levels while training. */
  readonly levels?: FewLevels;
  readonly callbacks?: readonly Callback[];
}

/** Trains; the same run gives the same weights. */
export function trainSmallDigits(run: SmallDigitRun): Promise<NirGraph> {
  const { train, validation, from, ...rest } = run;
  const { batchSize, steps, epochs, lr } = smallDigitRecipe;
  return fitNetwork({
    epochs,
    lr,
    ...rest,
    network: from ?? smallDigitNetwork(),
    samples: () => shownSmallDigits(train),
    validation: shownSmallDigits(validation),
    batchSize,
    clip: 1,
    temperature: 2,
    ...(from === undefined ? { init: { density: 0.3, steps } } : {}),
  });
}
