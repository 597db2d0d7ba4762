/** N-MNIST: digits that an event camera saw while it moved, in memory, and changed anew in every epoch. */
import {
  binnedDataset,
  type Dataset,
  datasetOf,
  type EventDataset,
  type EventStream,
  type FileTree,
  fixedDuration,
  type LabelledEvents,
  nmnistDataset,
} from "@nirkit/events";
import type { Sample } from "@nirkit/graph";
import { philox } from "@nirkit/integer";

const side = 34;
const recordedUs = 300_000;

/** How far a recording is changed: factors of 1 ± scale, slopes of ± shear, ± shift pixels, all along both axes. */
export interface Warp {
  readonly scale: number;
  readonly shear: number;
  readonly shift: number;
}

/** All recordings of a part, read once. */
export async function readRecordings(files: FileTree, part: "train" | "test"): Promise<EventDataset> {
  const dataset = await nmnistDataset(files, part);
  const items: LabelledEvents[] = [];
  for await (const item of dataset) items.push(item);
  return { ...dataset, ...datasetOf(items.length, (k) => items[k] as LabelledEvents) };
}

/** The recordings at some positions. */
export function someRecordings(dataset: EventDataset, positions: readonly number[]): EventDataset {
  return {
    ...dataset,
    ...datasetOf(positions.length, (k) => dataset.get(positions[k] as number)),
    labels: Int32Array.from(positions, (at) => dataset.labels[at] as number),
  };
}

/**
 * Recordings as `steps` frames of 2 × 34 × 34: a cell spikes in a step in which at least one event fell on it. With a
 * warp, recording k of an epoch is changed by the stream `augment/<epoch>/<k>` of the seed.
 */
export function shownRecordings(
  recordings: EventDataset,
  steps: number,
  change?: { readonly warp: Warp; readonly seed: number; readonly epoch: number },
): Dataset<Sample> {
  return binnedDataset(recordings, {
    name: "nmnist",
    bins: { by: fixedDuration(recordedUs / steps), steps, accumulate: "binary" },
    sensor: { width: side, height: side },
    ...(change === undefined
      ? {}
      : { change: (stream, k) => warped(stream, change.warp, [change.seed, change.epoch, k]) }),
  });
}

/** An affine map about the middle of the picture; events that leave the sensor are gone. */
function warped(
  stream: EventStream,
  { scale, shear, shift }: Warp,
  [seed, epoch, index]: readonly [seed: number, epoch: number, index: number],
): EventStream {
  const random = philox(seed, `augment/${epoch}/${index}`);
  const within = (most: number): number => most * (2 * random.uniform() - 1);
  const [scaleX, scaleY, shearX, shearY] = [
    1 + within(scale),
    1 + within(scale),
    within(shear),
    within(shear),
  ];
  const [moveX, moveY] = [within(shift), within(shift)];
  const middle = (side - 1) / 2;
  const kept: { t: number[]; x: number[]; y: number[]; p: number[] } = { t: [], x: [], y: [], p: [] };
  for (let i = 0; i < stream.t.length; i++) {
    const [a, b] = [(stream.x[i] as number) - middle, (stream.y[i] as number) - middle];
    const x = Math.floor(middle + scaleX * a + shearX * b + moveX + 0.5);
    const y = Math.floor(middle + scaleY * b + shearY * a + moveY + 0.5);
    if (x < 0 || x >= side || y < 0 || y >= side) continue;
    kept.t.push(stream.t[i] as number);
    kept.x.push(x);
    kept.y.push(y);
    kept.p.push(stream.p[i] as number);
  }
  return {
    width: side,
    height: side,
    t: Float64Array.from(kept.t),
    x: Uint16Array.from(kept.x),
    y: Uint16Array.from(kept.y),
    p: Uint8Array.from(kept.p),
  };
}
