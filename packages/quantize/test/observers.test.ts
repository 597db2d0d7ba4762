import { philox } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  entropyClip,
  foldBatchNormInto,
  HistogramObserver,
  MinMaxObserver,
  MovingAverageObserver,
  mseClip,
  PerChannelObserver,
  percentile,
} from "../src/index.ts";

const batches = fc.array(
  fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 1, maxLength: 5 }),
  {
    minLength: 1,
    maxLength: 12,
  },
);

describe("moving-average minmax", () => {
  test("c = 0.5 over [0, 4], [-2, 8], [2, 2]: min 0, -1, 0.5; max 4, 6, 4", () => {
    const seen = new MovingAverageObserver(0.5);
    expect(seen.min).toBeNaN();
    const values = [
      [0, 4],
      [-2, 8],
      [2, 2],
    ].map((batch) => {
      seen.observe(batch);
      return [seen.min, seen.max];
    });
    expect(values).toEqual([
      [0, 4],
      [-1, 6],
      [0.5, 4],
    ]);
  });

  test("merged in order, two observers equal one, wherever the stream is cut", () => {
    fc.assert(
      fc.property(batches, fc.nat(), fc.double({ min: 0.01, max: 1, noNaN: true }), (all, at, c) => {
        const cut = at % (all.length + 1);
        const one = new MovingAverageObserver(c);
        const [a, b] = [new MovingAverageObserver(c), new MovingAverageObserver(c)];
        all.forEach((batch, i) => {
          one.observe(batch);
          (i < cut ? a : b).observe(batch);
        });
        a.merge(b);
        return (
          a.batches === one.batches && Math.abs(a.min - one.min) < 1e-9 && Math.abs(a.max - one.max) < 1e-9
        );
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  test("an empty batch is none", () => {
    const seen = new MovingAverageObserver();
    seen.observe([]);
    expect(seen.batches).toBe(0);
  });
});

const histogramOf = (values: ArrayLike<number>): HistogramObserver => {
  const seen = new HistogramObserver();
  seen.observe(values);
  return seen;
};
const random = philox(1, "observers");
const normal = Float64Array.from({ length: 20000 }, (_, i) => {
  let sum = 0;
  for (let k = 0; k < 12; k++) sum += random.at(i * 12 + k) / 4294967296;
  return sum - 6;
});

describe("clip values from a histogram", () => {
  test("mse: a bell of sigma 1 at 4 bit clips between 2.2 and 3.2, at 8 bit past 3.2, at 2 bit below 2", () => {
    const seen = histogramOf(normal);
    const at = (bits: number) => mseClip(seen, { bits });
    expect(at(4)).toBeGreaterThan(2.2);
    expect(at(4)).toBeLessThan(3.2);
    expect(at(8)).toBeGreaterThan(3.2);
    expect(at(2)).toBeLessThan(2);
  });

  test("mse is no worse than the largest magnitude, on the values themselves", () => {
    const alpha = mseClip(histogramOf(normal), { bits: 4 });
    const error = (clip: number): number =>
      normal.reduce((sum, x) => {
        const s = clip / 7;
        const q = Math.max(-7, Math.min(7, Math.floor(x / s + 0.5)));
        return sum + (x - q * s) ** 2;
      }, 0);
    const absmax = normal.reduce((a, x) => Math.max(a, Math.abs(x)), 0);
    expect(error(alpha)).toBeLessThan(error(absmax));
  });

  test("entropy: one outlier at 100 among a bell of sigma 1 is clipped below 10 at 8 bit", () => {
    const seen = histogramOf(Float64Array.of(...normal.subarray(0, 5000), 100));
    const clip = entropyClip(seen, { bits: 5 });
    expect(clip).toBeGreaterThan(2);
    expect(clip).toBeLessThan(101);
    expect(mseClip(histogramOf(Float64Array.of(0, 0)), { bits: 4 })).toBe(0);
    expect(entropyClip(histogramOf(Float64Array.of(0, 0)), { bits: 4 })).toBe(0);
  });

  test("both are the same for merged parts in any order", () => {
    const [a, b] = [histogramOf(normal.subarray(0, 7000)), histogramOf(normal.subarray(7000))];
    const [c, d] = [histogramOf(normal.subarray(7000)), histogramOf(normal.subarray(0, 7000))];
    a.merge(b);
    c.merge(d);
    for (const clip of [mseClip, entropyClip]) expect(clip(a, { bits: 4 })).toBe(clip(c, { bits: 4 }));
  });

  test("a percentile of magnitudes is within one bin of the exact one", () => {
    const seen = histogramOf(normal);
    for (const p of [50, 90, 99, 99.9])
      expect(Math.abs(seen.percentileOfMagnitude(p) - percentile(normal.map(Math.abs), p))).toBeLessThan(
        seen.range / 1024,
      );
  });
});

test("one observer per channel: [[1, -5], [2, 3]] gives [-5, 1] and [2, 3]; merging goes channel by channel", () => {
  const make = () => new PerChannelObserver(2, () => new MinMaxObserver());
  const [a, b] = [make(), make()];
  a.observe(Float32Array.of(1, -5, 2, 3));
  b.observe(Float32Array.of(9, 0, 0, 0));
  a.merge(b);
  expect(a.channels.map(({ min, max }) => [min, max])).toEqual([
    [-5, 9],
    [0, 3],
  ]);
  expect(() => a.observe(Float32Array.of(1, 2, 3))).toThrow(RangeError);
});

describe("batch normalization by statistics", () => {
  test("W [[2]], b [1], mean 3, variance 4, gamma 5, beta 6, epsilon 0: W' [[5]], b' [1]", () => {
    const norm = { mean: [3], variance: [4], gamma: [5], beta: [6], epsilon: 0 };
    const { weight, bias } = foldBatchNormInto(Float32Array.of(2), [1, 1], [1], norm);
    expect([...weight, ...bias]).toEqual([5, 1]);
  });

  test("y of the folded layer is the normalised y, 200 random channels", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 7, maxLength: 7 }),
        ([w0 = 0, w1 = 0, b = 0, mean = 0, v = 0, gamma = 0, beta = 0]) => {
          const variance = v * v + 0.1;
          const { weight, bias } = foldBatchNormInto(Float32Array.of(w0, w1), [1, 2], [b], {
            mean: [mean],
            variance: [variance],
            gamma: [gamma],
            beta: [beta],
          });
          const y = (Math.fround(w0) * 2 + Math.fround(w1) + b - mean) / Math.sqrt(variance + 1e-5);
          const folded = (weight[0] ?? 0) * 2 + (weight[1] ?? 0) + (bias[0] ?? 0);
          // float32 weights: 24 bits of sums up to a few hundred.
          return Math.abs(y * gamma + beta - folded) < 1e-4;
        },
      ),
      { seed: 6, numRuns: 200 },
    );
  });

  test("lengths that disagree are refused", () => {
    expect(() => foldBatchNormInto(Float32Array.of(2), [1, 1], [1], { mean: [1, 2], variance: [1] })).toThrow(
      RangeError,
    );
  });
});
