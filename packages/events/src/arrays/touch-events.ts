/** ST-MNIST: touches of a 10 x 10 sensor, one MATLAB matrix per sample. */
import { eventsError } from "../diagnostics.ts";
import { type EventStream, eventStream } from "../event-stream.ts";
import { readMat } from "./mat.ts";

const side = 10;
const taxels = side * side;

/**
 * Reads `spiketrain`, 101 x N. Rows 0 … 99 hold -1, 0 or 1 of a taxel, row 100 the time in seconds. Event j: x is
 * taxel modulo 10, y is floor(taxel / 10), times are floored to microseconds.
 *
 * @throws E_MAT_VARIABLE, E_EVENTS_COLUMNS, E_EVENTS_TIME, and as readMat
 */
export function readTouchEvents(bytes: Uint8Array, path = ""): EventStream {
  const variables = readMat(bytes, { path });
  const found = variables.get("spiketrain");
  if (found?.kind !== "numbers")
    throw eventsError("E_MAT_VARIABLE", path, { name: "spiketrain", found: [...variables.keys()] });
  const { shape, data } = found.value;
  const [rows, count = 0] = shape;
  if (shape.length !== 2 || rows !== taxels + 1)
    throw eventsError("E_EVENTS_COLUMNS", path, {
      why: `spiketrain is ${shape.join(" x ")}, not ${taxels + 1} x N`,
    });
  const at = (row: number, event: number): number => Number(data[row * count + event]);
  const t = new Float64Array(count);
  const [x, y, p] = [new Uint16Array(count), new Uint16Array(count), new Uint8Array(count)];
  for (let event = 0; event < count; event++) {
    let taxel = -1;
    for (let row = 0; row < taxels; row++) {
      if (at(row, event) === 0) continue;
      if (taxel >= 0 || Math.abs(at(row, event)) !== 1)
        throw eventsError("E_EVENTS_COLUMNS", `${path}:spiketrain[${row}, ${event}]`, {
          why: "a column holds one -1 or 1 and zeros",
        });
      taxel = row;
    }
    // Half a nanosecond of room: 0.2 s is not quite 200000 us in binary.
    const time = Math.floor(at(taxels, event) * 1e6 + 5e-4);
    if (taxel < 0 || !Number.isSafeInteger(time))
      throw eventsError("E_EVENTS_TIME", path, { index: event, t: time, why: "no taxel, or no time" });
    t[event] = time;
    x[event] = taxel % side;
    y[event] = Math.floor(taxel / side);
    p[event] = at(taxel, event) > 0 ? 1 : 0;
  }
  return eventStream(side, side, { t, x, y, p });
}
