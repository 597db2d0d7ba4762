import {
  addNoise,
  augmentEvents,
  cropSpace,
  cropTime,
  denoiseEvents,
  disjointSplit,
  downsampleEvents,
  dropEvents,
  orientEvents,
  perClassSplit,
  refractoryEvents,
  shiftEvents,
  shiftTime,
  shuffledOrder,
  sortEvents,
  stratifiedSplit,
} from "@nirkit/events";
import { philox } from "@nirkit/integer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { runs, streamOf, streams } from "./support.ts";

const sensor = { width: 9, height: 7, maxT: 1000 };
const rows = ({ t, x, y, p }: ReturnType<typeof streamOf>) =>
  Array.from(t, (time, i) => [time, x[i], y[i], p[i]]);

test("a time crop is half open: 10 <= t < 20 keeps 10 and 19, not 20", () => {
  const stream = streamOf(1, 1, [
    [9, 0, 0, 1],
    [10, 0, 0, 0],
    [19, 0, 0, 1],
    [20, 0, 0, 1],
  ]);
  expect(rows(cropTime(stream, 10, 20))).toEqual([
    [10, 0, 0, 0],
    [19, 0, 0, 1],
  ]);
  expect(shiftTime(cropTime(stream, 10, 20), 10).t).toEqual(Float64Array.of(0, 9));
  expect(() =>
    cropTime(
      streamOf(1, 1, [
        [2, 0, 0, 0],
        [1, 0, 0, 0],
      ]),
      0,
      9,
    ),
  ).toThrow("E_EVENTS_ORDER");
});

test("a space crop counts from its corner; one that reaches outside is E_TRANSFORM", () => {
  const stream = streamOf(4, 4, [
    [0, 1, 2, 1],
    [1, 3, 3, 0],
  ]);
  const cut = cropSpace(stream, { x: 1, y: 2, width: 2, height: 2 });
  expect([cut.width, cut.height, rows(cut)]).toEqual([2, 2, [[0, 0, 0, 1]]]);
  expect(() => cropSpace(stream, { x: 3, y: 0, width: 2, height: 1 })).toThrow("E_TRANSFORM");
});

test("mirrored twice, swapped twice, inverted twice is the stream again; flips are x' = W - 1 - x", () => {
  fc.assert(
    fc.property(streams(sensor), (stream) => {
      for (const how of [{ flipX: true }, { flipY: true }, { swapXY: true }, { invertPolarity: true }])
        expect(orientEvents(orientEvents(stream, how), how)).toEqual(stream);
    }),
    { seed: 2, numRuns: runs },
  );
  const one = streamOf(9, 7, [[0, 2, 1, 1]]);
  expect(rows(orientEvents(one, { swapXY: true, flipX: true }))).toEqual([[0, 5, 2, 1]]);
});

test("a shift there and back keeps what stayed on the sensor", () => {
  fc.assert(
    fc.property(
      streams(sensor),
      fc.integer({ min: -9, max: 9 }),
      fc.integer({ min: -7, max: 7 }),
      (s, dx, dy) => {
        const kept = rows(s).filter(
          ([, x = 0, y = 0]) => x + dx >= 0 && x + dx < 9 && y + dy >= 0 && y + dy < 7,
        );
        expect(rows(shiftEvents(shiftEvents(s, dx, dy), -dx, -dy))).toEqual(kept);
      },
    ),
    { seed: 3, numRuns: runs },
  );
});

test("sorting is stable and loses nothing", () => {
  const mixed = streamOf(4, 1, [
    [5, 0, 0, 1],
    [3, 1, 0, 1],
    [5, 2, 0, 0],
    [3, 3, 0, 0],
  ]);
  expect(rows(sortEvents(mixed))).toEqual([
    [3, 1, 0, 1],
    [3, 3, 0, 0],
    [5, 0, 0, 1],
    [5, 2, 0, 0],
  ]);
});

test("denoise keeps the second of two neighbours within 100 us, not the first, not one alone, not one too late", () => {
  const stream = streamOf(5, 5, [
    [0, 1, 1, 1],
    [100, 2, 2, 0],
    [101, 4, 0, 1],
    [300, 1, 1, 1],
  ]);
  expect(rows(denoiseEvents(stream, 100))).toEqual([[100, 2, 2, 0]]);
});

test("the refractory filter counts from the last event kept: 0, 5, 10 with 8 us keeps 0 and 10", () => {
  const stream = streamOf(1, 1, [
    [0, 0, 0, 1],
    [5, 0, 0, 1],
    [10, 0, 0, 1],
  ]);
  expect(refractoryEvents(stream, 8).t).toEqual(Float64Array.of(0, 10));
});

test("down-sampling by 4 takes 128 to 32 and 127 to 31; to a larger size is refused", () => {
  const small = downsampleEvents(streamOf(128, 128, [[0, 127, 5, 1]]), { factor: 4 });
  expect([small.width, ...(rows(small)[0] ?? [])]).toEqual([32, 0, 31, 1, 1]);
  expect(() => downsampleEvents(small, { width: 64, height: 32 })).toThrow("E_TRANSFORM");
});

