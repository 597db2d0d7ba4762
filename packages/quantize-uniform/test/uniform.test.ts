import type { NirkitError } from "@nirkit/graph";
import { BitSet, roundHalfEven } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type UniformParams, uniform, uniformParams } from "../src/index.ts";

const W = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
const params = (p: Partial<UniformParams>): UniformParams => uniformParams.parse(p);
const quantized = (w: Float32Array, shape: readonly number[], p: UniformParams) =>
  uniform.quantize(w, uniform.fit(w, shape, p), p);

describe("uniform on W = [[0.9, -0.35, 0.05], [-0.6, 0.12, -0.02]]", () => {
  test("4 bit per tensor: scale 0.1285714, integers [[7,-3,0],[-5,1,0]], codes 7,13,0 / 11,1,0", () => {
    const q = quantized(W, [2, 3], params({ bits: 4 }));
    expect(q.scale[0]).toBeCloseTo(0.1285714285714286, 7);
    expect([...q.ints]).toEqual([7, -3, 0, -5, 1, 0]);
    expect([...q.codes]).toEqual([7, 13, 0, 11, 1, 0]);
    expect(q.ints).toBeInstanceOf(Int8Array);
  });

  test("8 bit per tensor: scale 0.0070866, integers [[127,-49,7],[-85,17,-3]]", () => {
    const q = quantized(W, [2, 3], params({ bits: 8 }));
    expect(q.scale[0]).toBeCloseTo(0.007086614173228346, 9);
    expect([...q.ints]).toEqual([127, -49, 7, -85, 17, -3]);
  });

  test("4 bit per channel: scales 0.1285714 and 0.0857143, integers [[7,-3,0],[-7,1,0]]", () => {
    const q = quantized(W, [2, 3], params({ bits: 4, axis: 0 }));
    expect(q.scale[0]).toBeCloseTo(0.1285714285714286, 7);
    expect(q.scale[1]).toBeCloseTo(0.0857142857142857, 7);
    expect([...q.ints]).toEqual([7, -3, 0, -7, 1, 0]);
  });

  test("16 bit per tensor: scale 0.9/32767, codes of 16 bits, every integer that of the plain definition", () => {
    const q = quantized(W, [2, 3], params({ bits: 16 }));
    const s = Math.fround(Math.fround(0.9) / 32767);
    expect(q.scale[0]).toBe(s);
    expect([...q.ints]).toEqual(Array.from(W, (w) => roundHalfEven(w / s)));
    expect(q.ints).toBeInstanceOf(Int16Array);
    expect(q.codes).toBeInstanceOf(Uint16Array);
    expect(q.codes[1]).toBe(65536 + (q.ints[1] ?? 0));
  });

  test("2 bit narrow has the levels -1, 0, 1; 3 bit full has -4 … 3", () => {
    expect([...uniform.levels(params({ bits: 2 }))]).toEqual([-1, 0, 1]);
    expect([...uniform.levels(params({ bits: 3, range: "full" }))]).toEqual([-4, -3, -2, -1, 0, 1, 2, 3]);
  });

  test("statistics: 4 bit gives 23.3 dB, two zeros, nothing clipped", () => {
    const { stats } = quantized(W, [2, 3], params({ bits: 4 }));
    const hat = [0.9, -0.385714, 0, -0.642857, 0.128571, 0];
    const error = hat.reduce((sum, x, i) => sum + (x - (W[i] ?? 0)) ** 2, 0);
    const power = W.reduce((sum, x) => sum + x * x, 0);
    expect(stats.mse).toBeCloseTo(error / 6, 6);
    expect(stats.sqnrDb).toBeCloseTo(10 * Math.log10(power / error), 3);
    expect(stats.zeroFraction).toBeCloseTo(2 / 6);
    expect(stats.clippedFraction).toBe(0);
    expect([...stats.levelHistogram]).toEqual([0, 0, 1, 0, 1, 0, 0, 2, 1, 0, 0, 0, 0, 0, 1]);
  });

  test("clip percentile 50 clips half of the weights and says so", () => {
    const q = quantized(W, [2, 3], params({ bits: 4, clip: "percentile", percentile: 50 }));
    expect(q.stats.clippedFraction).toBe(0.5);
    expect(q.ints[0]).toBe(7);
    expect(q.ints[3]).toBe(-7);
  });
});

describe("codes", () => {
  test("two's complement: -3 is 13 in 4 bits, and the pattern 1000 of narrow range decodes to -8", () => {
    const p = params({ bits: 4 });
    expect(uniform.encodeInt(-3, p)).toBe(13);
    expect(uniform.decodeCode(13, p)).toBe(-3);
    expect(uniform.decodeCode(8, p)).toBe(-8);
  });

  test("-8 is no level of narrow 4 bit, and 1.5 of none", () => {
    for (const int of [-8, 8, 1.5])
      expect(() => uniform.encodeInt(int, params({ bits: 4 }))).toThrow(/E_NOT_A_LEVEL/);
    expect(uniform.encodeInt(-8, params({ bits: 4, range: "full" }))).toBe(8);
  });

  test("the words of an annotation give the parameters back, unknown words do not", () => {
    const p = params({ bits: 5, axis: 0, range: "full", clip: "mse" });
    const back = uniform.fromWords(5, 0, uniform.describe(p));
    expect(back).toMatchObject({ bits: 5, axis: 0, range: "full", clip: "mse" });
    expect(
      uniform.fromWords(5, 0, { layout: "nozero", rounding: "HALF_EVEN", alphaMode: "absmax" }),
    ).toBeUndefined();
  });
});

