import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type RoundingMode, round, roundHalfEven, roundingModes, roundStochastic } from "../src/index.ts";

describe("round", () => {
  const inputs = [5.5, 2.5, 1.6, 1.1, 1, -1, -1.1, -1.6, -2.5, -5.5];
  const table: Record<RoundingMode, number[]> = {
    UP: [6, 3, 2, 2, 1, -1, -2, -2, -3, -6],
    DOWN: [5, 2, 1, 1, 1, -1, -1, -1, -2, -5],
    CEIL: [6, 3, 2, 2, 1, -1, -1, -1, -2, -5],
    FLOOR: [5, 2, 1, 1, 1, -1, -2, -2, -3, -6],
    HALF_UP: [6, 3, 2, 1, 1, -1, -1, -2, -3, -6],
    HALF_DOWN: [5, 2, 2, 1, 1, -1, -1, -2, -2, -5],
    HALF_EVEN: [6, 2, 2, 1, 1, -1, -1, -2, -2, -6],
  };
  test.each(roundingModes)("%s follows the QONNX table", (mode) => {
    expect(inputs.map((x) => round(x, mode))).toEqual(table[mode]);
  });

  test("half to even takes [0.5, 1.5, 2.5, -0.5, -1.5, -2.5] to [0, 2, 2, 0, -2, -2]", () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map(roundHalfEven)).toEqual([0, 2, 2, 0, -2, -2]);
  });

  test("the double just below one half rounds to 0, and 2^52 + 1 stays odd", () => {
    expect(roundHalfEven(0.49999999999999994)).toBe(0);
    expect(roundHalfEven(2 ** 52 + 1)).toBe(2 ** 52 + 1);
  });

  test("no mode returns minus zero", () => {
    for (const mode of roundingModes)
      for (const x of [-0, -0.2, -0.5, -0.9, 0]) expect(Object.is(round(x, mode), -0)).toBe(false);
  });

  test("every mode is monotone, moves by less than 1, and keeps integers", () => {
    const real = fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1024);
    fc.assert(
      fc.property(real, real, fc.constantFrom(...roundingModes), (a, b, mode) => {
        const [low, high] = a < b ? [a, b] : [b, a];
        expect(round(low, mode)).toBeLessThanOrEqual(round(high, mode));
        expect(Math.abs(round(a, mode) - a)).toBeLessThan(1);
        expect(round(Math.trunc(a), mode)).toBe(Math.trunc(a) + 0);
      }),
      { seed: 1 },
    );
  });

  test("the sign-symmetric modes give round(-x) = -round(x)", () => {
    const symmetric = ["HALF_EVEN", "UP", "DOWN", "HALF_UP", "HALF_DOWN"] as const;
    fc.assert(
      fc.property(fc.integer({ min: -4000, max: 4000 }), fc.constantFrom(...symmetric), (eighths, mode) => {
        expect(round(-eighths / 8, mode)).toBe(-round(eighths / 8, mode) + 0);
      }),
      { seed: 2 },
    );
  });

  test("stochastic rounding of 2.25 goes up for u = 0.2 and down for u = 0.3", () => {
    expect(roundStochastic(2.25, 0.2)).toBe(3);
    expect(roundStochastic(2.25, 0.3)).toBe(2);
    expect(roundStochastic(-2.25, 0.7)).toBe(-2);
    expect(roundStochastic(-2.25, 0.8)).toBe(-3);
  });
});
