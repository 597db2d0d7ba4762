/** From the step and the cell of every event to compressed rows. */
import { type Events, type Shape, sizeOf } from "@nirkit/graph";
import { noCell } from "./pixel-cells.ts";
import { noStep, type TimeSteps } from "./time-steps.ts";

/** What a cell holds. */
export interface Counting {
  readonly accumulate?: "count" | "binary" | "signed";
  readonly clip?: number | undefined;
  /** Polarity of each event, where OFF counts -1. */
  readonly sign?: Uint8Array | undefined;
}

/** Cells of each event, of any shape. */
export interface Cells {
  readonly shape: Shape;
  readonly of: Uint32Array;
}

interface Rows {
  /** First event of each step in `order`. */
  readonly start: Uint32Array;
  /** Cell of each event, by step; the top bit is free. */
  readonly cells: Uint32Array;
  /** Sign bit of each event, where signs count. */
  readonly on: Uint8Array | undefined;
}

const int16Most = 32767;

/** Counts the events of each step and cell; `dropped` is the number that lies in none. */
export function accumulate(
  times: TimeSteps,
  cells: Cells,
  counting: Counting,
): Events & { readonly dropped: number } {
  const rows = byStep(times, cells, counting.sign);
  const index = new Uint32Array(rows.cells.length);
  const value = new Float64Array(rows.cells.length);
  const start = new Uint32Array(times.steps + 1);
  const scratch = new Scratch(sizeOf(cells.shape));
  let filled = 0;
  let plain = true;
  const limit = counting.accumulate === "binary" ? 1 : (counting.clip ?? Number.POSITIVE_INFINITY);
  for (let step = 0; step < times.steps; step++) {
    const [from, to] = [rows.start[step] as number, rows.start[step + 1] as number];
    const after = scratch.countInto(rows, from, to, index, value, filled);
    for (; filled < after; filled++) {
      const v = value[filled] as number;
      if (v > limit) value[filled] = limit;
      else if (v < -limit) value[filled] = -limit;
      if (value[filled] !== 1) plain = false;
    }
    start[step + 1] = filled;
  }
  const sparse = { steps: times.steps, shape: cells.shape, start, index: index.slice(0, filled) };
  const dropped = times.of.length - rows.cells.length;
  return plain ? { ...sparse, dropped } : { ...sparse, value: narrow(value.subarray(0, filled)), dropped };
}

function narrow(value: Float64Array): Int16Array | Float32Array {
  const fits = value.every((v) => v <= int16Most && v >= -int16Most);
  return fits ? Int16Array.from(value) : Float32Array.from(value);
}

/** Counting sort of the events by step. */
function byStep(times: TimeSteps, cells: Cells, sign: Uint8Array | undefined): Rows {
  const start = new Uint32Array(times.steps + 1);
  const { of } = times;
  let kept = 0;
  for (let i = 0; i < of.length; i++) {
    const step = of[i] as number;
    if (step === noStep || cells.of[i] === noCell) continue;
    start[step + 1] = (start[step + 1] as number) + 1;
    kept++;
  }
  for (let step = 0; step < times.steps; step++)
    start[step + 1] = (start[step + 1] as number) + (start[step] as number);
  const next = start.slice(0, times.steps);
  const sorted = new Uint32Array(kept);
  const on = sign === undefined ? undefined : new Uint8Array(kept);
  for (let i = 0; i < of.length; i++) {
    const step = of[i] as number;
    const cell = cells.of[i] as number;
    if (step === noStep || cell === noCell) continue;
    const to = next[step] as number;
    next[step] = to + 1;
    sorted[to] = cell;
    if (on !== undefined) on[to] = (sign as Uint8Array)[i] as number;
  }
  return { start, cells: sorted, on };
}

/** Counts the cells of one step: over a dense scratch when the step is full, by sorting when it is sparse. */
class Scratch {
  readonly #cells: number;
  #dense: Int32Array | undefined;

  constructor(cells: number) {
    this.#cells = cells;
  }

  /** Writes (index, value) pairs, ascending, from `at`; gives where they end. Cells that come to 0 are left out. */
  countInto(
    rows: Rows,
    from: number,
    to: number,
    index: Uint32Array,
    value: Float64Array,
    at: number,
  ): number {
    if (rows.on === undefined && (to - from) * 16 < this.#cells)
      return this.#sorted(rows, from, to, index, value, at);
    this.#dense ??= new Int32Array(this.#cells);
    const dense = this.#dense;
    for (let i = from; i < to; i++) {
      const cell = rows.cells[i] as number;
      dense[cell] = (dense[cell] as number) + (rows.on === undefined || rows.on[i] === 1 ? 1 : -1);
    }
    let filled = at;
    for (let cell = 0; cell < dense.length && to > from; cell++) {
      const count = dense[cell] as number;
      if (count === 0) continue;
      index[filled] = cell;
      value[filled++] = count;
      dense[cell] = 0;
    }
    return filled;
  }

  #sorted(rows: Rows, from: number, to: number, index: Uint32Array, value: Float64Array, at: number): number {
    const cells = rows.cells.subarray(from, to);
    sortCells(cells);
    let filled = at;
    for (let i = 0; i < cells.length; ) {
      const cell = cells[i] as number;
      let end = i + 1;
      while (end < cells.length && cells[end] === cell) end++;
      index[filled] = cell;
      value[filled++] = end - i;
      i = end;
    }
    return filled;
  }
}

/** Insertion for short runs, where a call into the engine costs more than the sorting. */
function sortCells(cells: Uint32Array): void {
  if (cells.length > 96) {
    cells.sort();
    return;
  }
  for (let i = 1; i < cells.length; i++) {
    const cell = cells[i] as number;
    let to = i;
    while (to > 0 && (cells[to - 1] as number) > cell) {
      cells[to] = cells[to - 1] as number;
      to--;
    }
    cells[to] = cell;
  }
}
