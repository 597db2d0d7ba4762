/** AEDAT 3.1: one source, polarity packets of at most 4096 events. */
import type { EventStream } from "../event-stream.ts";

const packetEvents = 4096;
const packetHeaderBytes = 28;
const eventBytes = 8;
const wrapUs = 2 ** 31;

/** The device name stands for the sensor's size: readers know it only by name. */
function header({ width, height }: EventStream): string {
  const device = width === 128 && height === 128 ? "DVS128" : `${width}x${height}`;
  return `#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: ${device}\r\n#!END-HEADER\r\n`;
}

/** The bytes of a stream that fits the format. A packet never spans a wrap of the 31-bit time. */
export function writeAedat3(stream: EventStream): Uint8Array {
  const head = new TextEncoder().encode(header(stream));
  const ends = packetEnds(stream.t);
  const bytes = new Uint8Array(head.length + ends.length * packetHeaderBytes + stream.t.length * eventBytes);
  bytes.set(head);
  const view = new DataView(bytes.buffer);
  let [at, from] = [head.length, 0];
  for (const end of ends) {
    at = writePacket(view, at, stream, from, end);
    from = end;
  }
  return bytes;
}

function packetEnds(t: Float64Array): readonly number[] {
  const ends: number[] = [];
  for (let from = 0; from < t.length; ) {
    const wraps = Math.floor((t[from] as number) / wrapUs);
    let end = from + 1;
    while (end < t.length && end - from < packetEvents && Math.floor((t[end] as number) / wrapUs) === wraps)
      end++;
    ends.push(end);
    from = end;
  }
  return ends;
}

function writePacket(view: DataView, start: number, stream: EventStream, from: number, end: number): number {
  const count = end - from;
  const wraps = Math.floor((stream.t[from] as number) / wrapUs);
  view.setInt16(start, 1, true);
  view.setInt16(start + 2, 1, true);
  [eventBytes, 4, wraps, count, count, count].forEach((word, k) => {
    view.setInt32(start + 4 + 4 * k, word, true);
  });
  let at = start + packetHeaderBytes;
  for (let i = from; i < end; i++, at += eventBytes) {
    const address =
      ((stream.x[i] as number) << 17) | ((stream.y[i] as number) << 2) | ((stream.p[i] as number) << 1) | 1;
    view.setUint32(at, address >>> 0, true);
    view.setInt32(at + 4, (stream.t[i] as number) - wraps * wrapUs, true);
  }
  return at;
}
