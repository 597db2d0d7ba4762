import fc from "fast-check";
import { expect, test } from "vitest";
import { magnitudePercentile, percentile } from "../src/index.ts";

test("is the percentile of the sorted magnitudes, to the last bit, for 2 000 arrays", () => {
  const values = fc.float32Array({ minLength: 1, maxLength: 60, noNaN: true, noDefaultInfinity: true });
  const few = fc
    .array(fc.integer({ min: -3, max: 3 }), { minLength: 1, maxLength: 60 })
    .map((a) => Float32Array.from(a));
  fc.assert(
    fc.property(fc.oneof(values, few), fc.double({ min: 0, max: 100, noNaN: true }), (w, p) => {
      const before = w.slice();
      expect(magnitudePercentile(w, p)).toBe(percentile(w.map(Math.abs), p));
      expect(w).toEqual(before);
    }),
    { numRuns: 2000, seed: 5 },
  );
});

test("orders that are bad for selection, and 100 000 equal values, give the same", () => {
  const n = 100_000;
  const ramps = [
    Float32Array.from({ length: n }, (_, i) => i),
    Float32Array.from({ length: n }, (_, i) => n - i),
    Float32Array.from({ length: n }, (_, i) => (i % 2 === 0 ? i : n - i)),
    new Float32Array(n).fill(2),
  ];
  for (const w of ramps)
    for (const p of [0, 50, 99.9, 100]) expect(magnitudePercentile(w, p)).toBe(percentile(w, p));
  expect(magnitudePercentile(new Float32Array(0), 50)).toBeNaN();
});
