/** The recent non-zero outputs of one source, so that delayed projections can read back. */
import type { Accumulator } from "./fan-out.ts";
import type { IntegerEvents } from "./input-events.ts";

/** Events of one step: the first `count` entries. Arrays grow with the events, so that a long silence takes no room. */
export interface StepEvents {
  index: Uint32Array;
  value: Float64Array;
  count: number;
}

const noIndex = new Uint32Array(0);
const noValue = new Float64Array(0);

/** A ring of the last `longestDelay + 1` steps. */
export class EventHistory {
  /** Events counted since it was last set to 0. */
  total = 0;
  readonly #rows: readonly StepEvents[];
  #next = 0;

  constructor(longestDelay: number) {
    this.#rows = Array.from({ length: longestDelay + 1 }, () => ({
      index: noIndex,
      value: noValue,
      count: 0,
    }));
  }

  /** Forgets all steps. */
  clear(): void {
    this.#next = 0;
    this.total = 0;
    for (const row of this.#rows) row.count = 0;
  }

  /** Adds step t of an input. */
  pushEvents(events: IntegerEvents, t: number): void {
    const from = events.start[t] as number;
    const to = events.start[t + 1] as number;
    const row = this.#take(to - from);
    row.index.set(events.index.subarray(from, to));
    row.value.set(events.value.subarray(from, to));
    row.count = to - from;
    this.total += row.count;
  }

  /** Adds a step given as one value per neuron. */
  pushValues(values: Accumulator): void {
    let count = 0;
    for (let i = 0; i < values.length; i++) if (values[i] !== 0) count++;
    const row = this.#take(count);
    for (let i = 0, k = 0; k < count; i++) {
      if (values[i] === 0) continue;
      row.index[k] = i;
      row.value[k++] = values[i] as number;
    }
    row.count = count;
    this.total += count;
  }

  /** The events of step t, which is at most `longestDelay` steps back. */
  step(t: number): StepEvents {
    return this.#rows[t % this.#rows.length] as StepEvents;
  }

  /** The next row, with room for some events. */
  #take(events: number): StepEvents {
    const row = this.#rows[this.#next++ % this.#rows.length] as StepEvents;
    if (row.index.length < events) {
      const room = Math.max(events, 2 * row.index.length);
      row.index = new Uint32Array(room);
      row.value = new Float64Array(room);
    }
    return row;
  }
}
