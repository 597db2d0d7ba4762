import {
  type BinOptions,
  binEvents,
  binSpikes,
  collate,
  downsampleEvents,
  eventsToTensor,
  fixedCount,
  fixedDuration,
  nBins,
  nmnistDataset,
  zipFiles,
} from "@nirkit/events";
import type { Events } from "@nirkit/graph";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sumOf } from "./rows-hash.ts";
import { hasSampleFiles, sampleFile } from "./sample-files.ts";
import { runs, streamOf, streams } from "./support.ts";

const total = (events: Events) => (events.value === undefined ? events.index.length : sumOf(events.value));
const perStep = (events: Events) =>
  Array.from({ length: events.steps }, (_, k) => {
    let sum = 0;
    for (let e = events.start[k] ?? 0; e < (events.start[k + 1] ?? 0); e++) sum += events.value?.[e] ?? 1;
    return sum;
  });

describe.skipIf(!hasSampleFiles())("N-MNIST 1", () => {
  test("10 bins of 30 ms from zero, the last open: 357 1146 374 50 708 854 113 226 605 248; largest 8 at (1, 1, 30, 18)", async () => {
    const dataset = await nmnistDataset(zipFiles(sampleFile("events/nmnist/Train_1.zip")));
    const { stream } = await dataset.get(0);
    const events = binEvents(stream, { by: fixedDuration(30_000), steps: 10, tail: "last" });
    expect(perStep(events)).toEqual([357, 1146, 374, 50, 708, 854, 113, 226, 605, 248]);
    const { data, shape } = eventsToTensor(events);
    expect(shape).toEqual([10, 2, 34, 34]);
    const channel = (c: number) => {
      let sum = 0;
      for (let i = 0; i < data.length; i++) if (Math.floor(i / 1156) % 2 === c) sum += data[i] ?? 0;
      return sum;
    };
    expect([channel(0), channel(1)]).toEqual([2353, 2328]);
    expect(Math.max(...data)).toBe(8);
    expect(data.indexOf(8)).toBe(((1 * 2 + 1) * 34 + 30) * 34 + 18);
  });
});

const three = streamOf(4, 2, [
  [5, 0, 0, 1],
  [7, 1, 0, 0],
  [12, 3, 1, 1],
  [19, 3, 1, 1],
  [25, 2, 1, 0],
]);

test("steps of 10 us floor: from zero 2 2 1, from the first event 3 1 1, from 7 us 2 2 with one event before it", () => {
  expect(perStep(binEvents(three, { by: { us: 10 } }))).toEqual([2, 2, 1]);
  expect(perStep(binEvents(three, { by: { us: 10 }, start: "first" }))).toEqual([3, 1, 1]);
  const late = binEvents(three, { by: { us: 10 }, start: 7 });
  expect([perStep(late), late.dropped]).toEqual([[2, 2], 1]);
});

test("steps pad and cut: 5 steps end empty, 1 step drops 3 events, or keeps them with tail last", () => {
  expect(perStep(binEvents(three, { by: { us: 10 }, steps: 5 }))).toEqual([2, 2, 1, 0, 0]);
  const cut = binEvents(three, { by: { us: 10 }, steps: 1 });
  expect([perStep(cut), cut.dropped]).toEqual([[2], 3]);
  expect(perStep(binEvents(three, { by: { us: 10 }, steps: 1, tail: "last" }))).toEqual([5]);
});

test("two frames of five events: by count 2 and 3, by time floor(20 / 2) us 3 and 2; two a step gives 2 2 1", () => {
  expect(perStep(binEvents(three, { by: nBins(2, "count") }))).toEqual([2, 3]);
  expect(perStep(binEvents(three, { by: nBins(2, "time") }))).toEqual([3, 2]);
  expect(perStep(binEvents(three, { by: fixedCount(2) }))).toEqual([2, 2, 1]);
});

