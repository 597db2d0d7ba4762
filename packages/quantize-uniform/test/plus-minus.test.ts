import { BitSet, philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { bitPlanes, plusMinus, plusMinusParams, spikeDot } from "../src/index.ts";
import { quantized, W } from "./w.ts";

describe("{-1, +1} decomposition of W, alpha 1", () => {
  const rows = [
    [1, [1, 0, 1, 0, 1, 0], [1, -1, 1, -1, 1, -1]],
    [2, [3, 1, 2, 1, 2, 1], [3, -1, 1, -1, 1, -1]],
    [3, [7, 2, 4, 1, 4, 3], [7, -3, 1, -5, 1, -1]],
  ] as const;
  for (const [bits, codes, ints] of rows)
    test(`M = ${bits}: c ${codes}, integers ${ints}`, () => {
      const q = quantized(plusMinus, { bits, clip: "po2" });
      expect([...q.codes]).toEqual(codes);
      expect([...q.ints]).toEqual(ints);
    });

  test("0 becomes +1, a pruned tensor is refused, 2 is no level of M = 2", () => {
    const p = plusMinusParams.parse({ bits: 2 });
    expect(quantized(plusMinus, { bits: 2 }, Float32Array.of(0, 1), [2]).ints[0]).toBe(1);
    expect(() => plusMinus.fit(W, [2, 3], p, BitSet.ofLength(6))).toThrow(/E_NO_ZERO_LEVEL/);
    expect(() => plusMinus.encodeInt(2, p)).toThrow(/E_NOT_A_LEVEL/);
  });
});

describe("spike dot products by popcount", () => {
  test("codes 3, 1, 2 (integers 3, -1, 1), spikes on the first and third: 4", () => {
    expect(spikeDot(Uint32Array.of(0b101), bitPlanes([3, 1, 2], 2))).toBe(4);
  });

  test("equal the sums of integers: 200 random rows of 100 weights, 1 to 8 planes", () => {
    const random = philox(1, "plus-minus");
    for (let k = 0; k < 200; k++) {
      const bits = 1 + (k % 8);
      const w = Float32Array.from({ length: 100 }, () => random.normal());
      const q = quantized(plusMinus, { bits }, w, [1, 100]);
      const spikes = new Uint32Array(4);
      let sum = 0;
      for (let i = 0; i < 100; i++) {
        if (random.integer(2) === 0) continue;
        spikes[i >>> 5] = ((spikes[i >>> 5] ?? 0) | (1 << (i & 31))) >>> 0;
        sum += q.ints[i] ?? 0;
      }
      expect(spikeDot(spikes, bitPlanes(q.codes, bits))).toBe(sum);
    }
  });
});
