import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { leakMul, leakShift, shiftRight } from "../src/index.ts";

describe("leak", () => {
  // beta = 7/8 in every form: shift 3, and 3584 / 2^12.
  const rows: [number, number, number, number, number][] = [
    [100, 88, 87, 87, 88],
    [-100, -87, -88, -87, -88],
    [7, 7, 6, 6, 6],
    [-7, -6, -7, -6, -6],
    [1600, 1400, 1400, 1400, 1400],
    [-1599, -1399, -1400, -1399, -1399],
  ];
  test.each(rows)(
    "%i leaks to %i / %i / %i / %i (shift / floor / zero / rne)",
    (u, shift, floor, zero, rne) => {
      expect(leakShift(u, 3)).toBe(shift);
      expect(leakMul(u, 3584, 12, "floor")).toBe(floor);
      expect(leakMul(u, 3584, 12, "zero")).toBe(zero);
      expect(leakMul(u, 3584, 12, "rne")).toBe(rne);
    },
  );

  test("from +100 the shift form runs 88, 77, 68, 60, 53, 47, 42 and sticks at 7", () => {
    const run = [100];
    for (let i = 0; i < 60; i++) run.push(leakShift(run.at(-1) ?? 0, 3));
    expect(run.slice(1, 8)).toEqual([88, 77, 68, 60, 53, 47, 42]);
    expect(run.at(-1)).toBe(7);
  });

  test("from -100 the floor multiply sticks at -7, the shift form and round-to-zero reach 0", () => {
    let floor = -100;
    let shift = -100;
    let zero = -100;
    for (let i = 0; i < 80; i++) {
      floor = leakMul(floor, 7, 3, "floor");
      shift = leakShift(shift, 3);
      zero = leakMul(zero, 7, 3, "zero");
    }
    expect([floor, shift, zero]).toEqual([-7, 0, 0]);
  });

  test("equals BigInt arithmetic, also where the product passes 2^53", () => {
    const state = fc.integer({ min: -(2 ** 47), max: 2 ** 47 });
    const mul = fc.integer({ min: 0, max: 65536 });
    fc.assert(
      fc.property(state, mul, fc.integer({ min: 0, max: 20 }), (u, m, k) => {
        const p = BigInt(u) * BigInt(m);
        const unit = 1n << BigInt(k);
        const floor = p >> BigInt(k);
        const doubled = 2n * (p - floor * unit);
        const up = doubled > unit || (doubled === unit && (floor & 1n) === 1n);
        expect(leakMul(u, m, k, "floor")).toBe(Number(floor));
        expect(leakMul(u, m, k, "zero")).toBe(Number(p / unit));
        expect(leakMul(u, m, k, "rne")).toBe(Number(floor + (up ? 1n : 0n)));
      }),
      { seed: 3, numRuns: 500 },
    );
  });

  test("shiftRight floors like >> on BigInt up to 2^53", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 52 }), (x, k) => {
        expect(shiftRight(x, k)).toBe(Number(BigInt(x) >> BigInt(k)));
      }),
      { seed: 4 },
    );
  });
});
