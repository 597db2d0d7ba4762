/** Handwritten digits as input of a spiking network: what is shown, and how images are shifted while training. */
import { type Dataset, datasetOf, encodeDirect, encodePhase, type FileTree, readIdx } from "@nirkit/events";
import type { Events, Sample, Tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

/** Images 28 × 28 with their digits. */
export interface Digits {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * `phase`: a pixel adds its value to an accumulator of 255 in every step and spikes when it is full, a rate code
 * without chance. `direct`: the value between 0 and 1 is the input of every step.
 */
export type DigitCode = "phase" | "direct";

/** How images are shown. */
export interface ShowOptions {
  readonly steps: number;
  /** Default `phase`. */
  readonly code?: DigitCode;
  /** Moves image k of an epoch by up to so many pixels along each axis. */
  readonly shift?: { readonly pixels: number; readonly seed: number; readonly epoch: number };
}

const side = 28;

/** One part of MNIST from its idx files, packed or not. */
export async function readDigits(files: FileTree, part: "train" | "t10k"): Promise<Digits> {
  const paths = await files.list();
  const read = async (start: string): Promise<Uint8Array> => {
    const path = paths.find((candidate) => candidate.split("/").at(-1)?.startsWith(start));
    if (path === undefined) throw new Error(`${files.name} has no file ${start}…`);
    return (await readIdx(await files.read(path), path)).data as Uint8Array;
  };
  return { pixels: await read(`${part}-images`), labels: await read(`${part}-labels`) };
}

/** Images `from` to `to`, without the last. */
export function someDigits({ pixels, labels }: Digits, from: number, to: number): Digits {
  return { pixels: pixels.subarray(from * side * side, to * side * side), labels: labels.subarray(from, to) };
}

/** Images as samples of a network with the input `input` of 784. */
export function shownDigits(
  { pixels, labels }: Digits,
  { steps, code = "phase", shift }: ShowOptions,
): Dataset<Sample> {
  return datasetOf(labels.length, (k): Sample => {
    const image = pixels.subarray(k * side * side, (k + 1) * side * side);
    const input = encoded(shift === undefined ? image : shifted(image, shift, k), steps, code);
    return { input: new Map([["input", input]]), label: labels[k] as number };
  });
}

function encoded(image: Uint8Array, steps: number, code: DigitCode): Events | Tensor {
  const shape = [side * side];
  return code === "phase"
    ? encodePhase({ shape, data: image }, steps, { level: 255, start: 127 })
    : encodeDirect({ shape, data: Float32Array.from(image, (value) => value / 255) }, steps);
}

function shifted(image: Uint8Array, shift: NonNullable<ShowOptions["shift"]>, k: number): Uint8Array {
  const { pixels, seed, epoch } = shift;
  const random = philox(seed, `augment/${epoch}/${k}`);
  const [down, right] = [random.integer(2 * pixels + 1) - pixels, random.integer(2 * pixels + 1) - pixels];
  const moved = new Uint8Array(image.length);
  for (let y = Math.max(0, down); y < Math.min(side, side + down); y++)
    for (let x = Math.max(0, right); x < Math.min(side, side + right); x++)
      moved[y * side + x] = image[(y - down) * side + x - right] as number;
  return moved;
}
