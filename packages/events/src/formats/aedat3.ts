/** AEDAT 3.0 and 3.1 (cAER): ASCII header, then little-endian packets. DVS128 Gesture is distributed in it. */
import { eventsDiagnostic, eventsError } from "../diagnostics.ts";
import { headerValue, readAsciiHeader } from "./ascii-header.ts";
import { findChip } from "./chips.ts";
import type { Decode, Decoding } from "./decoding.ts";

const packetHeaderBytes = 28;
const polarity = 1;
const kinds = ["special", "polarity", "frame", "imu6", "imu9", "sample", "ear", "config"];

const form = { mark: "#", isEnd: (line: string) => line.startsWith("#!END-HEADER") } as const;

interface Packet {
  readonly type: number;
  readonly eventBytes: number;
  readonly timeOffset: number;
  readonly wraps: number;
  readonly capacity: number;
  readonly number: number;
}

/** Decoder of AEDAT 3. Packets of other types are skipped by their length and counted. */
export function aedat3Decoder(decoding: Decoding): Decode {
  let inData = false;
  return (bytes, last) => {
    let at = 0;
    if (!inData) {
      const header = readAsciiHeader(decoding, bytes, last, form);
      if (header === undefined) return 0;
      takeHeader(decoding, header.lines, header.end);
      inData = true;
      at = header.end;
    }
    for (;;) {
      const used = decodePacket(decoding, bytes, at, last);
      if (used === 0) return at;
      at += used;
    }
  };
}

function takeHeader(decoding: Decoding, lines: readonly string[], end: number): void {
  const header = { lines, end };
  const format = headerValue(header, /^#Format: *(.*)$/);
  if (format?.includes("SerializedTS") === true)
    throw eventsError("E_EVENTS_HEADER", decoding.at(0), {
      why: `its packets are packed (${format})`,
      hint: "Write it again with format RAW",
    });
  const device = headerValue(header, /^#Source \d+: *(\S+)/);
  const chip = findChip(device ?? "");
  if (chip !== undefined) decoding.setSize(chip.width, chip.height);
  decoding.header = {
    version: /^#!AER-DAT([0-9.]+)/.exec(lines[0] ?? "")?.[1] ?? "3",
    lines: lines.length,
    bytes: end,
    ...(device === undefined ? {} : { chip: device }),
  };
}

/** Bytes of the packet at `at`, or 0 when it is not whole and more may come, or nothing is left. */
function decodePacket(decoding: Decoding, bytes: Uint8Array, at: number, last: boolean): number {
  const left = bytes.length - at;
  if (left === 0) return 0;
  if (left < packetHeaderBytes) {
    if (last) decoding.truncated("A packet header", at, left, packetHeaderBytes);
    return last ? left : 0;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, left);
  const packet = readPacket(view);
  assertPacket(decoding, packet, at);
  const body = bodyBytes(decoding, packet, view, at, last);
  if (body === undefined) return 0;
  const whole = packetHeaderBytes + body;
  const present = Math.min(whole, left);
  if (present < whole && !last) return 0;
  const events = Math.min(packet.number, Math.floor((present - packetHeaderBytes) / packet.eventBytes));
  if (present < whole)
    decoding.truncated(
      "A packet",
      at,
      present,
      whole,
      present - packetHeaderBytes - events * packet.eventBytes,
    );
  if (packet.type === polarity) decodePolarity(decoding, view, packet, events, at);
  decoding.count(kinds[packet.type] ?? `type ${packet.type}`);
  return present;
}

function readPacket(view: DataView): Packet {
  return {
    type: view.getInt16(0, true),
    eventBytes: view.getInt32(4, true),
    timeOffset: view.getInt32(8, true),
    wraps: view.getInt32(12, true),
    capacity: view.getInt32(16, true),
    number: view.getInt32(20, true),
  };
}

function assertPacket(decoding: Decoding, packet: Packet, at: number): void {
  const { type, eventBytes, timeOffset, wraps, number, capacity } = packet;
  const refuse = (why: string): Error => eventsError("E_EVENTS_PACKET", decoding.at(at), { why });
  if (type < 0) throw refuse(`its type is ${type}`);
  if (eventBytes <= 0 || number < 0 || capacity < number)
    throw refuse(`it claims ${number} events of ${eventBytes} bytes in room for ${capacity}`);
  if (wraps < 0 || wraps > 2 ** 21) throw refuse(`its time claims ${wraps} wraps of 2^31 us`);
  if (type === polarity && (eventBytes < 8 || timeOffset < 4 || timeOffset > eventBytes - 4))
    throw refuse(`its events have ${eventBytes} bytes with the time at ${timeOffset}`);
  if (number * eventBytes > decoding.maxPacketBytes)
    throw eventsError("E_EVENTS_LIMIT", decoding.at(at), {
      what: "bytes in one packet",
      found: number * eventBytes,
      limit: decoding.maxPacketBytes,
    });
}

/**
 * The number of events gives the length of a packet. Some writers pad to the capacity: where the file is only
 * consistent with that, it is taken, with a warning. Undefined when more bytes are needed to tell.
 */
function bodyBytes(
  decoding: Decoding,
  packet: Packet,
  view: DataView,
  at: number,
  last: boolean,
): number | undefined {
  const tight = packet.number * packet.eventBytes;
  const loose = packet.capacity * packet.eventBytes;
  if (tight === loose || loose > decoding.maxPacketBytes) return tight;
  if (!last && view.byteLength < 2 * packetHeaderBytes + loose) return undefined;
  if (startsPacket(view, packetHeaderBytes + tight) || !startsPacket(view, packetHeaderBytes + loose))
    return tight;
  const { number, capacity } = packet;
  decoding.diagnostics.push(eventsDiagnostic("W_EVENTS_CAPACITY", decoding.at(at), { number, capacity }));
  return loose;
}

/** True at the end of the file and where the bytes look like the header of a packet. */
function startsPacket(view: DataView, at: number): boolean {
  if (at === view.byteLength) return true;
  if (at + packetHeaderBytes > view.byteLength) return false;
  const packet = readPacket(new DataView(view.buffer, view.byteOffset + at, packetHeaderBytes));
  const { type, eventBytes, timeOffset, wraps, capacity, number } = packet;
  const shaped = type >= 0 && type < 64 && eventBytes > 0 && timeOffset >= 0 && timeOffset < eventBytes;
  return shaped && wraps >= 0 && number > 0 && capacity >= number;
}

function decodePolarity(
  decoding: Decoding,
  view: DataView,
  packet: Packet,
  events: number,
  offset: number,
): void {
  const { columns, xEnd, yEnd } = decoding;
  columns.reserve(events);
  const { t, x, y, p } = columns;
  let n = columns.length;
  const base = packet.wraps * 2 ** 31;
  for (let i = 0, at = packetHeaderBytes; i < events; i++, at += packet.eventBytes) {
    const word = view.getUint32(at, true);
    if ((word & 1) === 0) {
      decoding.invalidEvents++;
      continue;
    }
    const xi = word >>> 17;
    const yi = (word >>> 2) & 0x7fff;
    if (xi >= xEnd || yi >= yEnd) {
      columns.length = n;
      decoding.outside(xi, yi, offset + at);
      continue;
    }
    t[n] = base + view.getInt32(at + packet.timeOffset, true);
    x[n] = xi;
    y[n] = yi;
    p[n++] = (word >>> 1) & 1;
  }
  columns.length = n;
}
