/** The recent non-zero outputs of one source, so that delayed projections can read back. */
import type { Accumulator } from "./fan-out.ts";
import type { IntegerEvents } from "./input-events.ts";

/** Events of one step: the first `count` entries. */
export interface StepEvents {
  readonly index: Uint32Array;
  readonly value: Float64Array;
  count: number;
}

/** A ring of the last `longestDelay + 1` steps. */
export class EventHistory {
  /** Events counted since it was last set to 0. */
  total = 0;
  readonly #rows: readonly StepEvents[];
  #next = 0;

  constructor(size: number, longestDelay: number) {
    this.#rows = Array.from({ length: longestDelay + 1 }, () => ({
      index: new Uint32Array(size),
      value: new Float64Array(size),
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
    const row = this.#take();
    const from = events.start[t] as number;
    const to = events.start[t + 1] as number;
    row.index.set(events.index.subarray(from, to));
    row.value.set(events.value.subarray(from, to));
    row.count = to - from;
    this.total += row.count;
  }

  /** Adds a step given as one value per neuron. */
  pushValues(values: Accumulator): void {
    const row = this.#take();
    let count = 0;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      row.index[count] = i;
      row.value[count] = values[i] as number;
      count++;
    }
    row.count = count;
    this.total += count;
  }

  /** The events of step t, which is at most `longestDelay` steps back. */
  step(t: number): StepEvents {
    return this.#rows[t % this.#rows.length] as StepEvents;
  }

  #take(): StepEvents {
    return this.#rows[this.#next++ % this.#rows.length] as StepEvents;
  }
}
