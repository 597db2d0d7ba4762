/** Lists of the events of rows, for kernels that go from event to event. */
import type { BlockMemory, Rows } from "./rows.ts";

/** Events of rows: those of row k are `index[start[k] … start[k + 1] − 1]`. All are addresses. */
export interface EventList {
  readonly start: number;
  readonly index: number;
  /** Room for what events carry; 0 where all carry 1. */
  readonly values: number;
  /** `values`, or 0 where the events at hand all carry 1. */
  value: number;
  /** Number of events in all rows. */
  count: number;
}

/** An empty list with room for full rows. */
export function makeList({ kernels }: BlockMemory, rows: number, size: number, graded: boolean): EventList {
  return {
    start: kernels.u32(rows + 1).ptr,
    index: kernels.u32(rows * size).ptr,
    values: graded ? kernels.f32(rows * size).ptr : 0,
    value: 0,
    count: 0,
  };
}

/** Fills a list with the non-zero values of `count` rows at an address; values that all are 1 are forgotten. */
export function listRows(
  memory: BlockMemory,
  list: EventList,
  { size }: Pick<Rows, "size">,
  from: number,
  count: number,
): void {
  list.count = memory.kernels.compactF32(count, size, from, list.start, list.index, list.values);
  list.value = list.values !== 0 && !allOnes(memory.f32(), list.values >>> 2, list.count) ? list.values : 0;
}

function allOnes(f32: Float32Array, from: number, count: number): boolean {
  for (let p = from; p < from + count; p++) if (f32[p] !== 1) return false;
  return true;
}
