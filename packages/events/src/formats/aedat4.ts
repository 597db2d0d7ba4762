/** AEDAT 4 (iniVation DV): a FlatBuffers header, then packets that are compressed one by one. */
import { eventsError } from "../diagnostics.ts";
import { type Aedat4Stream, readStreams } from "./aedat4-streams.ts";
import type { Decode, Decoding } from "./decoding.ts";
import { FlatTable } from "./flat-buffer.ts";
import { UnpackError, unpackLz4Frame } from "./lz4.ts";
import { unpackZstdFrame } from "./zstd.ts";

const versionBytes = 14;
const maxHeaderBytes = 2 ** 24;
const eventBytes = 16;
const two32 = 2 ** 32;

interface Header {
  readonly compression: number;
  /** Where the packets end. */
  readonly dataEnd: number;
  readonly streams: readonly Aedat4Stream[];
  readonly streamId: number;
  readonly end: number;
}

/** Decoder of AEDAT 4. Packets of other streams are counted, not unpacked; the packet index is not needed. */
export function aedat4Decoder(decoding: Decoding): Decode {
  let header: Header | undefined;
  return (bytes, last) => {
    let at = 0;
    if (header === undefined) {
      header = readHeader(decoding, bytes, last);
      if (header === undefined) return 0;
      at = header.end;
    }
    for (;;) {
      const used = decodePacket(decoding, header, bytes, at, last);
      if (used === 0) return at;
      at += used;
    }
  };
}

function readHeader(decoding: Decoding, bytes: Uint8Array, last: boolean): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < versionBytes + 4 ? 0 : view.getUint32(versionBytes, true);
  if (length > maxHeaderBytes)
    throw eventsError("E_EVENTS_HEADER", decoding.at(versionBytes), { why: `it claims ${length} bytes` });
  const end = versionBytes + 4 + length;
  if (bytes.length < end) {
    if (!last) return undefined;
    throw eventsError("E_EVENTS_TRUNCATED", decoding.at(0), {
      what: "The header",
      found: bytes.length,
      expected: end,
    });
  }
  const fields = tableIn(decoding, view, { start: versionBytes + 4, length, identifier: "IOHE" }, (root) => ({
    compression: root.int32(0, 0),
    position: root.int64(1, -1),
    streams: readStreams(root.text(2)),
  }));
  const { compression, position, streams } = fields;
  if (compression < 0 || compression > 4)
    throw eventsError("E_EVENTS_HEADER", decoding.at(versionBytes + 4), {
      why: `compression ${compression}`,
    });
  const chosen = chooseStream(decoding, streams);
  decoding.header = {
    version: "4.0",
    bytes: end,
    streams: new Map(streams.map(({ id, type }) => [id, type])),
    streamId: chosen.id,
  };
  const dataEnd = position < end ? Number.POSITIVE_INFINITY : position;
  return { compression, dataEnd, streams, streamId: chosen.id, end };
}

/** The lowest event stream, or the one that was asked for. */
function chooseStream(decoding: Decoding, streams: readonly Aedat4Stream[]): Aedat4Stream {
  const known = streams.filter(({ type }) => type === "EVTS").sort((a, b) => a.id - b.id);
  const { streamId } = decoding.options;
  const chosen = streamId === undefined ? known[0] : known.find(({ id }) => id === streamId);
  if (chosen === undefined)
    throw eventsError("E_EVENTS_STREAM", decoding.at(0), {
      id: streamId ?? 0,
      known: known.map(({ id }) => id),
    });
  decoding.setSize(chosen.width, chosen.height);
  if (decoding.width === 0 || decoding.height === 0)
    throw eventsError("E_EVENTS_SIZE_UNKNOWN", decoding.at(0), { format: "aedat4" });
  return chosen;
}

