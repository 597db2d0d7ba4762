import { percentile } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { clipValue, lsqInit, sawb, type UniformParams, uniformParams } from "../src/index.ts";

const W = Float64Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
const params = (p: Partial<UniformParams>): UniformParams => uniformParams.parse(p);

describe("clip values of W", () => {
  test("absmax is 0.9, po2 rounds it up to 1", () => {
    expect(clipValue(W, params({ clip: "absmax" }))).toBe(0.9);
    expect(clipValue(W, params({ clip: "po2" }))).toBe(1);
    expect(clipValue(Float64Array.of(0.5), params({ clip: "po2" }))).toBe(0.5);
  });

  test("percentile interpolates between order statistics: 1 … 19 tenths and 8.0 give P99 6.841 and P95 2.205", () => {
    const values = Float64Array.from({ length: 20 }, (_, i) => (i < 19 ? (i + 1) / 10 : 8));
    expect(percentile(values, 99)).toBeCloseTo(6.841, 9);
    expect(percentile(values, 95)).toBeCloseTo(2.205, 9);
    expect(percentile(values, 100)).toBe(8);
    expect(clipValue(values, params({ clip: "percentile", percentile: 99 }))).toBeCloseTo(6.841, 9);
  });

  test("sawb: 2.169799 at 4 bit and 4.916094 at 8, clamped to absmax 0.9 when used", () => {
    expect(sawb(W, 4)).toBeCloseTo(2.169799, 5);
    expect(sawb(W, 8)).toBeCloseTo(4.916094, 5);
    expect(clipValue(W, params({ bits: 4, clip: "sawb" }))).toBe(0.9);
    expect(() => clipValue(W, params({ bits: 3, clip: "sawb" }))).toThrow(/E_BAD_OPTION.*3 bits/);
  });

  test("sawb-asymm, the branch that SpQuant's code takes, is 2 mean|w| = 0.68", () => {
    expect(clipValue(W, params({ clip: "sawb-asymm" }))).toBeCloseTo(0.68, 12);
  });

  test("clipPo2 rounds any choice up to a power of two: sawb-asymm 0.68 to 1, percentile 50 (0.235) to 0.25", () => {
    expect(clipValue(W, params({ clip: "sawb-asymm", clipPo2: true }))).toBe(1);
    expect(clipValue(W, params({ clip: "percentile", percentile: 50, clipPo2: true }))).toBe(0.25);
  });

  test("gaussian is max(|mu - 3 sigma|, |mu + 3 sigma|) with ddof 0", () => {
    const mean = 0.1 / 6;
    const sigma = Math.sqrt(W.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 6);
    expect(clipValue(W, params({ clip: "gaussian" }))).toBeCloseTo(mean + 3 * sigma, 12);
  });

  test("rockpool-fuzzy is |mu| + 2 sigma over the weights that are not 0", () => {
    const value = clipValue(Float64Array.of(1, 0, 0, 3), params({ clip: "rockpool-fuzzy" }));
    expect(value).toBe(2 + 2 * 1);
  });

  test("mse is never worse than absmax, and finds an outlier worth clipping", () => {
    const w = Float64Array.from({ length: 200 }, (_, i) => ((i * 37) % 200) / 100 - 1);
    w[0] = 6;
    const error = (alpha: number): number => {
      const s = alpha / 7;
      return w.reduce((sum, x) => sum + (x - s * Math.max(-7, Math.min(7, Math.floor(x / s + 0.5)))) ** 2, 0);
    };
    const alpha = clipValue(w, params({ bits: 4, clip: "mse" }));
    expect(alpha).toBeLessThan(6);
    expect(error(alpha)).toBeLessThan(error(6));
    expect(error(alpha)).toBeCloseTo(
      Math.min(...Array.from({ length: 100 }, (_, i) => error(6 * (0.2 + (0.8 * i) / 99)))),
      9,
    );
  });

  test("mse ties go to the larger alpha: three levels of one magnitude keep absmax", () => {
    expect(clipValue(Float64Array.of(1, -1, 0), params({ bits: 2, clip: "mse" }))).toBe(1);
  });

  test("LSQ starts at 2 mean|w| / sqrt(Qp) = 0.2570158416", () => {
    expect(lsqInit(W, 7)).toBeCloseTo(0.2570158416, 9);
    expect(clipValue(W, params({ bits: 4, clip: "lsq" }))).toBeCloseTo(7 * 0.2570158416, 8);
  });

  test("zeros give 0, a constant falls back to absmax where a statistic has no answer", () => {
    expect(clipValue(Float64Array.of(0, 0), params({ clip: "mse" }))).toBe(0);
    expect(clipValue(Float64Array.of(0.25, 0.25), params({ bits: 4, clip: "sawb" }))).toBe(0.25);
    expect(clipValue(Float64Array.of(0.25), params({ bits: 4, clip: "sawb" }))).toBe(0.25);
  });
});
