import { philox } from "@nirkit/integer";
import { checkCode } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { apot, apotParams } from "../src/index.ts";
import { nearestByScan } from "./nearest.ts";
import { quantized, quantizedAt, W } from "./w.ts";

const magnitudes: Readonly<Record<number, readonly number[]>> = {
  3: [0, 1, 2, 4],
  4: [0, 1, 2, 3, 4, 6, 8, 10],
  5: [0, 1, 2, 3, 4, 6, 8, 9, 12, 16, 18, 24, 32, 33, 36, 48],
  6: [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 17, 20, 21, 24, 28, 32, 34, 36, 38, 48, 52, 64, 65, 68, 69, 72,
    76, 96, 100,
  ],
};

describe("additive powers of two", () => {
  for (const [bits, expected] of Object.entries(magnitudes))
    test(`${bits} bit: magnitudes ${expected}`, () => {
      const levels = [...apot.levels(apotParams.parse({ bits: Number(bits) }))];
      expect(levels.filter((x) => x >= 0)).toEqual(expected);
      expect(levels).toEqual(levels.map((x) => -x + 0).reverse());
    });

  test("W, 4 bit, alpha 0.9: s 0.09, integers [[10,-4,1],[-6,1,0]]", () => {
    const q = quantized(apot, W, [2, 3], { bits: 4 });
    expect(q.scale[0]).toBeCloseTo(0.09, 8);
    expect([...q.ints]).toEqual([10, -4, 1, -6, 1, 0]);
  });

  test("slot codes of 4 bit: 10 = 8 + 2 is 0 01 1, -6 = -(4 + 2) is 1 10 1; rank codes 7 and 13", () => {
    const slots = apotParams.parse({ bits: 4 });
    expect(apot.encodeInt(10, slots)).toBe(0b0011);
    expect(apot.encodeInt(-6, slots)).toBe(0b1101);
    const rank = apotParams.parse({ bits: 4, layout: "rank" });
    expect(apot.encodeInt(10, rank)).toBe(7);
    expect(apot.encodeInt(-6, rank)).toBe(8 + 5);
    expect(checkCode(apot, 0b1000, slots, "x")).toMatchObject([{ code: "W_ILLEGAL_CODE" }]);
  });

  test("ties take the smaller level: 5 becomes 4, 7 becomes 6, 9 becomes 8, with either sign", () => {
    const q = quantizedAt(apot, Float32Array.of(5, -7, 9, -0.5, 2.5), 1, { bits: 4 });
    expect([...q.ints]).toEqual([4, -6, 8, 0, 2]);
  });

  test("every integer is the nearest level by scan of all levels: 4 000 weights a width", () => {
    const random = philox(2, "apot");
    const w = Float32Array.from({ length: 4000 }, (_, i) =>
      i % 3 === 0 ? random.integer(401) / 2 - 100 : random.normal() * 30,
    );
    for (const bits of [3, 4, 5, 6]) {
      const levels = apot.levels(apotParams.parse({ bits }));
      const q = quantizedAt(apot, w, 1, { bits });
      expect([...q.ints]).toEqual(Array.from(w, (x) => nearestByScan(x, levels, (a) => Math.abs(a))));
    }
  });
});
