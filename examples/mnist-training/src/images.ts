/** Handwritten digits as spikes: what is shown to the network, and how it is shifted while training. */
import { type Dataset, datasetOf, encodePhase, type FileTree, readIdx } from "@nirkit/events";
import type { Sample } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

/** Images 28 × 28 with their digits. */
export interface Digits {
  readonly pixels: Uint8Array;
  readonly labels: Uint8Array;
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

/**
 * Digits as spikes of `steps` steps: each pixel adds its value to an accumulator of 255 in every step and spikes when it
 * is full, a rate code without chance. `shift` moves image k of an epoch by up to so many pixels.
 */
export function spikingDigits(
  { pixels, labels }: Digits,
  steps: number,
  shift?: { readonly pixels: number; readonly seed: number; readonly epoch: number },
): Dataset<Sample> {
  return datasetOf(labels.length, (k): Sample => {
    const image = pixels.subarray(k * side * side, (k + 1) * side * side);
    const data = shift === undefined ? image : shifted(image, shift, k);
    const events = encodePhase({ shape: [side * side], data }, steps, { level: 255, start: 127 });
    return { input: new Map([["input", events]]), label: labels[k] as number };
  });
}

function shifted(
  image: Uint8Array,
  { pixels, seed, epoch }: { readonly pixels: number; readonly seed: number; readonly epoch: number },
  k: number,
): Uint8Array {
  const random = philox(seed, `augment/${epoch}/${k}`);
  const [down, right] = [random.integer(2 * pixels + 1) - pixels, random.integer(2 * pixels + 1) - pixels];
  const moved = new Uint8Array(image.length);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const [fromY, fromX] = [y - down, x - right];
      if (fromY >= 0 && fromY < side && fromX >= 0 && fromX < side)
        moved[y * side + x] = image[fromY * side + fromX] as number;
    }
  return moved;
}