test("channel 0 is OFF, 1 is ON; position is (c * H + y) * W + x, ascending within a step", () => {
  const events = binEvents(three, { by: { us: 100 } });
  expect(events.shape).toEqual([2, 2, 4]);
  expect([...events.index]).toEqual([1, 6, 8, 15]);
  expect([...(events.value ?? [])]).toEqual([1, 1, 1, 2]);
});

test("binary 1, clip 1, merge one channel of 4 cells, on 3 events, signed -1 -1 1 2", () => {
  const bin = (options: Partial<BinOptions>) => binEvents(three, { by: { us: 100 }, ...options });
  expect(bin({ accumulate: "binary" }).value).toBeUndefined();
  expect(bin({ clip: 1 }).value).toBeUndefined();
  const merged = bin({ polarity: "merge" });
  expect([merged.shape, [...merged.index]]).toEqual([
    [1, 2, 4],
    [0, 1, 6, 7],
  ]);
  expect(total(bin({ polarity: "on" }))).toBe(3);
  const signed = bin({ accumulate: "signed" });
  expect([[...signed.index], [...(signed.value ?? [])]]).toEqual([
    [0, 1, 6, 7],
    [1, -1, -1, 2],
  ]);
});

test("ON and OFF of one cell cancel in a signed step", () => {
  const pair = streamOf(1, 1, [
    [0, 0, 0, 1],
    [1, 0, 0, 0],
  ]);
  expect(binEvents(pair, { by: { us: 10 }, accumulate: "signed" }).index.length).toBe(0);
});

test("crop, then flip, then down-sample: x 3 of a crop from 2, mirrored, is 0", () => {
  const one = streamOf(4, 2, [[0, 3, 1, 0]]);
  const crop = { x: 2, y: 0, width: 2, height: 2 };
  expect([...binEvents(one, { by: { us: 1 }, crop }).index]).toEqual([3]);
  expect([...binEvents(one, { by: { us: 1 }, crop, flip: { x: true } }).index]).toEqual([2]);
  const both = { by: { us: 1 }, crop, flip: { x: true, y: true }, downsample: { factor: 2 } };
  expect(binEvents(one, both)).toMatchObject({ shape: [2, 1, 1], index: Uint32Array.of(0) });
});

test("34 to 16 takes x to floor(x * 16 / 34); a factor of 4 takes 127 to 31; max of 2 and 1 is 2 where sum is 3", () => {
  const ends = streamOf(34, 34, [[0, 33, 17, 0]]);
  expect([...binEvents(ends, { by: { us: 1 }, downsample: { width: 16, height: 16 } }).index]).toEqual([
    8 * 16 + 15,
  ]);
  const cells = streamOf(2, 1, [
    [0, 0, 0, 1],
    [0, 0, 0, 1],
    [0, 1, 0, 1],
  ]);
  const bin = (mode: "sum" | "max") => binEvents(cells, { by: { us: 1 }, downsample: { factor: 2, mode } });
  expect([...(bin("sum").value ?? [])]).toEqual([3]);
  expect([...(bin("max").value ?? [])]).toEqual([2]);
});

test("counts are conserved: cells and dropped events add up to the stream, whatever the bins", () => {
  const bins = fc.oneof(
    fc.integer({ min: 1, max: 5000 }).map((us) => ({ us })),
    fc.integer({ min: 1, max: 50 }).map((events) => ({ events })),
    fc.record({
      frames: fc.integer({ min: 1, max: 40 }),
      by: fc.constantFrom("time" as const, "count" as const),
    }),
  );
  const options = fc.record({
    by: bins,
    steps: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    tail: fc.constantFrom("drop" as const, "last" as const),
    start: fc.constantFrom("zero" as const, "first" as const),
    factor: fc.integer({ min: 1, max: 9 }),
  });
  const sensor = { width: 12, height: 9, maxT: 20_000 };
  fc.assert(
    fc.property(streams(sensor), options, (stream, { by, steps, tail, start, factor }) => {
      const given = steps === undefined ? {} : { steps };
      const events = binEvents(stream, { by, ...given, tail, start, downsample: { factor } });
      expect(total(events) + events.dropped).toBe(stream.t.length);
      for (let k = 0; k < events.steps; k++)
        for (let e = (events.start[k] ?? 0) + 1; e < (events.start[k + 1] ?? 0); e++)
          expect(events.index[e]).toBeGreaterThan(events.index[e - 1] ?? 0);
      const coarse = binEvents(downsampleEvents(stream, { factor }), { by, ...given, tail, start });
      expect(coarse.index).toEqual(events.index);
      expect(coarse.value).toEqual(events.value);
    }),
    { seed: 1, numRuns: runs },
  );
});