test("augmentation of sample 7 in epoch 2 is the same whatever ran before, and differs from sample 8", () => {
  const stream = streamOf(
    9,
    7,
    Array.from({ length: 60 }, (_, i) => [i * 10, i % 9, i % 7, i % 2]),
  );
  const options = { shift: 2, flipX: 0.5, drop: 0.2, stretch: 0.1, jitterUs: 5, noise: 500 };
  const at = (index: number) => augmentEvents(stream, options, { seed: 1, epoch: 2, index });
  const first = at(7);
  at(8);
  expect(at(7)).toEqual(first);
  expect(at(8)).not.toEqual(first);
  expect(first.t.every((t, i) => i === 0 || t >= (first.t[i - 1] ?? 0))).toBe(true);
  expect(() => augmentEvents(stream, { drop: 2 }, { seed: 1, epoch: 0, index: 0 })).toThrow(
    "E_TRANSFORM drop",
  );
});

test("dropping with 0.25 keeps 7500 of 10000 within 4 sigma (173); 0 keeps all, 1 none", () => {
  const many = streamOf(
    1,
    1,
    Array.from({ length: 10_000 }, (_, i) => [i, 0, 0, 1]),
  );
  expect(Math.abs(dropEvents(many, 0.25, philox(1, "drop")).t.length - 7500)).toBeLessThan(173);
  expect(dropEvents(many, 0, philox(1, "drop"))).toEqual(many);
  expect(dropEvents(many, 1, philox(1, "drop")).t.length).toBe(0);
});

test("noise of 2 per pixel and second over 1 s on 9 x 7 adds 126 events inside the sensor, sorted", () => {
  const noisy = addNoise(
    streamOf(9, 7, [
      [0, 0, 0, 0],
      [1_000_000, 0, 0, 0],
    ]),
    2,
    philox(1, "noise"),
  );
  expect(noisy.t.length).toBe(128);
  expect(noisy.x.every((x) => x < 9) && noisy.y.every((y) => y < 7)).toBe(true);
  expect(noisy.t.every((t, i) => i === 0 || t >= (noisy.t[i - 1] ?? 0))).toBe(true);
});

test("a shuffle is a permutation, the same for the same seed and epoch, another for the next epoch", () => {
  fc.assert(
    fc.property(fc.nat({ max: 500 }), fc.nat(), fc.nat({ max: 100 }), (length, seed, epoch) => {
      const order = shuffledOrder(length, seed, epoch);
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length }, (_, i) => i));
      expect(shuffledOrder(length, seed, epoch)).toEqual(order);
    }),
    { seed: 4, numRuns: runs },
  );
  expect(shuffledOrder(50, 1, 0)).not.toEqual(shuffledOrder(50, 1, 1));
});

test("a stratified split takes round(0.4 n) of each class, at least one, and no sample twice", () => {
  const labels = [
    ...new Array<number>(10).fill(0),
    ...new Array<number>(1).fill(1),
    ...new Array<number>(5).fill(2),
    -1,
  ];
  const { train, test: held } = stratifiedSplit(labels, 0.4, 1);
  const count = (part: Uint32Array, label: number) => part.filter((i) => labels[i] === label).length;
  expect([0, 1, 2].map((label) => count(train, label))).toEqual([4, 1, 2]);
  expect([...train, ...held].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i));
  expect(stratifiedSplit(labels, 0.4, 2).train).not.toEqual(train);
  expect(() => stratifiedSplit(labels, 1, 1)).toThrow("E_SPLIT");
});

test("three of each class; a class of one is E_SPLIT by name", () => {
  const { train } = perClassSplit([0, 0, 0, 0, 1, 1, 1, 1, 1], 3, 1);
  expect(train.length).toBe(6);
  expect(() => perClassSplit([0, 0, 0, 1], 3, 1)).toThrow("E_SPLIT class 1");
});

test("no test patch of a disjoint split shares a pixel with a training patch of its class", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 1 }), { minLength: 200, maxLength: 200 }), (labels) => {
      const [width, patch] = [10, 5];
      let split: ReturnType<typeof disjointSplit>;
      try {
        split = disjointSplit(labels, width, { fraction: 0.4, patch });
      } catch {
        return; // a class without a training row is refused
      }
      const row = (at: number) => Math.floor(at / width);
      for (const a of split.train)
        for (const b of split.test)
          if (labels[a] === labels[b]) expect(row(b) - row(a)).toBeGreaterThanOrEqual(patch);
    }),
    { seed: 5, numRuns: Math.min(runs, 200) },
  );
  expect(() => disjointSplit([0, 0], 2, { fraction: 0.5, patch: 3 })).toThrow("E_SPLIT classes");
  expect(() => disjointSplit([0, 0], 2, { fraction: 0.5, patch: 4 })).toThrow("E_SPLIT patch");
});
