import {
  detectFormat,
  type EventStream,
  readEvents,
  streamEvents,
  type WritableFormat,
  writeEvents,
} from "@nirkit/events";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aedat2, aedat4, evt3, join, smallStream, u16, u32 } from "./made-files.ts";
import { runs, streamOf, streams } from "./support.ts";

const text = (s: string) => new TextEncoder().encode(s);
const rows = ({ t, x, y, p }: EventStream) => Array.from(t, (time, i) => [time, x[i], y[i], p[i]]);

describe("round trips", () => {
  const limits: readonly (readonly [WritableFormat, number, number, number])[] = [
    ["nmnist", 34, 34, 2 ** 23 - 1],
    ["aedat3", 128, 128, 2 ** 34],
    ["dat", 1280, 720, 2 ** 32 - 1],
    ["evt2", 2048, 2048, 2 ** 34 - 1],
    ["npy", 65536, 65536, 2 ** 50],
    ["npz", 65536, 65536, 2 ** 50],
    ["csv", 65536, 65536, 2 ** 50],
  ];
  test.each(limits)(
    "%s: what is written on %i x %i up to %i us is read again",
    (format, width, height, maxT) => {
      fc.assert(
        fc.property(
          streams({ width, height, maxT: Math.min(maxT, 2 ** 31 - 1) }),
          fc.boolean(),
          (stream, late) => {
            const shift = late && stream.t.length > 0 ? maxT - (stream.t.at(-1) ?? 0) : 0;
            const moved = { ...stream, t: stream.t.map((t) => t + shift) };
            const bytes = writeEvents(moved, format);
            const read = readEvents(bytes, { width, height, format, timeUnit: "us" }).stream;
            expect(read).toEqual(moved);
            if (stream.t.length > 0 && format !== "nmnist") expect(detectFormat(bytes)).toBe(format);
          },
        ),
        { seed: 1, numRuns: runs },
      );
    },
  );

  test("what a format cannot hold is refused: x 256 in N-MNIST, y 240, t 2^23; t 2^32 in DAT; times back; half a us", () => {
    const one = (t: number, x: number, y: number) => streamOf(2000, 2000, [[t, x, y, 1]]);
    expect(() => writeEvents(one(0, 256, 0), "nmnist")).toThrow("E_EVENTS_RANGE");
    expect(() => writeEvents(one(0, 0, 240), "nmnist")).toThrow("y 240, nmnist holds up to 239");
    expect(() => writeEvents(one(2 ** 23, 0, 0), "nmnist")).toThrow("E_EVENTS_RANGE");
    expect(() => writeEvents(one(2 ** 32, 0, 0), "dat")).toThrow("E_EVENTS_RANGE");
    expect(() => writeEvents(one(0.5, 0, 0), "npy")).toThrow("E_EVENTS_TIME");
    expect(() =>
      writeEvents(
        streamOf(1, 1, [
          [2, 0, 0, 1],
          [1, 0, 0, 1],
        ]),
        "csv",
      ),
    ).toThrow("E_EVENTS_ORDER");
    expect(() => writeEvents(streamOf(1, 1, [[2, 1, 0, 1]]), "csv")).toThrow("E_EVENTS_OUTSIDE");
  });
});

test("N-MNIST: 12 10 80 03 7d is (893, 18, 16, 1); y 240 adds 8192 us to what follows, each time", () => {
  expect(rows(readEvents(Uint8Array.of(0x12, 0x10, 0x80, 0x03, 0x7d)).stream)).toEqual([[893, 18, 16, 1]]);
  const mark = [0, 240, 0, 0, 0];
  const bytes = Uint8Array.of(1, 2, 0, 0, 5, ...mark, 1, 2, 0, 0, 5, ...mark, 3, 4, 0x80, 0, 6);
  const { stream, report } = readEvents(bytes, { format: "nmnist" });
  expect(rows(stream)).toEqual([
    [5, 1, 2, 0],
    [8197, 1, 2, 0],
    [16390, 3, 4, 1],
  ]);
  expect(report.counts.get("overflow")).toBe(2);
});

