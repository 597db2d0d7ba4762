/** Filters that take away events of chance. */
import type { EventStream } from "../event-stream.ts";
import { keepEvents } from "./crop.ts";

/**
 * Background activity filter: keeps an event when one of its eight neighbours had an event, of either polarity, within
 * the last `us` microseconds. Dropped events count as neighbours too.
 *
 * @param stream sorted
 * @see T. Delbruck, "Frame-free dynamic digital vision", 2008
 */
export function denoiseEvents(stream: EventStream, us: number): EventStream {
  const { width, height, t, x, y } = stream;
  // A rim of one pixel saves the tests at the border.
  const row = width + 2;
  const last = new Float64Array(row * (height + 2)).fill(Number.NEGATIVE_INFINITY);
  return keepEvents(stream, (i) => {
    const at = ((y[i] as number) + 1) * row + (x[i] as number) + 1;
    const since = (t[i] as number) - us;
    let supported = false;
    for (let line = at - row; line <= at + row; line += row)
      for (let place = line - 1; place <= line + 1; place++)
        if (place !== at && (last[place] as number) >= since) supported = true;
    last[at] = t[i] as number;
    return supported;
  });
}

/** Refractory filter: drops an event of a pixel less than `us` microseconds after the last one kept. */
export function refractoryEvents(stream: EventStream, us: number): EventStream {
  const last = new Float64Array(stream.width * stream.height).fill(Number.NEGATIVE_INFINITY);
  return keepEvents(stream, (i) => {
    const pixel = (stream.y[i] as number) * stream.width + (stream.x[i] as number);
    if ((stream.t[i] as number) - (last[pixel] as number) < us) return false;
    last[pixel] = stream.t[i] as number;
    return true;
  });
}
