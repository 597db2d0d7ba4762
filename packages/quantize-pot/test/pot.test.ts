import { NirkitError } from "@nirkit/graph";
import { BitSet, philox, splitFloat } from "@nirkit/integer";
import { checkCode } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { type PotParams, pot, potParams } from "../src/index.ts";
import { quantized, quantizedAt, W } from "./w.ts";

const params = (p: Partial<PotParams>): PotParams => potParams.parse(p);
const digits = (values: ArrayLike<number>, to = 6): number[] =>
  Array.from(values, (x) => Number(x.toPrecision(to)));

describe("power of two on W = [[0.9, -0.35, 0.05], [-0.6, 0.12, -0.02]]", () => {
  test("4 bit, alpha 0.9, log: s 0.0140625, integers [[64,-32,4],[-32,8,-2]], codes [[7,14,3],[14,4,10]]", () => {
    const q = quantized(pot, W, [2, 3], { bits: 4 });
    expect(q.scale[0]).toBe(Math.fround(0.9) / 64);
    expect(q.scale[0]).toBeCloseTo(0.0140625, 8);
    expect([...q.ints]).toEqual([64, -32, 4, -32, 8, -2]);
    expect([...q.codes]).toEqual([7, 14, 3, 14, 4, 10]);
    expect(digits(q.dequant)).toEqual([0.9, -0.45, 0.05625, -0.45, 0.1125, -0.028125]);
    expect(q).toMatchObject({ scheme: "pot", bits: 4, intBits: 8 });
    expect(q.ints).toBeInstanceOf(Int8Array);
  });

  test("linear differs in the last element alone: integer -1, code 9", () => {
    const q = quantized(pot, W, [2, 3], { bits: 4, rounding: "linear" });
    expect([...q.ints]).toEqual([64, -32, 4, -32, 8, -1]);
    expect(q.codes[5]).toBe(9);
  });

  test("4 bit, alpha 1 (po2), log: integers [[64,-16,4],[-32,8,-1]]", () => {
    const q = quantized(pot, W, [2, 3], { bits: 4, alphaMode: "po2" });
    expect(q.scale[0]).toBe(2 ** -6);
    expect([...q.ints]).toEqual([64, -16, 4, -32, 8, -1]);
  });

  test("3 bit, alpha 0.9: s 0.225, integers [[4,-2,0],[-2,1,0]], codes [[3,6,0],[6,1,0]]", () => {
    const q = quantized(pot, W, [2, 3], { bits: 3 });
    expect(q.scale[0]).toBeCloseTo(0.225, 7);
    expect([...q.ints]).toEqual([4, -2, 0, -2, 1, 0]);
    expect([...q.codes]).toEqual([3, 6, 0, 6, 1, 0]);
  });

  test("per channel, 4 bit: alpha 0.9 and 0.6 give scales 0.9/64 and 0.6/64", () => {
    const q = quantized(pot, W, [2, 3], { bits: 4, axis: 0 });
    expect([...q.scale]).toEqual([Math.fround(0.9) / 64, Math.fround(0.6) / 64]);
    expect([...q.ints.slice(3)]).toEqual([-64, 16, -2]);
  });
});

