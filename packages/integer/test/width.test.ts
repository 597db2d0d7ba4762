import fc from "fast-check";
import { expect, test } from "vitest";
import { bitLength, saturate, signedWidth, wrap } from "../src/index.ts";

test("saturate clamps 300 to 127 and -300 to -128 in 8 bits", () => {
  expect([saturate(300, -128, 127), saturate(-300, -128, 127), saturate(5, -128, 127)]).toEqual([
    127, -128, 5,
  ]);
});

test("wrap keeps the low bits as two's complement, equal to BigInt.asIntN for 1 to 53 bits", () => {
  expect([wrap(128, 8), wrap(-129, 8), wrap(255, 8), wrap(127, 8)]).toEqual([-128, 127, -1, 127]);
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.integer({ min: 1, max: 53 }), (x, bits) => {
      expect(wrap(x, bits)).toBe(Number(BigInt.asIntN(bits, BigInt(x))));
    }),
    { seed: 5 },
  );
});

test("bitLength equals the length of the binary numeral", () => {
  expect([0, 1, 2, 127, 128, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1].map(bitLength)).toEqual([
    0, 1, 2, 7, 8, 32, 33, 53,
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (n) => {
      expect(bitLength(n)).toBe(n.toString(2).length);
    }),
    { seed: 6 },
  );
});

test("signedWidth is the smallest width whose range holds both ends", () => {
  expect([signedWidth(-128, 127), signedWidth(0, 128), signedWidth(-129, 0), signedWidth(0, 0)]).toEqual([
    8, 9, 9, 1,
  ]);
  fc.assert(
    fc.property(fc.integer(), fc.nat(), (low, span) => {
      const bits = signedWidth(low, low + span);
      const holds = (b: number) => low >= -(2 ** (b - 1)) && low + span <= 2 ** (b - 1) - 1;
      expect(holds(bits)).toBe(true);
      if (bits > 1) expect(holds(bits - 1)).toBe(false);
    }),
    { seed: 7 },
  );
});
