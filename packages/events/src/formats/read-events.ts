/** Reading of event files, whole or piece by piece. */
import type { Diagnostic } from "@nirkit/graph";
import { eventsDiagnostic, eventsError } from "../diagnostics.ts";
import { type EventStream, firstBackstep } from "../event-stream.ts";
import { startDecoder, unknownFormat } from "./decoders.ts";
import {
  type Decode,
  Decoding,
  type EventFileHeader,
  type EventFormat,
  type ImuWords,
  type ReadEventsOptions,
} from "./decoding.ts";
import { detectFormat } from "./detect-format.ts";
import { orientEvents } from "./orient.ts";

/** What a reading left out or met besides events. */
export interface ReadReport {
  /** False when a time is smaller than the one before it. */
  readonly monotonic: boolean;
  /** Bytes at the end that make no whole record; only a lenient reading has any. */
  readonly trailingBytes: number;
  /** Events that the file marks as invalid. */
  readonly invalidEvents: number;
  /** Events outside the sensor, left out by a lenient reading. */
  readonly outsideEvents: number;
  /** Events ahead of the first time or row mark. */
  readonly droppedBeforeSync: number;
  /** Packets or words by type, those with events included. */
  readonly counts: ReadonlyMap<string, number>;
}

/** An event file as read. */
export interface EventRecording {
  readonly format: EventFormat;
  readonly header: EventFileHeader;
  readonly stream: EventStream;
  readonly report: ReadReport;
  /** Warnings; what is wrong is thrown. */
  readonly diagnostics: readonly Diagnostic[];
  readonly imu?: ImuWords;
}

/**
 * Reads a whole event file. Nothing is sorted, mirrored or left out unless the options ask for it.
 *
 * @param bytes the file; not kept
 * @throws NirkitError with `E_EVENTS_…`, `E_NUMPY` or `E_CSV`, located as `path@byte`
 * @example readEvents(Uint8Array.of(0x12, 0x10, 0x80, 0x03, 0x7d)).stream // t 893, x 18, y 16, p 1
 * @see events.md sections 2 to 8
 */
export function readEvents(bytes: Uint8Array, options: ReadEventsOptions = {}): EventRecording {
  const format = options.format ?? detectFormat(bytes);
  if (format === undefined) throw unknownFormat(bytes, options.path ?? "");
  const decoding = new Decoding(options);
  const decode = startDecoder(format, decoding);
  decode(bytes, true);
  takeExtent(decoding, format);
  const back = new Backsteps(decoding);
  const stream = handOut(decoding, back);
  const { header, diagnostics, imu } = decoding;
  const recording = { format, header, stream, report: reportOf(decoding, back), diagnostics };
  return imu === undefined ? recording : { ...recording, imu };
}

/**
 * Reads an event file piece by piece: each piece of bytes gives the events that are whole by then. Only what is cut
 * by a piece's end is kept.
 *
 * @param source the file's bytes in pieces of any size
 * @returns streams whose concatenation is the stream of {@link readEvents}; the generator's return value is the report
 * @throws as readEvents, and E_EVENTS_SIZE_UNKNOWN where neither file nor options say how large the sensor is
 */
export async function* streamEvents(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: ReadEventsOptions = {},
): AsyncGenerator<EventStream, Omit<EventRecording, "stream">> {
  const pieces = new Pieces();
  const decoding = new Decoding(options);
  const back = new Backsteps(decoding);
  let decode: Decode | undefined;
  let { format } = options;
  for await (const piece of source) {
    pieces.append(piece);
    if (decode === undefined) {
      format ??= pieces.bytes.length < formatBytes ? undefined : detectFormat(pieces.bytes);
      if (format === undefined) continue;
      decode = startDecoder(format, decoding);
    }
    pieces.drop(advance(decoding, decode, pieces.bytes, false));
    if (decoding.columns.length > 0) yield handOut(decoding, back, format);
  }
  format ??= detectFormat(pieces.bytes);
  if (format === undefined) throw unknownFormat(pieces.bytes, options.path ?? "");
  decode ??= startDecoder(format, decoding);
  advance(decoding, decode, pieces.bytes, true);
  if (decoding.columns.length > 0) yield handOut(decoding, back, format);
  const { header, diagnostics, imu } = decoding;
  const rest = { format, header, report: reportOf(decoding, back), diagnostics };
  return imu === undefined ? rest : { ...rest, imu };
}

