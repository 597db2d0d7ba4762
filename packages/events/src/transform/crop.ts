/** Parts of a recording: of its time, of its sensor. */
import { eventsError } from "../diagnostics.ts";
import { type EventStream, firstBackstep, lowerBound, sliceEvents, takeEvents } from "../event-stream.ts";

/**
 * The events of a sorted stream with from <= t < to, as views into it.
 *
 * @throws E_EVENTS_ORDER for a stream that is not sorted
 */
export function cropTime(stream: EventStream, from: number, to: number): EventStream {
  const back = firstBackstep(stream.t);
  if (back >= 0)
    throw eventsError("E_EVENTS_ORDER", "", {
      index: back,
      t: stream.t[back] as number,
      before: stream.t[back - 1] as number,
    });
  return sliceEvents(stream, lowerBound(stream.t, from), lowerBound(stream.t, Math.max(from, to)));
}

/** The stream with all times less `by` microseconds. */
export function shiftTime(stream: EventStream, by: number): EventStream {
  return { ...stream, t: stream.t.map((t) => t - by) };
}

/** A rectangle of pixels. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/**
 * The events inside a rectangle, counted from its corner; the sensor becomes as large as the rectangle.
 *
 * @throws E_TRANSFORM for a rectangle that reaches outside the sensor
 */
export function cropSpace(stream: EventStream, { x, y, width, height }: Rectangle): EventStream {
  const good = [x, y, width, height].every(Number.isInteger) && x >= 0 && y >= 0 && width > 0 && height > 0;
  if (!good || x + width > stream.width || y + height > stream.height)
    throw eventsError("E_TRANSFORM", "crop", {
      why: `${width} x ${height} from (${x}, ${y}) on a sensor of ${stream.width} x ${stream.height}`,
      hint: "The rectangle lies inside the sensor",
    });
  const kept = keepEvents(stream, (i) => {
    const [column, row] = [stream.x[i] as number, stream.y[i] as number];
    return column >= x && column < x + width && row >= y && row < y + height;
  });
  return { ...kept, width, height, x: kept.x.map((v) => v - x), y: kept.y.map((v) => v - y) };
}

/** The events that a test keeps, in their order. */
export function keepEvents(stream: EventStream, keep: (index: number) => boolean): EventStream {
  const positions = new Uint32Array(stream.t.length);
  let kept = 0;
  for (let i = 0; i < positions.length; i++) if (keep(i)) positions[kept++] = i;
  return takeEvents(stream, positions.subarray(0, kept));
}
