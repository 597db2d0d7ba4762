/** Coarser sensors and moved pictures, event by event. */
import { eventsError } from "../diagnostics.ts";
import { assertSize, type EventStream } from "../event-stream.ts";
import { keepEvents } from "./crop.ts";

/**
 * Events of a coarser sensor: a factor takes x to floor(x / f), a size takes x to floor(x * width / W). No event is
 * lost; `binEvents` does the same while counting.
 *
 * @throws E_TRANSFORM
 */
export function downsampleEvents(
  stream: EventStream,
  to: { readonly factor: number } | { readonly width: number; readonly height: number },
): EventStream {
  const size =
    "factor" in to
      ? { width: Math.ceil(stream.width / to.factor), height: Math.ceil(stream.height / to.factor) }
      : to;
  const bad = "factor" in to ? !(Number.isInteger(to.factor) && to.factor >= 1) : false;
  if (bad || size.width > stream.width || size.height > stream.height)
    throw eventsError("E_TRANSFORM", "downsample", {
      why: `From ${stream.width} x ${stream.height} to ${size.width} x ${size.height}`,
      hint: "Give a factor of at least 1, or a smaller size",
    });
  assertSize(size.width, size.height);
  const scaled = (column: Uint16Array, from: number, side: number): Uint16Array =>
    column.map((v) => ("factor" in to ? Math.floor(v / to.factor) : Math.floor((v * side) / from)));
  return {
    ...size,
    t: stream.t,
    x: scaled(stream.x, stream.width, size.width),
    y: scaled(stream.y, stream.height, size.height),
    p: stream.p,
  };
}

/** The picture moved by whole pixels; events that leave the sensor are dropped. */
export function shiftEvents(stream: EventStream, dx: number, dy: number): EventStream {
  const { width, height } = stream;
  const kept = keepEvents(stream, (i) => {
    const [x, y] = [(stream.x[i] as number) + dx, (stream.y[i] as number) + dy];
    return x >= 0 && x < width && y >= 0 && y < height;
  });
  return { ...kept, x: kept.x.map((x) => x + dx), y: kept.y.map((y) => y + dy) };
}