describe("magnitude index of x, 4 bit, alpha 1", () => {
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: 0.7071 lies just below the boundary, on purpose
  const x = [1, 0.7072, 0.7071, 0.7, 0.5, 0.36, 0.35, 0.1875, 0.18, 0.012, 0.011, 0.0078125, 0.0078];
  const rows: readonly (readonly [string, Partial<PotParams>, readonly number[]])[] = [
    ["log", { rounding: "log" }, [7, 7, 6, 6, 6, 6, 5, 5, 5, 1, 1, 1, 0]],
    ["linear", { rounding: "linear" }, [7, 6, 6, 6, 6, 5, 5, 5, 4, 1, 1, 1, 0]],
    ["log, zero rule log", { zeroRule: "log" }, [7, 7, 6, 6, 6, 6, 5, 5, 5, 1, 0, 0, 0]],
  ];
  for (const [name, p, expected] of rows)
    test(`${name}: ${x} become ${expected}`, () => {
      const q = quantizedAt(pot, Float32Array.from(x), 2 ** -6, { bits: 4, ...p });
      expect([...q.codes]).toEqual(expected);
      const mirrored = quantizedAt(
        pot,
        Float32Array.from(x, (v) => -v),
        2 ** -6,
        { bits: 4, ...p },
      );
      expect([...mirrored.ints]).toEqual([...q.ints].map((int) => -int + 0));
    });

  test("floor: 0.99 takes 6, 0.5 takes 6, 0.49 takes 5, 2 is clipped to 7", () => {
    const q = quantizedAt(pot, Float32Array.of(0.99, 0.5, 0.49, 2), 2 ** -6, { bits: 4, rounding: "floor" });
    expect([...q.codes]).toEqual([6, 6, 5, 7]);
  });

  test("the boundary of log is the square root of two to the last bit, that of the zero rule its half", () => {
    const next = (v: number): number => v + 2 ** -52;
    expect(Math.SQRT2 ** 2).toBeGreaterThanOrEqual(2);
    expect((Math.SQRT2 - 2 ** -52) ** 2).toBeLessThan(2);
    expect(Math.SQRT1_2 ** 2).toBeGreaterThanOrEqual(0.5);
    expect((Math.SQRT1_2 - 2 ** -53) ** 2).toBeLessThan(0.5);
    expect(next(1)).toBe(1.0000000000000002);
  });
});

describe("layouts", () => {
  test("levels: 3 bit zero {0, ±1, 2, 4}, 4 bit zero to 64, 5 bit to 2^14; 3 bit nozero ±1 … ±8", () => {
    expect([...pot.levels(params({ bits: 3 }))]).toEqual([-4, -2, -1, 0, 1, 2, 4]);
    expect(pot.levels(params({ bits: 4 })).length).toBe(15);
    expect(pot.levels(params({ bits: 4 })).at(-1)).toBe(64);
    expect(pot.levels(params({ bits: 5 })).at(-1)).toBe(2 ** 14);
    expect([...pot.levels(params({ bits: 3, layout: "nozero" }))]).toEqual([-8, -4, -2, -1, 1, 2, 4, 8]);
    expect(pot.intBits(params({ bits: 5 }))).toBe(16);
  });

  test("nozero: 0 and -0 become +1, codes are sign and exponent, 2.5 of alpha 8 is 2 (log), 3 linear-up is 4", () => {
    const w = Float32Array.of(8, 0, -0, -2.5, 3, -8);
    const q = quantized(pot, w, [6], { bits: 3, layout: "nozero", rounding: "linear" });
    expect([...q.ints]).toEqual([8, 1, 1, -2, 4, -8]);
    expect([...q.codes]).toEqual([3, 0, 0, 5, 2, 7]);
  });

  test("the negative zero 1000 of 4 bit decodes to 0, is never written, and is reported", () => {
    const p = params({ bits: 4 });
    expect(pot.decodeCode(8, p)).toBe(0);
    expect(Object.is(pot.decodeCode(8, p), 0)).toBe(true);
    expect(checkCode(pot, 8, p, "image[3]")).toMatchObject([{ code: "W_ILLEGAL_CODE", path: "image[3]" }]);
    for (const code of [0, 1, 7, 9, 15]) expect(checkCode(pot, code, p, "")).toEqual([]);
    const q = quantized(pot, Float32Array.of(-0, -1e-9, 1), [3], { bits: 4 });
    expect([...q.codes]).toEqual([0, 0, 7]);
  });

  test("3 is no level of pot, 128 none of 4 bit, 0 none of nozero", () => {
    for (const [int, p] of [
      [3, params({ bits: 4 })],
      [128, params({ bits: 4 })],
      [0, params({ bits: 4, layout: "nozero" })],
      [0.5, params({ bits: 4 })],
    ] as const)
      expect(() => pot.encodeInt(int, p)).toThrow(/E_NOT_A_LEVEL/);
    expect(() => potParams.parse({ bits: 1 })).toThrow(/1 bit/);
  });

  test("pruned weights need the zero: a mask with layout nozero is E_NO_ZERO_LEVEL, a full mask is not", () => {
    const p = params({ bits: 4, layout: "nozero" });
    const mask = BitSet.ofLength(6);
    for (let i = 0; i < 6; i++) mask.set(i);
    expect(() => pot.fit(W, [2, 3], p, mask)).not.toThrow();
    mask.set(4, false);
    expect(() => pot.fit(W, [2, 3], p, mask)).toThrow(/E_NO_ZERO_LEVEL.*1 weights/);
    expect(() => pot.fit(W, [2, 3], params({ bits: 4 }), mask)).not.toThrow();
  });
});

