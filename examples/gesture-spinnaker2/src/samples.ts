/** Samples of the network, cut from recordings: which part of the time, moved by how many cells. */
import type { Sample } from "@nirkit/graph";
import { frameBytes, frameCount, frameShape, type Recordings } from "./recordings.ts";

/** Steps of a sample. */
export const stepCount = 20;
/** Frames of a step: 50 ms. */
export const framesPerStep = 5;
/** Length of a step in seconds, the `dt` of the network. */
export const stepSeconds = 0.05;
/** Frames before the sample of a test, so that training samples start earlier and later. */
export const testOffset = 10;

/** Name of the input node that samples feed. */
export const inputName = "input";

/** Where a sample is cut. */
export interface Cut {
  /** First frame, 0 … 20. */
  readonly offset: number;
  /** Cells that the picture is moved to the right and downwards; what leaves the frame is gone. */
  readonly dx: number;
  readonly dy: number;
}

const centered: Cut = { offset: testOffset, dx: 0, dy: 0 };
const [, height, width] = frameShape;

/**
 * Spikes of one sample, 0 or 1 per cell and step: a cell spikes in a step in which it is set in any of the frames.
 * SpiNNaker2 takes at most one spike per input and step.
 */
export function cutSample(recordings: Recordings, index: number, cut: Cut = centered): Sample {
  const start = new Uint32Array(stepCount + 1);
  const cells: number[] = [];
  for (let step = 0; step < stepCount; step++) {
    const first = (index * frameCount + cut.offset + step * framesPerStep) * frameBytes;
    for (let byte = 0; byte < frameBytes; byte++) {
      let set = 0;
      for (let frame = 0; frame < framesPerStep; frame++)
        set |= recordings.bits[first + frame * frameBytes + byte] ?? 0;
      for (let bit = 0; set >> bit > 0; bit++) if ((set >> bit) & 1) cells.push(byte * 8 + bit);
    }
    start[step + 1] = cells.length;
  }
  const events =
    cut.dx === 0 && cut.dy === 0 ? { start, index: Uint32Array.from(cells) } : moved(start, cells, cut);
  const input = { steps: stepCount, shape: frameShape, ...events };
  return { input: new Map([[inputName, input]]), label: recordings.labels[index] ?? 0 };
}

/** Moving keeps the order of cells. */
function moved(
  start: Uint32Array,
  cells: readonly number[],
  { dx, dy }: Cut,
): { readonly start: Uint32Array; readonly index: Uint32Array } {
  const kept: number[] = [];
  const ends = new Uint32Array(start.length);
  for (let step = 0; step + 1 < start.length; step++) {
    for (let k = start[step] ?? 0; k < (start[step + 1] ?? 0); k++) {
      const cell = cells[k] ?? 0;
      const x = (cell % width) + dx;
      const y = (Math.floor(cell / width) % height) + dy;
      if (x >= 0 && x < width && y >= 0 && y < height) kept.push(cell + dy * width + dx);
    }
    ends[step + 1] = kept.length;
  }
  return { start: ends, index: Uint32Array.from(kept) };
}

/** All recordings as samples, cut in the middle. */
export function testSamples(recordings: Recordings): readonly Sample[] {
  return Array.from(recordings.labels, (_, index) => cutSample(recordings, index));
}

/** The same samples with empty steps at the end, in which spikes still travel through the chip. */
export function withTail({ input, label }: Sample, steps: number): Sample {
  const longer = new Map(
    [...input].map(([name, signal]) => {
      if (!("start" in signal)) throw new TypeError("Samples of this example are events");
      const start = new Uint32Array(signal.steps + steps + 1).fill(signal.index.length);
      start.set(signal.start);
      return [name, { ...signal, steps: signal.steps + steps, start }] as const;
    }),
  );
  return { input: longer, ...(label === undefined ? {} : { label }) };
}
