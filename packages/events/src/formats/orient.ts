/** Turning and mirroring of a sensor, only where it was asked for. */
import type { EventStream } from "../event-stream.ts";

/** Which axes to exchange or mirror. */
export interface Orientation {
  readonly swapXY?: boolean;
  readonly flipX?: boolean;
  readonly flipY?: boolean;
  readonly invertPolarity?: boolean;
}

/** A stream with x and y exchanged, then mirrored; the columns that change are new arrays. */
export function orientEvents(stream: EventStream, orientation: Orientation): EventStream {
  const { swapXY = false, flipX = false, flipY = false, invertPolarity = false } = orientation;
  const [width, height] = swapXY ? [stream.height, stream.width] : [stream.width, stream.height];
  const [x, y] = swapXY ? [stream.y, stream.x] : [stream.x, stream.y];
  return {
    width,
    height,
    t: stream.t,
    x: flipX ? mirrored(x, width - 1) : x,
    y: flipY ? mirrored(y, height - 1) : y,
    p: invertPolarity ? stream.p.map((p) => 1 - p) : stream.p,
  };
}

function mirrored(column: Uint16Array, most: number): Uint16Array {
  const result = new Uint16Array(column.length);
  for (let i = 0; i < column.length; i++) result[i] = most - (column[i] as number);
  return result;
}