describe("alpha", () => {
  test("inq takes 2^floor(log2(4·0.9/3)) = 1, percentile 50 the median 0.235, unit 1, learned absmax", () => {
    const at = (p: Partial<PotParams>): number => pot.fit(W, [2, 3], params({ bits: 4, ...p })).alpha[0] ?? 0;
    expect(at({ alphaMode: "inq" })).toBe(1);
    expect(at({ alphaMode: "unit" })).toBe(1);
    expect(at({ alphaMode: "percentile", percentile: 50 })).toBeCloseTo(0.235, 7);
    expect(at({ alphaMode: "learned" })).toBe(Math.fround(0.9));
  });

  test("mse is the best of the hundred candidates, never worse than absmax, on 50 random tensors", () => {
    const random = philox(3, "pot/mse");
    for (let k = 0; k < 50; k++) {
      const w = Float32Array.from({ length: 60 }, () => random.normal() ** 3);
      const absmax = w.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      for (const rounding of ["log", "linear"] as const) {
        const { alpha } = pot.fit(w, [60], params({ bits: 4, rounding, alphaMode: "mse" }));
        const errorAt = (a: number): number => plainError(w, a, rounding);
        const candidates = Array.from({ length: 100 }, (_, i) => errorAt(absmax * (0.2 + (0.8 * i) / 99)));
        expect(errorAt(alpha[0] ?? 0)).toBeCloseTo(Math.min(...candidates), 9);
      }
    }
  });

  test("a masked outlier does not count", () => {
    const mask = BitSet.ofLength(6);
    for (const i of [1, 2, 3, 4, 5]) mask.set(i);
    expect(pot.fit(W, [2, 3], params({ bits: 4 }), mask).alpha[0]).toBe(Math.fround(0.6));
  });
});

/** The definition word by word: exponents from the bits, one weight at a time. */
function plainInt(w: number, s: number, p: PotParams): number {
  const magnitudes = 2 ** (p.bits - 1) - (p.layout === "zero" ? 1 : 0);
  const lowest = 1 - magnitudes;
  const sign = w < 0 ? -1 : 1;
  const x = Math.abs(w) / s / 2 ** (magnitudes - 1);
  if (p.layout === "zero") {
    const gone = p.zeroRule === "log" ? x * x < 2 ** (2 * lowest - 1) : x < 2 ** (lowest - 1);
    if (gone) return 0;
  }
  if (x === 0) return 1;
  const { mantissa: m, exponent: e } = splitFloat(x);
  const k = e + (p.rounding === "log" ? Number(m * m >= 2) : p.rounding === "linear" ? Number(m >= 1.5) : 0);
  return sign * 2 ** (Math.max(lowest, Math.min(0, k)) - lowest);
}

function plainError(w: Float32Array, alpha: number, rounding: "log" | "linear"): number {
  const p = params({ bits: 4, rounding });
  const s = alpha / 64;
  return w.reduce((sum, x) => sum + (x - s * plainInt(x, s, p)) ** 2, 0);
}