/** Bytes that a header's mark and a few lines take; less is only looked at when nothing follows. */
const formatBytes = 4096;

function advance(decoding: Decoding, decode: Decode, bytes: Uint8Array, last: boolean): number {
  const used = decode(bytes, last);
  decoding.position += used;
  return used;
}

/** Bytes not consumed yet, in a buffer that doubles: a file that is read in one piece is copied twice at most. */
class Pieces {
  #buffer: Uint8Array = new Uint8Array(0);
  #from = 0;
  #to = 0;

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#from, this.#to);
  }

  append(piece: Uint8Array): void {
    const length = this.#to - this.#from;
    if (this.#to + piece.length > this.#buffer.length) {
      const size = length + piece.length;
      const larger = size * 2 > this.#buffer.length ? new Uint8Array(size * 2) : this.#buffer;
      larger.set(this.bytes);
      this.#buffer = larger;
      [this.#from, this.#to] = [0, length];
    }
    this.#buffer.set(piece, this.#to);
    this.#to += piece.length;
  }

  drop(used: number): void {
    this.#from += used;
  }
}

/** Watches that times do not go back, over pieces too. */
class Backsteps {
  monotonic = true;
  #before = Number.NEGATIVE_INFINITY;
  readonly #decoding: Decoding;

  constructor(decoding: Decoding) {
    this.#decoding = decoding;
  }

  look(t: Float64Array): void {
    const first = t[0];
    if (first === undefined || !this.monotonic) return;
    const index = first < this.#before ? 0 : firstBackstep(t);
    const ahead = index <= 0 ? this.#before : (t[index - 1] as number);
    this.#before = t.at(-1) as number;
    if (index < 0) return;
    this.monotonic = false;
    const { options, handedOut, diagnostics } = this.#decoding;
    const detail = { index: handedOut + index, t: t[index] as number, before: ahead };
    if (options.order === "require") throw eventsError("E_EVENTS_ORDER", options.path ?? "", detail);
    diagnostics.push(eventsDiagnostic("W_EVENTS_ORDER", options.path ?? "", detail));
  }
}

function handOut(decoding: Decoding, back: Backsteps, format?: EventFormat): EventStream {
  if (decoding.width === 0 || decoding.height === 0)
    throw eventsError("E_EVENTS_SIZE_UNKNOWN", decoding.options.path ?? "", { format: format ?? "" });
  const stream = decoding.columns.take(decoding.width, decoding.height);
  back.look(stream.t);
  decoding.handedOut += stream.t.length;
  const { swapXY, flipX, flipY, invertPolarity } = decoding.options;
  const turned = [swapXY, flipX, flipY, invertPolarity].includes(true);
  return turned ? orientEvents(stream, decoding.options) : stream;
}

/** A file that does not say how large its sensor is gets the extent of its events, with a warning. */
function takeExtent(decoding: Decoding, format: EventFormat): void {
  if (decoding.width !== 0 && decoding.height !== 0) return;
  const { x, y, length } = decoding.columns;
  if (length === 0) throw eventsError("E_EVENTS_SIZE_UNKNOWN", decoding.options.path ?? "", { format });
  let [width, height] = [1, 1];
  for (let i = 0; i < length; i++) {
    if ((x[i] as number) >= width) width = (x[i] as number) + 1;
    if ((y[i] as number) >= height) height = (y[i] as number) + 1;
  }
  decoding.setSize(width, height);
  const detail = { width: decoding.width, height: decoding.height };
  decoding.diagnostics.push(eventsDiagnostic("W_EVENTS_SIZE", decoding.options.path ?? "", detail));
}

function reportOf(decoding: Decoding, back: Backsteps): ReadReport {
  const { trailingBytes, invalidEvents, outsideEvents, droppedBeforeSync, counts, diagnostics } = decoding;
  if (outsideEvents > 0) {
    const detail = { what: "events outside the sensor", count: outsideEvents };
    diagnostics.push(eventsDiagnostic("W_EVENTS_DROPPED", decoding.options.path ?? "", detail));
  }
  return {
    monotonic: back.monotonic,
    trailingBytes,
    invalidEvents,
    outsideEvents,
    droppedBeforeSync,
    counts,
  };
}
