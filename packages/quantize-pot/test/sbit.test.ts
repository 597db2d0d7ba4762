import { philox } from "@nirkit/integer";
import { checkCode } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { nafDigits, nafWeight, sbit, sbitParams } from "../src/index.ts";
import { nearestByScan } from "./nearest.ts";
import { quantized, quantizedAt, W } from "./w.ts";

describe("bit-sparse integers", () => {
  for (const [bits, digits, count] of [
    [8, 1, 15],
    [8, 2, 87],
    [8, 3, 207],
    [16, 2, 423],
  ] as const)
    test(`${digits} digits of ${bits} bits: ${count} levels`, () => {
      expect(sbit.levels(sbitParams.parse({ bits, digits })).length).toBe(count);
    });

  test("W, 2-sbit/8: integers [[127,-48,7],[-80,17,-3]]", () => {
    const q = quantized(sbit, W, [2, 3], { bits: 8, digits: 2 });
    expect(q.scale[0]).toBeCloseTo(0.9 / 127, 9);
    expect([...q.ints]).toEqual([127, -48, 7, -80, 17, -3]);
    expect(q).toMatchObject({ bits: 10, intBits: 8 });
  });

  test("85 -> 80, 49 -> 48, 43 -> 40, 91 -> 96, 44 -> 40 (two digits both: the smaller)", () => {
    const q = quantizedAt(sbit, Float32Array.of(85, 49, 43, 91, 44, -44), 1, { bits: 8, digits: 2 });
    expect([...q.ints]).toEqual([80, 48, 40, 96, 40, -40]);
  });

  test("a tie takes fewer digits before smaller magnitude: 1-digit 64 against 2-digit 62 and 63 at 63.5", () => {
    const q = quantizedAt(sbit, Float32Array.of(63.5, 95.5, -63.5), 1, { bits: 8, digits: 2 });
    expect([...q.ints]).toEqual([64, 96, -64]);
  });

  test("codes: 127 = +2^7 - 2^0 is 01111 10001, -3 = -2^2 + 2^0 is 10101 00001, 0 is 0", () => {
    const p = sbitParams.parse({ bits: 8, digits: 2 });
    expect(sbit.encodeInt(127, p)).toBe(0b01111_10001);
    expect(sbit.encodeInt(-3, p)).toBe(0b10101_00001);
    expect(sbit.encodeInt(0, p)).toBe(0);
    // +2^7 twice: no digit pattern, and beyond 8 bits.
    expect(sbit.decodeCode(0b01111_01111, p)).toBe(256);
    expect(checkCode(sbit, 0b01111_01111, p, "x")).toMatchObject([{ code: "W_ILLEGAL_CODE" }]);
    // the digits of 127 the other way round decode to 127, but nothing writes them so
    expect(checkCode(sbit, 0b10001_01111, p, "x")).toMatchObject([{ code: "W_ILLEGAL_CODE" }]);
    expect(() => sbit.encodeInt(43, p)).toThrow(/E_NOT_A_LEVEL.*43/);
  });

  test("1-sbit has the levels of pot, but scales by 127 for 8 bits: its top level is 64/127 alpha", () => {
    const q = quantized(sbit, W, [2, 3], { bits: 8, digits: 1 });
    expect(sbit.levels(sbitParams.parse({ bits: 8, digits: 1 })).at(-1)).toBe(64);
    expect(q.scale[0]).toBeCloseTo(0.9 / 127, 9);
    expect(q.ints[0]).toBe(64);
  });

  test("codes of more than 16 bits are refused: 3 digits of 16 bits", () => {
    expect(() => sbitParams.parse({ bits: 16, digits: 3 })).toThrow(/16/);
  });

  test("the non-adjacent form of all |v| <= 4096: digits add up, no two neighbours, no fewer digits possible", () => {
    const fewest = new Map<number, number>([[0, 0]]);
    for (let a = -4096; a <= 4096; a++) {
      const digits = nafDigits(a);
      expect(digits.reduce((sum, d) => sum + d.sign * 2 ** d.position, 0)).toBe(a);
      expect(digits.length).toBe(nafWeight(a));
      for (const [i, d] of digits.entries())
        if (i > 0) expect((digits[i - 1]?.position ?? 0) - d.position).toBeGreaterThan(1);
    }
    // every number of one or two signed powers has that weight at most
    for (let i = 0; i < 12; i++)
      for (let j = 0; j < 12; j++) for (const sign of [1, -1]) fewest.set(2 ** i + sign * 2 ** j, 2);
    for (const [v, most] of fewest) expect(nafWeight(v)).toBeLessThanOrEqual(most);
  });

  test("every integer is the nearest level by scan, ties included: 3 000 weights each of (8,2), (8,3), (10,1)", () => {
    const random = philox(4, "sbit");
    for (const [bits, digits] of [
      [8, 2],
      [8, 3],
      [10, 1],
    ] as const) {
      const top = 2 ** (bits - 1);
      const w = Float32Array.from({ length: 3000 }, (_, i) =>
        i % 2 === 0 ? random.integer(4 * top) / 2 - top : random.normal() * (top / 3),
      );
      const levels = sbit.levels(sbitParams.parse({ bits, digits }));
      const q = quantizedAt(sbit, w, 1, { bits, digits });
      expect([...q.ints]).toEqual(Array.from(w, (x) => nearestByScan(x, levels, nafWeight, Math.abs)));
    }
  });
});