test("a shuffled stream bins to the same cells by duration", () => {
  const order = [3, 0, 4, 2, 1];
  const rows = order.map(
    (i) => [three.t[i], three.x[i], three.y[i], three.p[i]] as [number, number, number, number],
  );
  const mixed = binEvents(streamOf(4, 2, rows), { by: { us: 10 }, steps: 3 });
  expect(mixed).toEqual(binEvents(three, { by: { us: 10 }, steps: 3 }));
});

test("spikes: 700 units on 128 channels floor, unit 699 is 127; 14 ms steps", () => {
  const stream = { channels: 700, t: Float64Array.of(0, 14_000, 14_001), unit: Uint16Array.of(699, 5, 5) };
  const events = binSpikes(stream, { by: { us: 14_000 }, steps: 3, channels: 128 });
  expect([...events.index]).toEqual([127, 0]);
  expect([...(events.value ?? [])]).toEqual([1, 2]);
  expect([...events.start]).toEqual([0, 1, 2, 2]);
});

test("an empty stream gives one empty step, or as many as asked for", () => {
  const none = streamOf(3, 3, []);
  expect(binEvents(none, { by: { us: 10 } })).toMatchObject({ steps: 1, start: Uint32Array.of(0, 0) });
  expect(binEvents(none, { by: nBins(4, "count") }).steps).toBe(4);
});

test("Unix times from zero would take 1.7e12 steps: E_BIN_STEPS; a step of 0 us, steps 0, a crop outside: E_BIN_OPTION", () => {
  const unix = streamOf(1, 1, [[1.7e15, 0, 0, 1]]);
  expect(() => binEvents(unix, { by: { us: 1000 } })).toThrow("E_BIN_STEPS");
  expect(() => binEvents(three, { by: { us: 0 } })).toThrow("E_BIN_OPTION by.us");
  expect(() => binEvents(three, { by: { us: 1 }, steps: 0 })).toThrow("E_BIN_OPTION steps");
  const crop = { x: 3, y: 0, width: 2, height: 1 };
  expect(() => binEvents(three, { by: { us: 1 }, crop })).toThrow("E_BIN_OPTION crop.x");
  expect(() => binEvents(streamOf(60000, 60000, []), { by: { us: 1 } })).toThrow("E_BIN_SIZE");
});

test("a batch holds step t of sample b in row t * B + b", () => {
  const bin = (stream: typeof three) => binEvents(stream, { by: { us: 10 }, steps: 3 });
  const other = streamOf(4, 2, [[15, 0, 1, 0]]);
  const samples = [three, other].map((stream, label) => ({
    input: new Map([["input", bin(stream)]]),
    label,
  }));
  const batch = collate(samples);
  if (batch.kind !== "events") throw new Error("sparse");
  expect([...batch.start]).toEqual([0, 2, 2, 3, 4, 5, 5]);
  expect([...batch.index]).toEqual([1, 8, 15, 4, 6]);
  expect([...(batch.value ?? [])]).toEqual([1, 1, 2, 1, 1]);
  expect([...batch.labels]).toEqual([0, 1]);
  expect(() => collate([])).toThrow("E_BATCH");
  expect(() => collate(samples, "in")).toThrow('no input "in"');
  const longer = { input: new Map([["input", binEvents(other, { by: { us: 10 }, steps: 4 })]]) };
  expect(() => collate([...samples, longer])).toThrow("E_BATCH samples[2]: 4 steps");
});