describe("rounding", () => {
  const modes = {
    HALF_EVEN: [6, 2, 2, 1],
    UP: [6, 3, 2, 2],
    DOWN: [5, 2, 1, 1],
    HALF_UP: [6, 3, 2, 1],
    HALF_DOWN: [5, 2, 2, 1],
  } as const;
  for (const [rounding, ints] of Object.entries(modes))
    test(`${rounding} takes 5.5 2.5 1.6 1.1 to ${ints}, as QONNX does`, () => {
      const w = Float32Array.of(5.5, 2.5, 1.6, 1.1, 7);
      const q = quantized(w, [5], params({ bits: 4, rounding: rounding as UniformParams["rounding"] }));
      expect(q.scale[0]).toBe(1);
      expect([...q.ints]).toEqual([...ints, 7]);
    });

  test("-0.35 / 0.1 is -3.4999999999999996 and rounds to -3", () => {
    expect(-0.35 / 0.1).toBe(-3.4999999999999996);
    const fitted = {
      axis: null,
      scale: Float64Array.of(Math.fround(0.1)),
      alpha: Float64Array.of(0.7),
      shape: [1],
    };
    expect(uniform.quantize(Float32Array.of(-0.35), fitted, params({ bits: 4 })).ints[0]).toBe(-3);
  });

  test("STOCHASTIC depends on seed and position alone, and hits 0.25 up a quarter of the time", () => {
    const w = new Float32Array(4001).fill(0.25);
    w[4000] = 7;
    const p = params({ bits: 4, rounding: "STOCHASTIC", seed: 3 });
    const first = quantized(w, [4001], p);
    expect([...quantized(w, [4001], p).ints]).toEqual([...first.ints]);
    const ups = [...first.ints].slice(0, 4000).reduce((a, b) => a + b, 0);
    // Standard deviation sqrt(4000 · 0.25 · 0.75) = 27.4; six of them.
    expect(Math.abs(ups - 1000)).toBeLessThan(165);
    expect([...quantized(w, [4001], { ...p, seed: 4 }).ints]).not.toEqual([...first.ints]);
  });

  test("product, DOWN: 0.01 · (127/0.01) is 126.99999999999999, so the largest weight is 126, as the importer has it", () => {
    const w = Float32Array.of(0.01, -0.005);
    const q = quantized(w, [2], params({ integers: "product", rounding: "DOWN" }));
    expect([...q.ints]).toEqual([126, -63]);
    expect(q.factor?.[0]).toBe(127 / Math.fround(0.01));
    expect(q.scale[0]).toBe(Math.fround(Math.fround(0.01) / 127));
    expect([...quantized(w, [2], params({ rounding: "DOWN" })).ints]).toEqual([127, -63]);
    expect([...quantized(w, [2], params({ integers: "product" })).ints]).toEqual([127, -63]);
  });

  test("product with a scale that the clip value does not give: the step it stands for", () => {
    const fitted = { axis: null, scale: Float64Array.of(0.5), alpha: Float64Array.of(3), shape: [2] };
    const q = uniform.quantize(Float32Array.of(1.5, -3), fitted, params({ bits: 4, integers: "product" }));
    expect([...q.ints, q.factor?.[0]]).toEqual([3, -6, 2]);
  });

  test("every mode leaves a value that is a level where it is", () => {
    fc.assert(
      fc.property(
        fc.float({ min: 2 ** -20, max: 2 ** 20, noNaN: true }),
        fc.integer({ min: -127, max: 127 }),
        fc.constantFrom(
          ...(["CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "HALF_EVEN", "STOCHASTIC"] as const),
        ),
        (scale, int, rounding) => {
          const fitted = {
            axis: null,
            scale: Float64Array.of(scale),
            alpha: Float64Array.of(127 * scale),
            shape: [1],
          };
          const q = uniform.quantize(Float32Array.of(scale * int), fitted, params({ rounding }));
          return q.ints[0] === int;
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe("edges", () => {
  test("an all-zero channel takes scale 1 and integers 0, beside a live one", () => {
    const q = quantized(Float32Array.of(0, -0, 0.3, -0.7), [2, 2], params({ axis: 0 }));
    expect(q.scale[0]).toBe(1);
    expect([...q.ints]).toEqual([0, 0, 54, -127]);
    expect(q.ints.some((int) => Object.is(int, -0)) || q.dequant.some((x) => Object.is(x, -0))).toBe(false);
  });

  test("NaN is refused at weight[1,2]", () => {
    const w = Float32Array.of(1, 2, 3, 4, 5, Number.NaN);
    try {
      uniform.fit(w, [2, 3], params({}));
      expect.unreachable();
    } catch (error) {
      expect((error as NirkitError).diagnostics[0]).toMatchObject({
        code: "E_NON_FINITE",
        path: "weight[1,2]",
      });
    }
  });

  test("masked weights do not set the scale", () => {
    const mask = BitSet.ofLength(6);
    for (const i of [1, 2, 3, 4, 5]) mask.set(i);
    const fitted = uniform.fit(W, [2, 3], params({ bits: 4 }), mask);
    expect(fitted.alpha[0]).toBeCloseTo(0.6, 6);
  });

  test("scalePo2 rounds 0.1286 up to 0.25, and every weight is exact in float32", () => {
    const q = quantized(W, [2, 3], params({ bits: 4, scalePo2: true }));
    expect(q.scale[0]).toBe(0.25);
    expect([...q.dequant]).toEqual([...q.ints].map((int) => int / 4));
  });

  test("1 and 17 bits are refused by the schema", () => {
    for (const bits of [1, 17]) expect(uniformParams.safeParse({ bits }).success).toBe(false);
  });
});
