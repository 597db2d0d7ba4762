/** Recordings of one user as frames of bits: what the example caches, and what samples are cut from. */
import {
  binEvents,
  cropTime,
  type EventDataset,
  type EventStream,
  fixedDuration,
  shiftTime,
} from "@nirkit/events";

/** Length of a frame: short enough that a sample may start between two steps of the network. */
export const frameUs = 10_000;
/** Frames of a recording: 1.2 s. */
export const frameCount = 120;
const recordingUs = frameCount * frameUs;
/** Cells of a frame: OFF and ON on 32 x 32, each of 4 x 4 pixels. */
export const frameShape: readonly [number, number, number] = [2, 32, 32];
/** Bytes of a frame, one bit per cell, least significant bit first. */
export const frameBytes = 256;

/** Recordings of the same length, cell `(c, y, x)` of frame f of recording n in bit `c·1024 + y·32 + x`. */
export interface Recordings {
  readonly labels: Int32Array;
  /** `[recordings, frames, 256]` */
  readonly bits: Uint8Array;
}

/** Frames of one stream: a cell is set where at least one event fell; a shorter stream ends in empty frames. */
export function frameBits(stream: EventStream): Uint8Array {
  const binned = binEvents(stream, {
    by: fixedDuration(frameUs),
    steps: frameCount,
    downsample: { factor: 4 },
    accumulate: "binary",
  });
  const bits = new Uint8Array(frameCount * frameBytes);
  for (let f = 0; f < frameCount; f++)
    for (let p = binned.start[f] ?? 0; p < (binned.start[f + 1] ?? 0); p++) {
      const cell = binned.index[p] ?? 0;
      const at = f * frameBytes + (cell >> 3);
      bits[at] = (bits[at] ?? 0) | (1 << (cell & 7));
    }
  return bits;
}

/**
 * All recordings of a data set, in its order. Longer ones are cut into parts of 1.2 s, each with the label of the whole;
 * what is left at their end is not used.
 */
export async function recordingsOf(dataset: EventDataset): Promise<Recordings> {
  const parts: Recordings[] = [];
  for await (const { stream, label } of dataset) {
    const lastUs = stream.t.at(-1) ?? 0;
    const count = Math.max(1, Math.floor((lastUs + 1) / recordingUs));
    for (let k = 0; k < count; k++) {
      const from = k * recordingUs;
      const part = shiftTime(cropTime(stream, from, from + recordingUs), from);
      parts.push({ labels: Int32Array.of(label), bits: frameBits(part) });
    }
  }
  return joinRecordings(parts);
}

/** Recordings one after the other. */
export function joinRecordings(parts: readonly Recordings[]): Recordings {
  const count = parts.reduce((sum, { labels }) => sum + labels.length, 0);
  const labels = new Int32Array(count);
  const bits = new Uint8Array(count * frameCount * frameBytes);
  let n = 0;
  for (const part of parts) {
    labels.set(part.labels, n);
    bits.set(part.bits, n * frameCount * frameBytes);
    n += part.labels.length;
  }
  return { labels, bits };
}
