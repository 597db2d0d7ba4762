import fc from "fast-check";
import { expect, test } from "vitest";
import { exactSum } from "../src/exact-sum.ts";

test("1 + 1e100 + 1 - 1e100 = 2, and ten tenths are 1", () => {
  expect(exactSum([1, 1e100, 1, -1e100])).toBe(2);
  expect(exactSum(Array<number>(10).fill(0.1))).toBe(1);
  expect(exactSum([])).toBe(0);
});

test("a tie is settled by the bits below it: 1 + 2^-53 + 2^-106 rounds up", () => {
  expect(exactSum([1, 2 ** -53, 2 ** -106])).toBe(1 + 2 ** -52);
  expect(exactSum([1, 2 ** -53])).toBe(1);
});

test("NaN and infinities are kept", () => {
  expect(exactSum([1, Number.NaN])).toBeNaN();
  expect(exactSum([Number.POSITIVE_INFINITY, 1])).toBe(Number.POSITIVE_INFINITY);
  expect(exactSum([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])).toBeNaN();
});

test("sums of multiples of 2^-40 equal the integer sum", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** 50), max: 2 ** 50 }), { maxLength: 40 }), (terms) => {
      const exact = terms.reduce((sum, n) => sum + BigInt(n), 0n);
      expect(exactSum(terms.map((n) => n * 2 ** -40)) === Number(exact) * 2 ** -40).toBe(true);
    }),
    { seed: 5 },
  );
});
