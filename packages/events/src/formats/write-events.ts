/** Writers of event files; what a format cannot hold is refused, never wrapped. */
import { writeNpz } from "@nirkit/npy";
import { eventsError } from "../diagnostics.ts";
import { type EventStream, firstBackstep } from "../event-stream.ts";
import { writeAedat3 } from "./write-aedat3.ts";
import { writeDat, writeEvt2 } from "./write-prophesee.ts";
import { writeRecords } from "./write-records.ts";

/** Formats that are written. */
export type WritableFormat = "nmnist" | "aedat3" | "dat" | "evt2" | "npy" | "npz" | "csv";

/** Largest values that the fields of a format hold. */
interface Ranges {
  readonly t: number;
  readonly x: number;
  readonly y: number;
}

const ranges: Readonly<Record<WritableFormat, Ranges>> = {
  // A y of 240 is the mark of a time overflow.
  nmnist: { t: 2 ** 23 - 1, x: 255, y: 239 },
  aedat3: { t: 2 ** 53 - 1, x: 32767, y: 32767 },
  dat: { t: 2 ** 32 - 1, x: 16383, y: 16383 },
  evt2: { t: 2 ** 34 - 1, x: 2047, y: 2047 },
  npy: { t: 2 ** 53 - 1, x: 65535, y: 65535 },
  npz: { t: 2 ** 53 - 1, x: 65535, y: 65535 },
  csv: { t: 2 ** 53 - 1, x: 65535, y: 65535 },
};

const writers: Readonly<Record<WritableFormat, (stream: EventStream) => Uint8Array>> = {
  nmnist: writeNmnist,
  aedat3: writeAedat3,
  dat: writeDat,
  evt2: writeEvt2,
  npy: writeRecords,
  npz: writeFields,
  csv: writeCsv,
};

/**
 * Writes a sorted stream; reading the file gives the same events. The same stream gives the same bytes.
 *
 * @throws E_EVENTS_ORDER for a stream that is not sorted; E_EVENTS_TIME for times that are no integers from 0 on;
 * E_EVENTS_OUTSIDE for events outside the sensor; E_EVENTS_RANGE for what the fields of the format cannot hold
 * @see events.md section 16
 */
export function writeEvents(stream: EventStream, format: WritableFormat): Uint8Array {
  assertWritable(stream, format);
  return writers[format](stream);
}

function assertWritable({ t, x, y, width, height }: EventStream, format: WritableFormat): void {
  const most = ranges[format];
  const back = firstBackstep(t);
  if (back >= 0)
    throw eventsError("E_EVENTS_ORDER", "", {
      index: back,
      t: t[back] as number,
      before: t[back - 1] as number,
    });
  const range = (what: keyof Ranges, value: number, index: number): void => {
    if (value > most[what])
      throw eventsError("E_EVENTS_RANGE", "", { format, what, value, limit: most[what], index });
  };
  for (let i = 0; i < t.length; i++) {
    const [time, column, row] = [t[i] as number, x[i] as number, y[i] as number];
    if (!(Number.isSafeInteger(time) && time >= 0))
      throw eventsError("E_EVENTS_TIME", "", { index: i, t: time, why: "it is no integer from 0 on" });
    if (column >= width || row >= height)
      throw eventsError("E_EVENTS_OUTSIDE", "", { index: i, x: column, y: row, width, height });
    range("t", time, i);
    range("x", column, i);
    range("y", row, i);
  }
}

function writeNmnist({ t, x, y, p }: EventStream): Uint8Array {
  const bytes = new Uint8Array(t.length * 5);
  for (let i = 0, at = 0; i < t.length; i++, at += 5) {
    const time = t[i] as number;
    bytes[at] = x[i] as number;
    bytes[at + 1] = y[i] as number;
    bytes[at + 2] = ((p[i] as number) << 7) | (time >>> 16);
    bytes[at + 3] = time >>> 8;
    bytes[at + 4] = time;
  }
  return bytes;
}

function writeFields({ t, x, y, p }: EventStream): Uint8Array {
  const shape = [t.length];
  return writeNpz(
    new Map([
      ["t", { dtype: "int64", shape, data: BigInt64Array.from(t, BigInt) }],
      ["x", { dtype: "uint16", shape, data: x }],
      ["y", { dtype: "uint16", shape, data: y }],
      ["p", { dtype: "uint8", shape, data: p }],
    ]),
  );
}

function writeCsv({ t, x, y, p }: EventStream): Uint8Array {
  const lines = ["t,x,y,p"];
  for (let i = 0; i < t.length; i++) lines.push(`${t[i]},${x[i]},${y[i]},${p[i]}`);
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}
