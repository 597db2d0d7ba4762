/** Events and synaptic operations of one cell, counted chunk by chunk. */
import { type NodeActivity, sizeOf } from "@nirkit/graph";
import { isFiring } from "../tally.ts";
import type { Cell } from "./cell.ts";
import type { EventList } from "./event-list.ts";
import { type BlockMemory, firstOf, lastOf } from "./rows.ts";
import type { Wire } from "./wire.ts";

/** Counters of one node. */
export interface Counter {
  reset(): void;
  /** Counts the chunk of `count` steps that ran last. */
  count(count: number): void;
  activity(steps: number): NodeActivity;
  /** In the order of the file; undefined for nodes that do not fire. */
  activeSteps(): Uint32Array | undefined;
}

/** The same counts as those of the plain engine, from events where there are some. */
export function counterOf(memory: BlockMemory, { wire, input }: Cell): Counter {
  const { unit, events, rows } = wire;
  let [eventsIn, eventsOut, synapticOps] = [0, 0, 0];
  const active = isFiring(unit.type) ? new Uint32Array(rows.size) : undefined;
  const { fanOut } = unit.step;
  const each = fanOut === undefined ? undefined : fanOutOf(fanOut, input.rows.last);
  const taken = (count: number): number =>
    unit.type === "Input"
      ? put(memory, wire, count)
      : input.direct === undefined
        ? countNonZeros(memory.f32(), input.rows.ptr >>> 2, count * input.rows.size)
        : put(memory, input.direct, count);
  return {
    reset: () => {
      eventsIn = eventsOut = synapticOps = 0;
      active?.fill(0);
    },
    count: (count) => {
      const inEvents = taken(count);
      eventsIn += inEvents;
      eventsOut += put(memory, wire, count);
      if (each?.uniform !== undefined) synapticOps += inEvents * each.uniform;
      else if (each !== undefined)
        synapticOps += reached(memory, input.direct?.events, input.rows, count, each.byInput);
      if (active !== undefined && events !== undefined) mark(memory.u32(), events, active);
    },
    activity: (steps) => ({
      samples: 1,
      steps,
      neurons: sizeOf(unit.shape),
      eventsIn,
      eventsOut,
      synapticOps,
    }),
    activeSteps: () =>
      active === undefined
        ? undefined
        : rows.last === undefined
          ? active.slice()
          : firstOf(active, rows.last),
  };
}

/** Non-zero values that a wire carried. */
function put(memory: BlockMemory, { events, rows }: Wire, count: number): number {
  return events?.count ?? countNonZeros(memory.f32(), rows.ptr >>> 2, count * rows.size);
}

function countNonZeros(f32: Float32Array, from: number, length: number): number {
  let count = 0;
  for (let i = from; i < from + length; i++) count += f32[i] === 0 ? 0 : 1;
  return count;
}

function fanOutOf(
  fanOut: Int32Array,
  last: Wire["rows"]["last"],
): { readonly uniform: number | undefined; readonly byInput: Int32Array } {
  const [first] = fanOut;
  const uniform = fanOut.every((n) => n === first) ? (first ?? 0) : undefined;
  return { uniform, byInput: last === undefined ? fanOut : lastOf(fanOut, last) };
}

function reached(
  memory: BlockMemory,
  events: EventList | undefined,
  { ptr, size }: Wire["rows"],
  count: number,
  fanOut: Int32Array,
): number {
  let operations = 0;
  if (events !== undefined) {
    const u32 = memory.u32();
    const from = events.index >>> 2;
    for (let p = from; p < from + events.count; p++) operations += fanOut[u32[p] ?? 0] ?? 0;
    return operations;
  }
  const f32 = memory.f32();
  for (let row = 0, at = ptr >>> 2; row < count; row++)
    for (let i = 0; i < size; i++, at++) if (f32[at] !== 0) operations += fanOut[i] ?? 0;
  return operations;
}

function mark(u32: Uint32Array, { index, count }: EventList, active: Uint32Array): void {
  const from = index >>> 2;
  for (let p = from; p < from + count; p++) {
    const at = u32[p] ?? 0;
    active[at] = (active[at] ?? 0) + 1;
  }
}
