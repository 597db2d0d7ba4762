/** Events and synaptic operations of one cell, counted chunk by chunk. */
import { type NodeActivity, sizeOf } from "@nirkit/graph";
import { isFiring } from "../tally.ts";
import type { Cell } from "./cell.ts";
import type { EventList } from "./event-list.ts";
import type { BlockMemory } from "./rows.ts";
import type { Wire } from "./wire.ts";

/** Counters of one node. */
export interface Counter {
  reset(): void;
  /** Looks at what the node put out in the chunk of `count` steps that ran last; all nodes, before any of them counts. */
  look(count: number): void;
  /** Counts that chunk. */
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
  const each = fanOut === undefined ? undefined : fanOutOf(fanOut);
  const { direct } = input;
  const put = putBy(memory, wire);
  const takenIn = nonZerosOf(memory, input.rows);
  return {
    reset: () => {
      eventsIn = eventsOut = synapticOps = 0;
      active?.fill(0);
    },
    look: (count) => {
      wire.nonZeros = put(count);
    },
    count: (count) => {
      const counted = unit.type === "Input" ? wire : direct;
      const inEvents = counted === undefined ? takenIn(count) : counted.nonZeros;
      eventsIn += inEvents;
      eventsOut += wire.nonZeros;
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
    activeSteps: () => active?.slice(),
  };
}

/** Non-zero values that a wire carried in the chunk that ran last. */
function putBy(memory: BlockMemory, { events, rows }: Wire): (count: number) => number {
  return events === undefined ? nonZerosOf(memory, rows) : () => events.count;
}

/** Counts by compaction: the list is thrown away, the kernel is faster than a loop. */
function nonZerosOf(memory: BlockMemory, { ptr, size }: Wire["rows"]): (count: number) => number {
  const room = memory.scratch(4 * (memory.chunk + 1) * (size + 1) + 128);
  const index = room + 4 * (memory.chunk + 32);
  return (count) => memory.kernels.compactF32(count, size, ptr, room, index, 0);
}

function fanOutOf(fanOut: Int32Array): {
  readonly uniform: number | undefined;
  readonly byInput: Int32Array;
} {
  const [first] = fanOut;
  return { uniform: fanOut.every((n) => n === first) ? (first ?? 0) : undefined, byInput: fanOut };
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