test("EVT 3.0 worked example: 5 events at 4098 us, x 3, 8, 19, 20, 21 on y 5", () => {
  const { stream } = readEvents(evt3());
  expect(rows(stream)).toEqual([[4098, 3, 5, 0], ...[8, 19, 20, 21].map((x) => [4098, x, 5, 1])]);
  expect([stream.width, stream.height]).toEqual([64, 32]);
});

test("EVT 3.0: two events ahead of TIME_HIGH and ADDR_Y are dropped and counted; TIME_LOW never carries", () => {
  const head = text("% evt 3.0\n% geometry 64x32\n% end\n");
  const body = u16([0x2001, 0x8fff, 0x2002, 0x0001, 0x6fff, 0x2003, 0x6000, 0x2004, 0x8000, 0x2005]);
  const { stream, report } = readEvents(join(head, body));
  expect(report.droppedBeforeSync).toBe(2);
  // TIME_HIGH 0xfff to 0 is a loop of 2^24 us.
  expect([...stream.t]).toEqual([0xffffff, 0xfff000, 2 ** 24]);
  expect(report.monotonic).toBe(false);
});

test("EVT 2.0: TIME_HIGH that falls by more than 2^27 adds 2^34 us; events before the first one are dropped", () => {
  const head = text("% evt 2.0\n% geometry 64x32\n");
  const on = (low: number) => (1 << 28) | (low << 22) | (3 << 11) | 4;
  const bytes = join(head, u32([on(1), (8 << 28) | 0x0fffffff, on(63), 8 << 28, on(0)]));
  const { stream, report } = readEvents(bytes);
  expect(report.droppedBeforeSync).toBe(1);
  expect([...stream.t]).toEqual([2 ** 34 - 1, 2 ** 34]);
});

test("AEDAT 1 and 2 of a DVS128: x from bits 7..1, y from 14..8; bit 15 is no event; a wrap adds 2^32 us", () => {
  const stream = smallStream();
  for (const version of [1, 2] as const) {
    const read = readEvents(aedat2(stream, version)).stream;
    expect([read.width, rows(read)]).toEqual([128, rows(stream)]);
  }
  const head = text("#!AER-DAT2.0\r\n# AEChip: DVS128\r\n");
  const bytes = join(head, u32([3, 2 ** 31 - 1, 0x8000, 5, 3, -(2 ** 31) + 7], false));
  const { stream: wrapped, report } = readEvents(bytes);
  expect([...wrapped.t]).toEqual([2 ** 31 - 1, 2 ** 31 + 2 ** 32 + 7]);
  expect(report.counts.get("external")).toBe(1);
});

test("AEDAT 2: data behind the end mark may start with #; a DAVIS sample and an external event are counted", () => {
  const head = text("#!AER-DAT2.0\r\n# AEChip: x.DAVIS240C\r\n#End Of ASCII Header\r\n");
  const event = (x: number, y: number) => ((y << 22) | (x << 12) | (1 << 11) | 0x21a) >>> 0;
  const first = event(0, 0x23 << 2);
  const bytes = join(
    head,
    u32([first, 1, event(7, 9) | 0x400, 2, 0x80000000, 3, 0x80000400, 4, event(7, 9), 5], false),
  );
  expect(bytes[head.length]).toBe(0x23);
  const { stream, report } = readEvents(bytes);
  expect(rows(stream)).toEqual([
    [1, 0, 140, 1],
    [5, 7, 9, 1],
  ]);
  expect(Object.fromEntries(report.counts)).toEqual({ external: 1, "aps-reset": 1, "aps-signal": 1 });
});

