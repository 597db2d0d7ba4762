/** What a cell takes in: rows of one source, or the sum of several, with their events. */
import { type EventList, listRows, makeList } from "./event-list.ts";
import { type BlockMemory, makeRows, type Rows } from "./rows.ts";
import type { Source, Wire } from "./wire.ts";

/** Input rows of one cell. */
export interface InputRows {
  readonly rows: Rows;
  /** Brings rows k … k + count − 1 up to date. */
  prepare(k: number, count: number): void;
  /** Events of these rows, after `prepare`. `start` is that of row k. */
  events(k: number, count: number): EventList;
  /** The wire whose rows these are, of the same step. */
  readonly direct: Wire | undefined;
}

/** What a cell wants of its input. */
export interface InputWish {
  readonly size: number;
  /** It goes by events; rows only where they are asked for later. */
  readonly events: boolean;
}

/** @param sources in the order in which they are summed */
export function inputRows(memory: BlockMemory, sources: readonly Source[], wish: InputWish): InputRows {
  const parts = sources.map((source) => partOf(source));
  const [only, ...others] = parts;
  const [source] = sources;
  if (only === undefined || source === undefined) {
    const rows = makeRows(memory, wish.size);
    return withEvents(memory, { rows, prepare: () => {}, direct: undefined }, wish, false);
  }
  if (others.length === 0) {
    const shared = only.direct?.events;
    if (wish.events && shared !== undefined && !source.sameLoop)
      return { ...only, events: sharedEvents(shared) };
    source.wire.rowsWanted = true;
    return withEvents(memory, only, wish, source.sameLoop);
  }
  for (const { wire } of sources) wire.rowsWanted = true;
  return withEvents(
    memory,
    sumOf(memory, parts, wish),
    wish,
    sources.some(({ sameLoop }) => sameLoop),
  );
}

type Part = Omit<InputRows, "events">;

/** Rows of one source, of this step or the step before. */
function partOf({ wire, feedback }: Source): Part {
  const { rows } = wire;
  if (!feedback) return { rows, prepare: () => {}, direct: wire };
  return { rows: { ...rows, ptr: rows.ptr - 4 * rows.size }, prepare: () => {}, direct: undefined };
}

function sumOf(memory: BlockMemory, parts: readonly Part[], { size }: InputWish): Part {
  const rows = makeRows(memory, size);
  const [first, ...others] = parts;
  return {
    rows,
    direct: undefined,
    prepare: (k, count) => {
      for (const part of parts) part.prepare(k, count);
      const f32 = memory.f32();
      const to = (rows.ptr >>> 2) + k * size;
      const from = ((first?.rows.ptr ?? 0) >>> 2) + k * size;
      for (let i = 0; i < count * size; i++) f32[to + i] = f32[from + i] ?? 0;
      for (const other of others) add(f32, to, (other.rows.ptr >>> 2) + k * size, count * size);
    },
  };
}

function add(f32: Float32Array, to: number, from: number, length: number): void {
  for (let i = 0; i < length; i++) f32[to + i] = (f32[to + i] ?? 0) + (f32[from + i] ?? 0);
}

function sharedEvents(shared: EventList): InputRows["events"] {
  const seen: EventList = { ...shared };
  return (k) => {
    const list = seen as { start: number; value: number; count: number };
    list.start = shared.start + 4 * k;
    list.value = shared.value;
    list.count = shared.count;
    return seen;
  };
}

function withEvents(
  memory: BlockMemory,
  part: Part,
  { size, events }: InputWish,
  stepwise: boolean,
): InputRows {
  const list = makeList(memory, events ? (stepwise ? 1 : memory.chunk) : 0, size, true);
  return {
    ...part,
    events: (k, count) => {
      listRows(memory, list, part.rows, part.rows.ptr + 4 * k * size, count);
      return list;
    },
  };
}
