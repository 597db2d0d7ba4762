import { philox } from "@nirkit/integer";
import { checkCode } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { apot, apotParams, pot, potParams, searchSlots, slots, slotsParams } from "../src/index.ts";
import { nearestByScan } from "./nearest.ts";
import { quantized, quantizedAt, W } from "./w.ts";

describe("slot codes", () => {
  test("contain pot: one slot 0,1,-1,…,64,-64 has the levels of 4 bit", () => {
    const list = [0, ...[1, 2, 4, 8, 16, 32, 64].flatMap((x) => [x, -x])].join();
    expect(slots.levels(slotsParams.parse({ slots: list }))).toEqual(
      pot.levels(potParams.parse({ bits: 4 })),
    );
  });

  test("contain apot: slots 0,8,4,1 and 0,2 have its magnitudes 0, 1, 2, 3, 4, 6, 8, 10", () => {
    const levels = [...slots.levels(slotsParams.parse({ slots: "0,8,4,1|0,2" }))];
    expect(levels).toEqual([...apot.levels(apotParams.parse({ bits: 4 }))].filter((x) => x >= 0));
  });

  test("codes are the concatenated indices: 0,8,-8|0,2,-2,1 takes 2 + 2 bits, -6 = -8 + 2 is 10 01", () => {
    const p = slotsParams.parse({ slots: "0,8,-8|0,2,-2,1" });
    expect(slots.bits(p)).toBe(4);
    expect(slots.encodeInt(-6, p)).toBe(0b1001);
    expect(slots.decodeCode(0b1001, p)).toBe(-6);
    // index 3 of the first slot is past its end: it counts as 0
    expect(slots.decodeCode(0b1101, p)).toBe(2);
    expect(checkCode(slots, 0b1101, p, "x")).toMatchObject([{ code: "W_ILLEGAL_CODE" }]);
  });

  test("an integer with two sums takes the one of fewer entries: 4 = 4, not 2 + 2", () => {
    const p = slotsParams.parse({ slots: "0,2,4|0,2" });
    expect(slots.encodeInt(4, p)).toBe(0b100);
  });

  test("ties take fewer entries before smaller magnitude: 7 between 6 = 4 + 2 and 8 takes 8", () => {
    const q = quantizedAt(slots, Float32Array.of(7, -7, 5), 1, { slots: "0,8,-8,4,-4|0,2,-2" });
    expect([...q.ints]).toEqual([8, -8, 4]);
  });

  test("every integer is the nearest level by scan: 2 000 weights of the default slots", () => {
    const random = philox(9, "slots");
    const w = Float32Array.from({ length: 2000 }, () => random.integer(401) / 2 - 100);
    const lists = slotsParams
      .parse({})
      .slots.split("|")
      .map((list) => list.split(",").map(Number));
    const used = new Map<number, number>();
    for (const a of lists[0] ?? [])
      for (const b of lists[1] ?? []) {
        const count = Number(a !== 0) + Number(b !== 0);
        used.set(a + b, Math.min(count, used.get(a + b) ?? 9));
      }
    const levels = slots.levels(slotsParams.parse({}));
    const q = quantizedAt(slots, w, 1);
    const plain = Array.from(w, (x) => nearestByScan(x, levels, (l) => used.get(l) ?? 9, Math.abs));
    expect([...q.ints]).toEqual(plain);
  });

  test("lists are refused with a reason: 3 is no power of two, a slot without 0, 17 bits, one entry, text", () => {
    for (const [text, why] of [
      ["0,3", /entry is 3/],
      ["1,2", /no 0/],
      ["0", /two entries/],
      ["0,1,1", /twice/],
      ["0,x", /NaN/],
      [Array.from({ length: 17 }, () => "0,1").join("|"), /17 bits/],
      ["0,65536", /32767/],
    ] as const)
      expect(() => slotsParams.parse({ slots: text })).toThrow(why);
  });
});

describe("error feedback within a kernel", () => {
  const lists = "0,4,-4|0,2,-2";

  test("0.9 + 0.9 + 0.9 of levels 0, ±2, ±4, ±6: alone 0,0,0, with feedback 0,2,0", () => {
    const w = Float32Array.of(0.9, 0.9, 0.9);
    const alone = quantizedAt(slots, w, 1, { slots: lists });
    expect([...alone.ints]).toEqual([0, 0, 0]);
    const fed = quantizedAt(slots, w, 1, { slots: lists, errorFeedback: "within-kernel" });
    // one axis only: every element is its own kernel
    expect([...fed.ints]).toEqual([0, 0, 0]);
    const p = slotsParams.parse({ slots: lists, errorFeedback: "within-kernel" });
    const row = { axis: null, scale: Float64Array.of(1), alpha: Float64Array.of(6), shape: [1, 3] };
    expect([...slots.quantize(w, row, p).ints]).toEqual([0, 2, 0]);
  });

  test("the error does not cross kernels of a convolution, and zeros stay zeros", () => {
    const p = slotsParams.parse({ slots: lists, errorFeedback: "within-kernel" });
    const fitted = { axis: null, scale: Float64Array.of(1), alpha: Float64Array.of(6), shape: [1, 2, 1, 3] };
    const w = Float32Array.of(0.9, 0, 0.9, 0.9, 0.9, 0);
    expect([...slots.quantize(w, fitted, p).ints]).toEqual([0, 0, 2, 0, 2, 0]);
  });
});

describe("searching slots", () => {
  const random = philox(8, "slots/search");
  const w = Float32Array.from({ length: 3000 }, () => random.normal());
  const mse = (text: string): number => quantized(slots, w, [w.length], { slots: text }).stats.mse;

  test("loses no more than interleaved powers do, with the same bits, and is the same again", () => {
    const found = searchSlots(w, { slots: 2, powers: 3, maxExponent: 6 });
    expect(searchSlots(w, { slots: 2, powers: 3, maxExponent: 6 })).toBe(found);
    expect(slots.bits(slotsParams.parse({ slots: found }))).toBe(6);
    expect(mse(found)).toBeLessThanOrEqual(mse("0,64,-64,16,-16,4,-4|0,32,-32,8,-8,2,-2"));
  });

  test("finds the slots of weights that are sums of ±64 and ±1 only", () => {
    const grid = Float32Array.from({ length: 500 }, (_, i) => 64 * ((i % 3) - 1) + ((i % 7) % 3) - 1);
    const text = searchSlots(grid, { slots: 2, powers: 1, maxExponent: 7 });
    expect(quantized(slots, grid, [grid.length], { slots: text }).stats.mse).toBeLessThan(1e-6);
  });
});

test("W on the default slots keeps the largest weight on the top level 96", () => {
  const q = quantized(slots, W, [2, 3]);
  expect(q.ints[0]).toBe(96);
  expect(q.bits).toBe(6);
});