/** Bytes used by the packet at `at`; 0 when more have to come or none are left. */
function decodePacket(
  decoding: Decoding,
  header: Header,
  bytes: Uint8Array,
  at: number,
  last: boolean,
): number {
  const left = bytes.length - at;
  if (left === 0) return 0;
  // Behind the packets stands an index, which is not needed.
  if (decoding.position + at >= header.dataEnd) return left;
  if (left < 8) {
    if (last) decoding.truncated("A packet header", at, left, 8);
    return last ? left : 0;
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, left);
  const [id, size] = [view.getInt32(0, true), view.getInt32(4, true)];
  if (size < 0) throw eventsError("E_EVENTS_PACKET", decoding.at(at), { why: `it claims ${size} bytes` });
  if (size > decoding.maxPacketBytes)
    throw eventsError("E_EVENTS_LIMIT", decoding.at(at), {
      what: "bytes in one packet",
      found: size,
      limit: decoding.maxPacketBytes,
    });
  if (left < 8 + size) {
    if (last) decoding.truncated("A packet", at, left, 8 + size);
    return last ? left : 0;
  }
  const type = header.streams.find((stream) => stream.id === id)?.type;
  if (type === undefined)
    throw eventsError("E_EVENTS_PACKET", decoding.at(at), {
      why: `it is of stream ${id}, which is not declared`,
    });
  decoding.count(type);
  if (id === header.streamId) {
    const content = unpackPacket(decoding, header.compression, bytes.subarray(at + 8, at + 8 + size), at);
    decodeEvents(decoding, content, at);
  }
  return 8 + size;
}

function unpackPacket(decoding: Decoding, compression: number, packed: Uint8Array, at: number): Uint8Array {
  if (compression === 0) return packed;
  const codec = compression < 3 ? "LZ4" : "Zstandard";
  try {
    const unpack = compression < 3 ? unpackLz4Frame : unpackZstdFrame;
    return unpack(packed, decoding.maxPacketBytes);
  } catch (error) {
    if (!(error instanceof UnpackError)) throw error;
    throw eventsError("E_EVENTS_COMPRESSED", decoding.at(at), { codec, why: error.message });
  }
}

function decodeEvents(decoding: Decoding, content: Uint8Array, at: number): void {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength);
  const place = { start: 4, length: content.length - 4, identifier: "EVTS", offset: at };
  const { count, start } = tableIn(decoding, view, place, (root) => root.vector(0, eventBytes));
  const { columns, xEnd, yEnd } = decoding;
  columns.reserve(count);
  const { t, x, y, p } = columns;
  let n = columns.length;
  for (let i = 0, from = start; i < count; i++, from += eventBytes) {
    const xi = view.getInt16(from + 8, true);
    const yi = view.getInt16(from + 10, true);
    // Negative coordinates become large when taken as unsigned.
    if (xi >>> 0 >= xEnd || yi >>> 0 >= yEnd) {
      columns.length = n;
      decoding.outside(xi, yi, at);
      continue;
    }
    const time = view.getInt32(from + 4, true) * two32 + view.getUint32(from, true);
    if (!Number.isSafeInteger(time))
      throw eventsError("E_EVENTS_TIME", decoding.at(at), {
        index: decoding.handedOut + n,
        t: time,
        why: "it is beyond 2^53",
      });
    t[n] = time;
    x[n] = xi;
    y[n] = yi;
    p[n++] = view.getUint8(from + 12) === 0 ? 0 : 1;
  }
  columns.length = n;
}

interface TablePlace {
  readonly start: number;
  readonly length: number;
  readonly identifier: string;
  /** Where the packet stands in the file. */
  readonly offset?: number;
}

/** Reads the root table at `start`; a position outside the buffer is a damaged file. */
function tableIn<T>(
  decoding: Decoding,
  view: DataView,
  { start, length, identifier, offset = start }: TablePlace,
  read: (root: FlatTable) => T,
): T {
  const damaged = (why: string): Error => eventsError("E_EVENTS_PACKET", decoding.at(offset), { why });
  if (length < 8) throw damaged(`${length} bytes are no table`);
  const mark = [4, 5, 6, 7].map((k) => String.fromCharCode(view.getUint8(start + k))).join("");
  if (mark !== identifier) throw damaged(`it is marked ${JSON.stringify(mark)}, not ${identifier}`);
  try {
    return read(FlatTable.root(view, start));
  } catch (error) {
    if (error instanceof RangeError) throw damaged("its table points outside itself");
    throw error;
  }
}
