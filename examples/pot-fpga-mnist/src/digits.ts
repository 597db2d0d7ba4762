/** Handwritten digits as values that are held: what the network sees, and how images are moved while it learns. */
import { type Dataset, encodeDirect, mapDataset, mnistDataset, type SampleDataset } from "@nirkit/events";
import { folderFiles } from "@nirkit/events/node";
import type { Sample, Tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

/** Steps that an image is shown for. */
export const steps = 8;

const side = 28;

/** Training and test images: pixels from 0 to 1, the same in every step. */
export interface Digits {
  readonly train: SampleDataset;
  readonly test: SampleDataset;
}

/** Reads the four idx files of MNIST in a folder, packed or not. */
export async function readDigits(folder: string): Promise<Digits> {
  const files = await folderFiles(folder);
  const options = { code: "direct", steps, flatten: true } as const;
  const train = await mnistDataset(files, { ...options, part: "train" });
  return { train, test: await mnistDataset(files, { ...options, part: "test" }) };
}

/** Every image moved by up to a pixel along each axis, another way in each epoch. */
export function movedDigits(digits: Dataset<Sample>, seed: number, epoch: number): Dataset<Sample> {
  return mapDataset(digits, (sample, k): Sample => {
    const random = philox(seed, `moves/${epoch}/${k}`);
    const [down, right] = [random.integer(3) - 1, random.integer(3) - 1];
    const held = sample.input.get("input") as Tensor;
    const data = moved(held.data as Float32Array, down, right);
    return { ...sample, input: new Map([["input", encodeDirect({ shape: [side * side], data }, steps)]]) };
  });
}

/** The first step of held pixels, moved; what comes in at an edge is 0. */
function moved(pixels: Float32Array, down: number, right: number): Float32Array {
  const result = new Float32Array(side * side);
  for (let y = Math.max(0, down); y < Math.min(side, side + down); y++)
    for (let x = Math.max(0, right); x < Math.min(side, side + right); x++)
      result[y * side + x] = pixels[(y - down) * side + x - right] as number;
  return result;
}
