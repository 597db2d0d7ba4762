/** What all decoders of event files share: options, limits, what they count, and where they are. */
import type { Diagnostic } from "@nirkit/graph";
import { eventsDiagnostic, eventsError } from "../diagnostics.ts";
import { EventColumns } from "../event-columns.ts";

/** Formats of event files; `aedat3` is 3.0 and 3.1. */
export type EventFormat =
  | "nmnist"
  | "aedat1"
  | "aedat2"
  | "aedat3"
  | "aedat4"
  | "dat"
  | "evt2"
  | "evt3"
  | "npy"
  | "npz"
  | "csv";

/** How to read an event file. What is absent is taken from the file. */
export interface ReadEventsOptions {
  /** The format; found out by content when absent. */
  readonly format?: EventFormat;
  /** The file's name, shown in diagnostics. */
  readonly path?: string;
  /** Leaves out, and counts, what a strict reading refuses: a cut-off end, events outside the sensor. */
  readonly lenient?: boolean;
  /** Sensor size, over what the file says. */
  readonly width?: number;
  readonly height?: number;
  /** `require` refuses times that go back (E_EVENTS_ORDER); `report`, the default, warns. */
  readonly order?: "report" | "require";
  /** x becomes width - 1 - x. Nothing is turned by default, also where a format counts y upwards. */
  readonly flipX?: boolean;
  /** y becomes height - 1 - y. */
  readonly flipY?: boolean;
  /** Exchanges x and y (before the flips), and the sides of the sensor. */
  readonly swapXY?: boolean;
  /** Exchanges ON and OFF. */
  readonly invertPolarity?: boolean;
  /** AEDAT 1 and 2: the camera, where the header names none or an unknown one: `dvs128`, `davis240`, … */
  readonly chip?: string;
  /** AEDAT 2: collects the words of the inertial unit. */
  readonly imu?: boolean;
  /** AEDAT 4: the event stream to read; the lowest when absent. */
  readonly streamId?: number;
  /** NumPy arrays of shape [N, 4]: order of the columns, `xypt` when absent. */
  readonly columns?: string;
  /** NumPy: unit of `t`; for columns [N, 4] `ms`, as tonic distributes gestures, otherwise `us`. */
  readonly timeUnit?: "us" | "ms" | "s";
  /** Most events; 2^27 when absent (1.7 GB). */
  readonly maxEvents?: number;
  /** Most bytes of one packet, packed or unpacked; 2^26 when absent. */
  readonly maxPacketBytes?: number;
}

/** Words of the inertial unit of a DAVIS camera, as they stand in the file. */
export interface ImuWords {
  /** Microseconds. */
  readonly t: Float64Array;
  /** 0 … 6: acceleration x, y, z, temperature, rotation x, y, z. */
  readonly type: Uint8Array;
  readonly value: Int16Array;
}

/** What a header says; absent where it says nothing. */
export interface EventFileHeader {
  readonly version?: string;
  /** Lines of an ASCII header. */
  readonly lines?: number;
  /** Bytes ahead of the data. */
  readonly bytes?: number;
  readonly chip?: string;
  /** Milliseconds since 1970. */
  readonly creationTimeMs?: number;
  /** AEDAT 4: type by stream number, in the order of the file. */
  readonly streams?: ReadonlyMap<number, string>;
  /** AEDAT 4: the stream that was read. */
  readonly streamId?: number;
}

const defaultMaxEvents = 2 ** 27;
const defaultMaxPacketBytes = 2 ** 26;

/** State of one reading: where it is, what it found, what it left out. */
export class Decoding {
  readonly options: ReadEventsOptions;
  readonly columns: EventColumns;
  readonly maxPacketBytes: number;
  readonly lenient: boolean;
  /** Offset in the file of the first byte of the current piece. */
  position = 0;
  /** Events that were handed out in earlier pieces. */
  handedOut = 0;
  /** 0 until known. */
  width = 0;
  height = 0;
  header: EventFileHeader = {};
  invalidEvents = 0;
  outsideEvents = 0;
  droppedBeforeSync = 0;
  trailingBytes = 0;
  imu: ImuWords | undefined;
  /** Words or packets by kind. */
  readonly counts: Map<string, number> = new Map();
  readonly diagnostics: Diagnostic[] = [];

  constructor(options: ReadEventsOptions) {
    this.options = options;
    this.lenient = options.lenient ?? false;
    this.columns = new EventColumns(options.maxEvents ?? defaultMaxEvents);
    this.maxPacketBytes = options.maxPacketBytes ?? defaultMaxPacketBytes;
    this.setSize(options.width ?? 0, options.height ?? 0);
  }

  /** Takes a size from the file; the options win. */
  setSize(width: number, height: number): void {
    this.width = this.options.width ?? width;
    this.height = this.options.height ?? height;
  }

  /** Exclusive bounds of coordinates; everything passes while the size is unknown. */
  get xEnd(): number {
    return this.width === 0 ? 65536 : this.width;
  }
  get yEnd(): number {
    return this.height === 0 ? 65536 : this.height;
  }

  /** `path@byte`. */
  at(offset: number): string {
    return `${this.options.path ?? ""}@${this.position + offset}`;
  }

  count(kind: string, more = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + more);
  }

  /** Counts an event outside the sensor, or refuses it. @throws E_EVENTS_OUTSIDE */
  outside(x: number, y: number, offset: number): void {
    if (!this.lenient)
      throw eventsError("E_EVENTS_OUTSIDE", this.at(offset), {
        index: this.handedOut + this.columns.length,
        x,
        y,
        width: this.width,
        height: this.height,
      });
    this.outsideEvents++;
  }

  /**
   * Takes note of a record that the file's end cuts off.
   *
   * @param dropped bytes of it that give no event
   * @throws E_EVENTS_TRUNCATED
   */
  truncated(what: string, offset: number, found: number, expected: number, dropped: number = found): void {
    if (!this.lenient) throw eventsError("E_EVENTS_TRUNCATED", this.at(offset), { what, found, expected });
    this.trailingBytes += dropped;
    const detail = { what: "bytes at the end", count: dropped };
    this.diagnostics.push(eventsDiagnostic("W_EVENTS_DROPPED", this.at(offset), detail));
  }

  /** Writes the event at `columns.length` after the caller reserved room. For formats where speed is elsewhere. */
  push(t: number, x: number, y: number, p: number): void {
    const { columns } = this;
    const n = columns.length++;
    columns.t[n] = t;
    columns.x[n] = x;
    columns.y[n] = y;
    columns.p[n] = p;
  }
}

/**
 * Decodes a file piece by piece into the columns of its {@link Decoding}.
 *
 * @param bytes what has not been consumed yet, starting at `position`
 * @param last true when nothing follows
 * @returns bytes consumed; the rest is given again with more behind it
 */
export type Decode = (bytes: Uint8Array, last: boolean) => number;