test("the integers are those of the plain definition: 20 000 weights, every rounding, layout and width", () => {
  const random = philox(11, "pot/plain");
  const w = Float32Array.from({ length: 250 }, (_, i) =>
    i % 5 === 0 ? (random.integer(65) - 32) / 32 : random.normal() * 2 ** -random.integer(16),
  );
  let compared = 0;
  for (const bits of [2, 3, 4, 5])
    for (const layout of ["zero", "nozero"] as const)
      for (const rounding of ["log", "linear", "floor"] as const)
        for (const zeroRule of ["half-min", "log"] as const)
          for (const alphaMode of ["absmax", "po2"] as const) {
            const p = params({ bits, layout, rounding, zeroRule, alphaMode });
            const q = quantized(pot, w, [w.length], p);
            const plain = Array.from(w, (x) => plainInt(x, q.scale[0] ?? 1, p));
            expect([...q.ints]).toEqual(plain);
            compared += w.length;
          }
  expect(compared).toBe(24_000);
});

describe("learned alpha (RCF)", () => {
  test("W, 4 bit, alpha 0.5: d/dalpha is sign(x) for |x| > 1, x̂ - x inside; the weight gradient is not clipped", () => {
    const p = params({ bits: 4, alphaMode: "learned", alphaGradient: 0.1 });
    const fitted = {
      axis: null,
      scale: Float64Array.of(0.5 / 64),
      alpha: Float64Array.of(0.5),
      shape: [2, 3],
    };
    // x = 1.8, -0.7, 0.1, -1.2, 0.24, -0.04; x̂ = 1, -0.5, 0.125, -1, 0.25, -0.03125
    const slopes = [1, 0.2, 0.025, -1, 0.01, 0.00875];
    for (const [i, slope] of slopes.entries()) {
      const gradOut = new Float32Array(6);
      gradOut[i] = 1;
      const { gradW, gradScale } = pot.backward(gradOut, W, fitted, p);
      expect([...gradW]).toEqual([...gradOut]);
      // alpha = 64 s, so dL/ds = 64 dL/dalpha; the factor 0.1 is the published one.
      expect(gradScale?.[0]).toBeCloseTo(64 * 0.1 * slope, 5);
    }
    expect(pot.backward(new Float32Array(6), W, fitted, params({ bits: 4 })).gradScale).toBeUndefined();
  });

  test("where a weight clips, the derivative is that of the quantised value by finite difference", () => {
    const value = (alpha: number): number =>
      quantizedAt(pot, Float32Array.of(1.7), Math.fround(alpha / 64), { bits: 4 }).dequant[0] ?? 0;
    const [low, high] = [0.5, 0.5625]; // both exact in float32
    expect((value(high) - value(low)) / (high - low)).toBe(1);
  });
});

describe("levels that almost nothing takes", () => {
  const random = philox(5, "pot/rare");
  const gaussian = Float32Array.from({ length: 20_000 }, () => random.normal());

  test("5 bit on 20 000 Gaussian weights warns W_UNUSED_LEVELS, 4 bit does not, nor does a tensor of 6", () => {
    const review = (w: Float32Array, bits: number) =>
      pot.review?.(quantized(pot, w, [w.length], { bits }), params({ bits }), "nodes.fc.weight");
    expect(review(gaussian, 5)).toMatchObject([{ code: "W_UNUSED_LEVELS", path: "nodes.fc.weight" }]);
    expect(review(gaussian, 4)).toEqual([]);
    expect(review(W, 5)).toEqual([]);
  });
});

test("NaN and infinities are refused where they stand", () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    try {
      quantized(pot, Float32Array.of(1, 2, 3, bad), [2, 2]);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(NirkitError);
      expect((error as NirkitError).diagnostics[0]).toMatchObject({
        code: "E_NON_FINITE",
        path: "weight[1,1]",
      });
    }
  }
});
