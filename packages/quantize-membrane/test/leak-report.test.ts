import { applyIntegerLeak, type IntegerLeak } from "@nirkit/quantize";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { describeLeak, quantizeTau } from "../src/index.ts";

const shift: IntegerLeak = { form: "shift", shift: 3 };
const mul = (round: "floor" | "zero" | "rne"): IntegerLeak => ({ form: "mul", mul: 7, shift: 3, round });
const decay = (leak: IntegerLeak, from: number, steps: number): readonly number[] => {
  const values = [from];
  for (let i = 1; i < steps; i++) values.push(applyIntegerLeak(leak, values[i - 1] ?? 0));
  return values;
};

describe("leaks without input, k = 3", () => {
  test("from 100 the shift form goes 100 88 77 68 60 53 47 42 and sticks at 7", () => {
    expect(decay(shift, 100, 8)).toEqual([100, 88, 77, 68, 60, 53, 47, 42]);
    expect(decay(shift, 100, 100).at(-1)).toBe(7);
    expect(decay(shift, -100, 100).at(-1)).toBe(0);
  });

  test("the floor multiply goes 100 87 76 66 57 49 42 36 to 0, and sticks at -7 from -100", () => {
    expect(decay(mul("floor"), 100, 8)).toEqual([100, 87, 76, 66, 57, 49, 42, 36]);
    expect(decay(mul("floor"), 100, 100).at(-1)).toBe(0);
    expect(decay(mul("floor"), -100, 100).at(-1)).toBe(-7);
  });

  test("rounding to zero reaches 0 from both sides", () => {
    expect([100, -100].map((from) => decay(mul("zero"), from, 100).at(-1))).toEqual([0, 0]);
  });

  test("dead zones: shift 0 … 7, floor -7 … 0, zero none, rne -4 … 4", () => {
    const zone = (leak: IntegerLeak) => describeLeak(leak, 7 / 8, 0).deadZone;
    expect([zone(shift), zone(mul("floor")), zone(mul("zero")), zone(mul("rne"))]).toEqual([
      [0, 7],
      [-7, 0],
      [0, 0],
      [-4, 4],
    ]);
  });

  test("F fractional bits divide the dead zone by 2^F: 7/16 with 4", () => {
    expect(describeLeak(shift, 7 / 8, 4).deadZoneLsb).toEqual([0, 7 / 16]);
  });

  test("shift dead zone is [0, 2^k − 1] for k = 1 … 12", () => {
    for (let k = 1; k <= 12; k++)
      expect(describeLeak({ form: "shift", shift: k }, 1 - 2 ** -k, 0).deadZone).toEqual([0, 2 ** k - 1]);
  });
});

describe("time constants", () => {
  test("0.9 takes 9 bits: 461/512 misses its time constant by .39 %, 230/256 by 1.6 %", () => {
    const leak = quantizeTau(Float64Array.of(0.9));
    expect(leak).toEqual({ form: "mul", mul: 461, shift: 9, round: "zero" });
    expect(describeLeak(leak, 0.9, 0).tauError).toBeCloseTo(0.00390625, 6);
  });

  test("every decay below 1 − 2^−15 is met within 1 %, with no smaller K that would do", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1 - 2 ** -15, noNaN: true }), (beta) => {
        const leak = quantizeTau(Float64Array.of(beta));
        if (leak.form !== "mul") return false;
        const one = describeLeak(leak, beta, 0).tauError < 0.01;
        const half = 2 ** (leak.shift - 1);
        // rne by hand for the next smaller K.
        const nearest = Math.min(
          ...[Math.floor(beta * half), Math.ceil(beta * half)].map((m) => Math.abs(beta - m / half)),
        );
        return one && (leak.shift === 1 || nearest / (1 - beta) >= 0.01);
      }),
      { seed: 17, numRuns: 500 },
    );
  });
});
