import fc from "fast-check";
import { expect, test } from "vitest";
import { BitSet, packBits, splitFloat, unpackBits } from "../src/index.ts";

test("the 4-bit codes 7, 13, 0 pack into d7 00", () => {
  expect([...packBits([7, 13, 0], 4)]).toEqual([0xd7, 0x00]);
});

test("unpackBits undoes packBits for every width", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 32 }), fc.array(fc.nat(), { maxLength: 40 }), (bits, raw) => {
      const codes = raw.map((n) => n % 2 ** bits);
      expect([...unpackBits(packBits(codes, bits), bits, codes.length)]).toEqual(codes);
    }),
    { seed: 8 },
  );
});

test("negative codes pack as two's complement, and a short buffer is refused", () => {
  expect([...unpackBits(packBits([-1, -8], 4), 4, 2)]).toEqual([15, 8]);
  expect(() => unpackBits(new Uint8Array(1), 4, 3)).toThrow(RangeError);
});

test("a BitSet keeps what was set, counts it, and survives bytes", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(99), { maxLength: 100 }), (indices) => {
      const set = BitSet.ofLength(100);
      for (const i of indices) set.set(i);
      const copy = BitSet.fromBytes(set.toBytes(), 100);
      expect(copy.count()).toBe(indices.length);
      for (let i = 0; i < 100; i++) expect(copy.get(i)).toBe(indices.includes(i));
      for (const i of indices) copy.set(i, false);
      expect(copy.count()).toBe(0);
    }),
    { seed: 9 },
  );
});

test("a BitSet refuses an index outside its length", () => {
  expect(() => BitSet.ofLength(8).set(8)).toThrow(RangeError);
  expect(() => BitSet.fromBytes(new Uint8Array(1), 9)).toThrow(RangeError);
});

test("splitFloat takes 0.35 to 1.4 * 2^-2 and the smallest subnormal to 2^-1074", () => {
  expect(splitFloat(-0.35)).toEqual({ mantissa: 1.4, exponent: -2 });
  expect(splitFloat(5e-324)).toEqual({ mantissa: 1, exponent: -1074 });
  expect(splitFloat(2 ** 29)).toEqual({ mantissa: 1, exponent: 29 });
  expect(() => splitFloat(0)).toThrow(RangeError);
});

test("mantissa * 2^exponent gives the number back for every double", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (x) => {
      fc.pre(x !== 0);
      const { mantissa, exponent } = splitFloat(x);
      expect(mantissa >= 1 && mantissa < 2).toBe(true);
      const half = Math.trunc(exponent / 2); // 2^-1074 itself is representable, 2^1024 is not: apply in two factors
      expect(mantissa * 2 ** half * 2 ** (exponent - half)).toBe(Math.abs(x));
    }),
    { seed: 10 },
  );
});
