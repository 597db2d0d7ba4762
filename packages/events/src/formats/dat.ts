/** Prophesee DAT: ASCII header, two bytes of type and size, little-endian records of 8 bytes. */
import { eventsError } from "../diagnostics.ts";
import { headerValue, readAsciiHeader } from "./ascii-header.ts";
import type { Decode, Decoding } from "./decoding.ts";

const recordBytes = 8;
/** Generic 2D and contrast detection events share one layout. */
const eventTypes = [0x00, 0x0c];
const wrapUs = 2 ** 32;

const form = { mark: "%", isEnd: (line: string) => /^% *end$/i.test(line) } as const;

/** Bit positions of x, y and polarity. */
interface Fields {
  readonly yShift: number;
  readonly pShift: number;
  readonly xMask: number;
  readonly yMask: number;
}
const version1: Fields = { yShift: 9, pShift: 17, xMask: 0x1ff, yMask: 0xff };
const version2: Fields = { yShift: 14, pShift: 28, xMask: 0x3fff, yMask: 0x3fff };

/** Decoder of DAT. A file without any header line (version 0) is read only when the format was named. */
export function datDecoder(decoding: Decoding): Decode {
  let records: Decode | undefined;
  return (bytes, last) => {
    if (records !== undefined) return records(bytes, last);
    const header = readAsciiHeader(decoding, bytes, last, form);
    if (header === undefined || (header.lines.length > 0 && !last && bytes.length < header.end + 2)) return 0;
    const version = headerValue(header, /^% *Version +(\d+)/i) ?? (header.lines.length === 0 ? "0" : "1");
    const start = header.lines.length === 0 ? 0 : header.end + 2;
    if (start > 0) assertType(decoding, bytes, header.end);
    decoding.header = { version, lines: header.lines.length, bytes: start };
    const width = Number(headerValue(header, /^% *Width +(\d{1,6})/i) ?? 0);
    const height = Number(headerValue(header, /^% *Height +(\d{1,6})/i) ?? 0);
    if (width > 0 && height > 0) decoding.setSize(width, height);
    records = recordDecoder(decoding, Number(version) >= 2 ? version2 : version1);
    decoding.position += start;
    const used = records(bytes.subarray(start), last);
    decoding.position -= start;
    return start + used;
  };
}

function assertType(decoding: Decoding, bytes: Uint8Array, at: number): void {
  const [type, size] = [bytes[at], bytes[at + 1]];
  if (type === undefined || size === undefined)
    throw eventsError("E_EVENTS_TRUNCATED", decoding.at(at), {
      what: "The type and size of events",
      found: bytes.length - at,
      expected: 2,
    });
  if (!eventTypes.includes(type) || size !== recordBytes)
    throw eventsError("E_EVENTS_HEADER", decoding.at(at), {
      why: `events of type ${type} and ${size} bytes`,
      hint: "Read are types 0 and 12 of 8 bytes",
    });
}

function recordDecoder(decoding: Decoding, fields: Fields): Decode {
  const { yShift, pShift, xMask, yMask } = fields;
  const clock = { loops: 0, before: 0 };
  return (bytes, last) => {
    let { loops, before } = clock;
    const { columns, xEnd, yEnd } = decoding;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const count = Math.floor(bytes.length / recordBytes);
    columns.reserve(count);
    const { t, x, y, p } = columns;
    let n = columns.length;
    for (let i = 0, at = 0; i < count; i++, at += recordBytes) {
      const time = view.getUint32(at, true);
      const word = view.getUint32(at + 4, true);
      if (before - time > 2 ** 31) loops++;
      before = time;
      const xi = word & xMask;
      const yi = (word >>> yShift) & yMask;
      if (xi >= xEnd || yi >= yEnd) {
        columns.length = n;
        decoding.outside(xi, yi, at);
        continue;
      }
      t[n] = time + loops * wrapUs;
      x[n] = xi;
      y[n] = yi;
      p[n++] = ((word >>> pShift) & 0xf) === 0 ? 0 : 1;
    }
    columns.length = n;
    clock.loops = loops;
    clock.before = before;
    const used = count * recordBytes;
    if (!last || used === bytes.length) return used;
    decoding.truncated("A record", used, bytes.length - used, recordBytes);
    return bytes.length;
  };
}
