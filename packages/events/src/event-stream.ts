/** Events of a camera and spikes of a sensor line, as structs of arrays. */
import { eventsError } from "./diagnostics.ts";

/**
 * Events of a camera: one entry per event in each array, never an object per event.
 *
 * `t` in microseconds (integers below 2^53), `x` grows to the right, `y` downwards, `p` is 1 for ON (brighter) and 0
 * for OFF. A stream is sorted by `t` unless its reader reported otherwise ({@link sortEvents}).
 */
export interface EventStream {
  readonly width: number;
  readonly height: number;
  readonly t: Float64Array;
  readonly x: Uint16Array;
  readonly y: Uint16Array;
  readonly p: Uint8Array;
}

/** Spikes of audio or touch sensors: `t` in microseconds, `unit` of `0 … channels - 1`. */
export interface SpikeStream {
  readonly channels: number;
  readonly t: Float64Array;
  readonly unit: Uint16Array;
}

/** Largest width and height: a coordinate is 16 bits wide. */
const maxSide = 65536;

/**
 * An event stream from its columns, which are taken as they are, not copied.
 *
 * @throws E_EVENTS_COLUMNS for columns of unequal length; E_EVENTS_SIZE for a side outside 1 … 65536
 */
export function eventStream(
  width: number,
  height: number,
  columns: Pick<EventStream, "t" | "x" | "y" | "p">,
): EventStream {
  const { t, x, y, p } = columns;
  assertSize(width, height);
  if (x.length !== t.length || y.length !== t.length || p.length !== t.length)
    throw eventsError("E_EVENTS_COLUMNS", "", {
      why: `t, x, y, p have ${t.length}, ${x.length}, ${y.length} and ${p.length} entries`,
    });
  return { width, height, t, x, y, p };
}

/** @throws E_EVENTS_SIZE */
export function assertSize(width: number, height: number): void {
  const good = (side: number): boolean => Number.isInteger(side) && side >= 1 && side <= maxSide;
  if (!good(width) || !good(height)) throw eventsError("E_EVENTS_SIZE", "", { width, height });
}

/** Index of the first time that is smaller than the one before it, or -1 for a sorted stream. */
export function firstBackstep(t: Float64Array): number {
  for (let i = 1; i < t.length; i++) if ((t[i] as number) < (t[i - 1] as number)) return i;
  return -1;
}

/** The stream sorted by time; events of one time keep their order. The stream itself when it is sorted already. */
export function sortEvents(stream: EventStream): EventStream {
  if (firstBackstep(stream.t) < 0) return stream;
  const order = Uint32Array.from(stream.t, (_, i) => i);
  order.sort((a, b) => (stream.t[a] as number) - (stream.t[b] as number) || a - b);
  return takeEvents(stream, order);
}

/** The events at the given positions, in their order. */
export function takeEvents(stream: EventStream, positions: Uint32Array): EventStream {
  const n = positions.length;
  const t = new Float64Array(n);
  const x = new Uint16Array(n);
  const y = new Uint16Array(n);
  const p = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const from = positions[i] as number;
    t[i] = stream.t[from] as number;
    x[i] = stream.x[from] as number;
    y[i] = stream.y[from] as number;
    p[i] = stream.p[from] as number;
  }
  return { width: stream.width, height: stream.height, t, x, y, p };
}

/** The events from position `from` up to `to`, as views into the same arrays. */
export function sliceEvents(stream: EventStream, from: number, to: number): EventStream {
  const { width, height, t, x, y, p } = stream;
  return {
    width,
    height,
    t: t.subarray(from, to),
    x: x.subarray(from, to),
    y: y.subarray(from, to),
    p: p.subarray(from, to),
  };
}

/** Position of the first event of a sorted stream with `t >= time`; the number of events where there is none. */
export function lowerBound(t: Float64Array, time: number): number {
  let [low, high] = [0, t.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((t[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
