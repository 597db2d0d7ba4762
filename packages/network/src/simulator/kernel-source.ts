/** Events of one port or population in the kernels' memory: the steps of a chunk and, before them, the past. */
import type { Block, Kernels } from "@nirkit/kernels";
import type { IntegerEvents } from "../input-events.ts";
import type { Layout } from "./layout.ts";

/** Rows of events: `history` steps of the past, then the steps of the chunk. */
export class KernelSource {
  readonly layout: Layout;
  readonly history: number;
  /** Row starts, one more than there are rows. */
  readonly start: Block<Uint32Array>;
  readonly index: Block<Uint32Array>;
  /** Values of the events; undefined for plain spikes. */
  readonly value: Block<Int32Array> | undefined;
  /** Events since counting began. */
  total = 0;

  constructor(
    kernels: Kernels,
    layout: Layout,
    history: number,
    { chunk, isGraded }: { readonly chunk: number; readonly isGraded: boolean },
  ) {
    this.layout = layout;
    this.history = history;
    const rows = history + chunk;
    this.start = kernels.u32(rows + 1);
    this.index = kernels.u32(rows * layout.size);
    this.value = isGraded ? kernels.i32(rows * layout.size) : undefined;
  }

  /** Forgets the past. */
  clear(): void {
    this.start.view.fill(0);
  }

  /** Address of the starts of the rows from `row` on, for events that are `delay` steps late. */
  startAt(row: number, delay: number): number {
    return this.start.ptr + 4 * (this.history + row - delay);
  }

  /** Events of a row of the chunk: from, to. */
  rowEnds(row: number, delay = 0): readonly [number, number] {
    const at = this.history + row - delay;
    const { view } = this.start;
    return [view[at] as number, view[at + 1] as number];
  }

  /** Adds the rows of an input. */
  fill(events: IntegerEvents, from: number, count: number): void {
    const start = this.start.view;
    const base = start[this.history] as number;
    const first = events.start[from] as number;
    const last = events.start[from + count] as number;
    const { fromNir } = this.layout;
    const index = this.index.view;
    if (fromNir === undefined) index.set(events.index.subarray(first, last), base);
    else
      for (let k = first; k < last; k++)
        index[base + k - first] = fromNir[events.index[k] as number] as number;
    this.value?.view.set(events.value.subarray(first, last), base);
    for (let t = 0; t < count; t++)
      start[this.history + t + 1] = base + (events.start[from + t + 1] as number) - first;
    this.total += last - first;
  }

  /** Where events of the rows from `row` on go: addresses of their starts, indices and values. */
  tail(row: number): { readonly start: number; readonly index: number; readonly value: number } {
    const at = this.history + row;
    const offset = 4 * (this.start.view[at] as number);
    return {
      start: this.start.ptr + 4 * at,
      index: this.index.ptr + offset,
      value: this.value === undefined ? 0 : this.value.ptr + offset,
    };
  }

  /** Turns starts that a kernel counted from 0 into starts behind the events that were there. */
  appended(row: number, rows: number, before: number): void {
    const start = this.start.view;
    const at = this.history + row;
    for (let k = 0; k <= rows; k++) start[at + k] = (start[at + k] as number) + before;
    this.total += (start[at + rows] as number) - before;
  }

  /** Adds one row given as one value per neuron, in the order of NIR. */
  appendValues(row: number, values: ArrayLike<number>): void {
    const at = this.history + row;
    const start = this.start.view;
    const index = this.index.view;
    const value = this.value?.view;
    const first = start[at] as number;
    let count = first;
    for (let i = 0; i < values.length; i++) {
      if (values[i] === 0) continue;
      index[count] = i;
      if (value !== undefined) value[count] = values[i] as number;
      count++;
    }
    start[at + 1] = count;
    this.total += count - first;
  }

  /** Keeps the last `history` rows of a chunk of `count` rows as the past of the next. */
  shift(count: number): void {
    const start = this.start.view;
    const from = start[count] as number;
    const to = start[count + this.history] as number;
    this.index.view.copyWithin(0, from, to);
    this.value?.view.copyWithin(0, from, to);
    for (let k = 0; k <= this.history; k++) start[k] = (start[count + k] as number) - from;
  }
}
