/** Streams for tests. */
import { type EventStream, eventStream } from "@nirkit/events";
import * as fc from "fast-check";

/** A stream from rows [t, x, y, p]. */
export function streamOf(
  width: number,
  height: number,
  rows: readonly (readonly [t: number, x: number, y: number, p: number])[],
): EventStream {
  return eventStream(width, height, {
    t: Float64Array.from(rows, ([t]) => t),
    x: Uint16Array.from(rows, ([, x]) => x),
    y: Uint16Array.from(rows, ([, , y]) => y),
    p: Uint8Array.from(rows, ([, , , p]) => p),
  });
}

/** Sorted streams on a sensor, with times of 0 … maxT. */
export function streams(options: {
  readonly width: number;
  readonly height: number;
  readonly maxT: number;
  readonly maxLength?: number;
}): fc.Arbitrary<EventStream> {
  const { width, height, maxT, maxLength = 200 } = options;
  const row = fc.tuple(
    fc.nat({ max: maxT }),
    fc.nat({ max: width - 1 }),
    fc.nat({ max: height - 1 }),
    fc.nat({ max: 1 }),
  );
  return fc.array(row, { maxLength }).map((rows) =>
    streamOf(
      width,
      height,
      [...rows].sort((a, b) => a[0] - b[0]),
    ),
  );
}

/** Runs of a property: 100 in a normal run, many in a deep one. */
export const runs: number = process.env.NIRKIT_DEEP === "1" ? 10_000 : 100;
