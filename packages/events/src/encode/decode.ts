/** From spikes back to values. */
import { type Events, sizeOf } from "@nirkit/graph";

/** Spikes of each cell over all steps. */
export function countSpikes(events: Events): Float64Array {
  const counts = new Float64Array(sizeOf(events.shape));
  events.index.forEach((cell, e) => {
    counts[cell] = (counts[cell] as number) + (events.value?.[e] ?? 1);
  });
  return counts;
}

/** Rate of each cell: spikes per step. */
export function decodeRate(events: Events): Float64Array {
  return countSpikes(events).map((count) => count / events.steps);
}

/** Step of the first spike of each cell, -1 where there is none. */
export function firstSpikes(events: Events): Int32Array {
  const first = new Int32Array(sizeOf(events.shape)).fill(-1);
  for (let step = events.steps - 1; step >= 0; step--)
    for (let e = events.start[step] as number; e < (events.start[step + 1] as number); e++)
      first[events.index[e] as number] = step;
  return first;
}

/** Values of a linear latency code: 1 - step / (steps - 1), 0 without a spike. */
export function decodeLatency(events: Events): Float64Array {
  const last = Math.max(1, events.steps - 1);
  return Float64Array.from(firstSpikes(events), (step) => (step < 0 ? 0 : 1 - step / last));
}

/**
 * The signal that a delta code follows: [T, ...shape], off by less than one threshold at every step.
 *
 * @param start values at step 0
 */
export function decodeDelta(events: Events, threshold: number, start: ArrayLike<number>): Float64Array {
  const size = sizeOf(events.shape) / 2;
  const signal = new Float64Array(events.steps * size);
  for (let i = 0; i < size; i++) signal[i] = start[i] as number;
  for (let step = 1; step < events.steps; step++) {
    signal.copyWithin(step * size, (step - 1) * size, step * size);
    for (let e = events.start[step] as number; e < (events.start[step + 1] as number); e++) {
      const cell = events.index[e] as number;
      const moved = (events.value?.[e] ?? 1) * threshold;
      const at = step * size + (cell % size);
      signal[at] = (signal[at] as number) + (cell < size ? -moved : moved);
    }
  }
  return signal;
}