describe("AEDAT 3", () => {
  const head = text("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#!END-HEADER\r\n");
  const packet = (
    type: number,
    size: number,
    number: number,
    capacity: number,
    body: Uint8Array,
    wraps = 0,
  ) => join(u16([type, 1]), u32([size, 4, wraps, capacity, number, number]), body);
  const event = (x: number, y: number, valid = 1) => ((x << 17) | (y << 2) | 2 | valid) >>> 0;

  test("a special packet is skipped by its length, an invalid event is counted, overflow counts 2^31 us", () => {
    const body = u32([event(5, 6), 10, event(7, 8, 0), 11]);
    const bytes = join(head, packet(0, 8, 1, 1, u32([1, 9])), packet(1, 8, 2, 2, body, 3));
    const { stream, report } = readEvents(bytes);
    expect(rows(stream)).toEqual([[3 * 2 ** 31 + 10, 5, 6, 1]]);
    expect([report.invalidEvents, report.counts.get("special")]).toEqual([1, 1]);
  });

  test("a packet padded to its capacity is read with W_EVENTS_CAPACITY, whole and in pieces", async () => {
    const padded = packet(1, 8, 1, 3, join(u32([event(5, 6), 10]), new Uint8Array(16)));
    const bytes = join(head, padded, padded, packet(1, 8, 1, 1, u32([event(1, 2), 20])));
    const { stream, diagnostics } = readEvents(bytes);
    expect(rows(stream)).toEqual([
      [10, 5, 6, 1],
      [10, 5, 6, 1],
      [20, 1, 2, 1],
    ]);
    expect(diagnostics.map((d) => d.code)).toEqual(["W_EVENTS_CAPACITY", "W_EVENTS_CAPACITY"]);
    let events = 0;
    for await (const part of streamEvents([...bytes].map((b) => Uint8Array.of(b)))) events += part.t.length;
    expect(events).toBe(3);
  });

  test("a cut packet is E_EVENTS_TRUNCATED at its byte; lenient gives its whole events and counts 4 bytes", () => {
    const bytes = join(head, packet(1, 8, 2, 2, u32([event(5, 6), 10, event(7, 8), 11]))).slice(0, -4);
    expect(() => readEvents(bytes, { path: "a.aedat" })).toThrow(`E_EVENTS_TRUNCATED a.aedat@${head.length}`);
    const { stream, report } = readEvents(bytes, { lenient: true });
    expect([rows(stream), report.trailingBytes]).toEqual([[[10, 5, 6, 1]], 4]);
  });

  test("negative counts, more events than capacity, and packets above the limit are refused", () => {
    const body = u32([event(5, 6), 10]);
    expect(() => readEvents(join(head, packet(1, 8, -1, 1, body)))).toThrow("E_EVENTS_PACKET");
    expect(() => readEvents(join(head, packet(1, 8, 2, 1, body)))).toThrow("E_EVENTS_PACKET");
    expect(() => readEvents(join(head, packet(1, 8, 2 ** 27, 2 ** 27, body)))).toThrow("E_EVENTS_LIMIT");
  });
});

