import { philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { HistogramObserver, MinMaxObserver, percentile } from "../src/index.ts";

const normal = (count: number, stream: string): Float64Array => {
  const random = philox(9, stream);
  return Float64Array.from({ length: count }, () => random.normal());
};

describe("percentile", () => {
  test("1 … 19 tenths and an outlier 8.0: P99 6.841, P95 2.205, P100 8, P0 0.1", () => {
    const values = [8, ...Array.from({ length: 19 }, (_, i) => (i + 1) / 10)];
    expect(percentile(values, 99)).toBeCloseTo(6.841, 9);
    expect(percentile(values, 95)).toBeCloseTo(2.205, 9);
    expect([percentile(values, 100), percentile(values, 0)]).toEqual([8, 0.1]);
    expect(percentile([], 50)).toBeNaN();
  });
});

describe("min and max", () => {
  test("over several parts and observers, NaN left out", () => {
    const a = new MinMaxObserver();
    a.observe([0.5, Number.NaN, -0.25]);
    const b = new MinMaxObserver();
    b.observe([-3]);
    a.merge(b);
    expect([a.min, a.max, a.absmax]).toEqual([-3, 0.5, 3]);
    expect(new MinMaxObserver().absmax).toBe(0);
  });
});

describe("histogram", () => {
  test("the range doubles to 16 for 8.0, and counts stay", () => {
    const seen = new HistogramObserver();
    seen.observe([0.1, 0.2]);
    expect(seen.range).toBe(0.25);
    seen.observe([8, -1]);
    expect([seen.range, seen.count]).toEqual([16, 4]);
    // Bins are 1/64 wide now.
    expect(Math.abs(seen.percentile(0) + 1)).toBeLessThanOrEqual(1 / 64);
    expect(seen.percentile(100)).toBe(8);
  });

  test("percentiles of 5,000 normal numbers are within one bin of the exact ones", () => {
    const values = normal(5000, "histogram");
    const seen = new HistogramObserver();
    seen.observe(values);
    const bin = seen.range / 1024;
    for (const p of [1, 5, 50, 95, 99, 99.9])
      expect(Math.abs(seen.percentile(p) - percentile(values, p))).toBeLessThanOrEqual(bin);
  });

  test("parts, order and merging do not matter", () => {
    const values = normal(3000, "merge").map((x, i) => (i === 1500 ? 40 : x));
    const whole = new HistogramObserver();
    whole.observe(values);
    const parts = [values.subarray(2000), values.subarray(0, 700), values.subarray(700, 2000)].map((part) => {
      const seen = new HistogramObserver();
      for (const value of part) seen.observe([value]);
      return seen;
    });
    const merged = new HistogramObserver();
    merged.observe([]);
    for (const part of parts) merged.merge(part);
    expect(merged.range).toBe(whole.range);
    expect(merged.counts).toEqual(whole.counts);
  });

  test("zeros alone have the percentile 0, and count when a range appears", () => {
    const seen = new HistogramObserver();
    expect(seen.percentile(50)).toBeNaN();
    seen.observe([0, 0, 0]);
    expect([seen.percentile(99), seen.count, seen.range]).toEqual([0, 3, 0]);
    const other = new HistogramObserver();
    other.observe([0]);
    seen.merge(other);
    seen.observe([1]);
    expect(seen.count).toBe(5);
  });
});