describe("AEDAT 4", () => {
  const stream = smallStream();
  test.each([
    [0, "none"],
    [1, "LZ4"],
    [3, "Zstandard"],
  ])(
    "compression %i (%s): the events of one packet; three bytes of another stream are counted",
    (compression) => {
      const { stream: read, report, header } = readEvents(aedat4(stream, compression));
      expect(read).toEqual(stream);
      expect(report.counts.get("TRIG")).toBe(1);
      expect(header.streamId).toBe(1);
    },
  );

  test("every changed byte of packed events is refused or changes nothing outside them", () => {
    const bytes = aedat4(stream, 1);
    const start = bytes.length - stream.t.length * 16 - 60;
    let refused = 0;
    for (let at = start; at < start + 40; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      try {
        readEvents(changed);
      } catch (error) {
        expect(String(error)).toMatch(/E_EVENTS_/);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(20);
  });

  test("a stream without a size is E_EVENTS_SIZE_UNKNOWN; stream 5 is E_EVENTS_STREAM", () => {
    expect(() => readEvents(aedat4(stream, 0, "none"))).toThrow("E_EVENTS_SIZE_UNKNOWN");
    expect(() => readEvents(aedat4(stream, 0), { streamId: 5 })).toThrow("E_EVENTS_STREAM");
  });
});

test("DAT: version 1 fields, version 2 fields, no version line is 1; a wrap adds 2^32 us; triggers are refused", () => {
  const file = (head: string, data: readonly number[], type = 0) => join(text(head), [type, 8], u32(data));
  const one = readEvents(
    file("% Data file containing events\n% Version 1\n", [7, (3 << 17) | (5 << 9) | 300]),
  ).stream;
  expect(rows(one)).toEqual([[7, 300, 5, 1]]);
  expect(readEvents(file("% Data file containing events\n", [7, (5 << 9) | 300])).stream.x[0]).toBe(300);
  const two = "% Data file containing events\n% Version 2\n% Width 400\n% Height 300\n";
  const wrapped = readEvents(file(two, [0xffffffff, (5 << 14) | 300, 3, (1 << 28) | 7], 0x0c)).stream;
  expect(rows(wrapped)).toEqual([
    [2 ** 32 - 1, 300, 5, 0],
    [2 ** 32 + 3, 7, 0, 1],
  ]);
  expect([wrapped.width, wrapped.height]).toEqual([400, 300]);
  expect(() => readEvents(file(two, [0, 0], 0x0e))).toThrow("E_EVENTS_HEADER");
  expect(() => readEvents(u32([7, 300]), { format: "dat" })).not.toThrow();
});

test("what has no mark, and bytes that are not five apart, are E_EVENTS_FORMAT with their first bytes", () => {
  expect(() => readEvents(Uint8Array.of(0xff, 0, 1), { path: "x.bin" })).toThrow(
    "E_EVENTS_FORMAT x.bin: Starts with ff 00 01",
  );
  expect(() => readEvents(new Uint8Array(0))).toThrow("Starts with nothing");
});

test("events outside the sensor: strict names index and byte, lenient counts; orientation options turn them", () => {
  const bytes = Uint8Array.of(1, 2, 0, 0, 5, 50, 2, 0, 0, 6);
  expect(() => readEvents(bytes, { path: "a.bin" })).toThrow(
    "E_EVENTS_OUTSIDE a.bin@5: Event 1 is at x 50, y 2",
  );
  const { report, stream, diagnostics } = readEvents(bytes, {
    lenient: true,
    flipX: true,
    invertPolarity: true,
  });
  expect([report.outsideEvents, rows(stream)]).toEqual([1, [[5, 32, 2, 1]]]);
  expect(diagnostics.map((d) => d.code)).toEqual(["W_EVENTS_DROPPED"]);
});

test("times that go back: a warning names event 1, order require refuses, a trailing byte is refused or counted", () => {
  const bytes = Uint8Array.of(1, 2, 0, 0, 9, 1, 2, 0, 0, 6);
  const { report, diagnostics } = readEvents(bytes, { format: "nmnist" });
  expect([report.monotonic, diagnostics[0]?.code]).toEqual([false, "W_EVENTS_ORDER"]);
  expect(() => readEvents(bytes, { format: "nmnist", order: "require" })).toThrow("E_EVENTS_ORDER");
  const long = join(bytes, [1]);
  expect(() => readEvents(long, { format: "nmnist" })).toThrow("E_EVENTS_TRUNCATED @10");
  expect(readEvents(long, { format: "nmnist", lenient: true }).report.trailingBytes).toBe(1);
});

test("a limit of 10 events refuses 400, before they are decoded", () => {
  expect(() => readEvents(writeEvents(smallStream(), "dat"), { maxEvents: 10 })).toThrow("E_EVENTS_LIMIT");
});
