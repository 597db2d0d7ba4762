import { BitSet } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import {
  deepShift,
  deepShiftParams,
  inqFreeze,
  inqLevels,
  inqPartition,
  inqShares,
  inqTopLevel,
  inqValue,
  lowestShift,
  progressiveBits,
  rcfDerivative,
  refitsAlpha,
  shiftSignBackward,
  shiftSignForward,
  shiftSignOf,
} from "../src/index.ts";
import { quantized, W } from "./w.ts";

describe("DeepShift", () => {
  test("Q, 4 bit: shifts -7 … 0 without a zero; W becomes 1, -0.25, 0.0625, -0.5, 0.125, -2^-6", () => {
    const q = quantized(deepShift, W, [2, 3], { bits: 4, form: "q" });
    expect(q.scale[0]).toBe(2 ** -7);
    expect([...q.dequant]).toEqual([1, -0.25, 0.0625, -0.5, 0.125, -(2 ** -6)]);
    expect(q.scheme).toBe("deepshift");
    expect(deepShift.levels(deepShiftParams.parse({ bits: 4, form: "q" }))).not.toContain(0);
  });

  test("PS, 4 bit: shifts -6 … 0 and a zero, 15 levels", () => {
    const p = deepShiftParams.parse({ bits: 4, form: "ps" });
    expect(lowestShift(4)).toBe(-6);
    expect(deepShift.levels(p).length).toBe(15);
    expect([...quantized(deepShift, W, [2, 3], p).dequant]).toEqual([
      1,
      -0.25,
      0.0625,
      -0.5,
      0.125,
      -(2 ** -6),
    ]);
  });

  test("PS parameters of 0.35, -0.7, 0 are shifts -2 + 1, 0, lowest and signs 1, -1, 0", () => {
    const found = shiftSignOf(Float32Array.of(0.36, -0.7072, 0, 2 ** -20, 5), 4);
    expect([...found.shift]).toEqual([-1, 0, -6, -6, 0]);
    expect([...found.sign]).toEqual([1, -1, 0, 1, 1]);
  });

  test("PS forward rounds and clips both: shift -1.4, sign 0.6 give 2^-1; sign 0.4 gives 0; shift -9 gives 2^-6", () => {
    const { value, ints } = shiftSignForward(
      { shift: Float32Array.of(-1.4, -1.4, -9, 3), sign: Float32Array.of(0.6, 0.4, -1, -1.8) },
      4,
    );
    expect([...value]).toEqual([0.5, 0, -(2 ** -6), -1]);
    expect([...ints]).toEqual([32, 0, -1, -64]);
  });

  test("PS gradients are those of the smooth product sign · 2^shift at rounded parameters, by finite difference", () => {
    const parameters = { shift: Float32Array.of(-1, -3, 0), sign: Float32Array.of(1, -1, 1) };
    const gradOut = Float32Array.of(1, 2, -3);
    const found = shiftSignBackward(gradOut, parameters, 4);
    const smooth = (shift: number, sign: number): number => sign * 2 ** shift;
    const h = 2 ** -20;
    for (let i = 0; i < 3; i++) {
      const [p, s, g] = [parameters.shift[i] ?? 0, parameters.sign[i] ?? 0, gradOut[i] ?? 0];
      expect(found.shift[i]).toBeCloseTo((g * (smooth(p + h, s) - smooth(p - h, s))) / (2 * h), 5);
      expect(found.sign[i]).toBeCloseTo((g * (smooth(p, s + h) - smooth(p, s - h))) / (2 * h), 5);
    }
  });
});

describe("INQ", () => {
  test("max 0.9: 2^floor(log2 1.2) = 1; max 0.74 gives 0.5, 0.75 gives 1", () => {
    expect(inqTopLevel(0.9)).toBe(1);
    expect(inqTopLevel(0.74)).toBe(0.5);
    expect(inqTopLevel(0.75)).toBe(1);
  });

  test("5 bit on W: powers 2^-7 … 2^0 and 0; by value midpoints 0.75 -> 1, 0.7499 -> 0.5, 2^-8 -> 2^-7, less -> 0", () => {
    const levels = inqLevels(W, 5);
    expect(levels).toEqual({ high: 0, low: -7 });
    if (levels === undefined) return;
    const values = [0.75, 0.7499, -0.35, 2 ** -8, 0.0039, 1.4, 0];
    expect(values.map((x) => inqValue(x, levels) + 0)).toEqual([1, 0.5, -0.25, 2 ** -7, 0, 1, 0]);
    expect(inqLevels(new Float32Array(3), 5)).toBeUndefined();
  });

  test("8 weights are frozen by magnitude: 4, 6, 7, 8 of them, and the frozen ones stay", () => {
    const w = Float32Array.of(0.1, -0.8, 0.3, 0.7, -0.2, 0.6, -0.5, 0.4);
    let before: BitSet | undefined;
    const counts = inqShares.map((share) => {
      const now = inqPartition(w, share, before);
      if (before !== undefined) for (let i = 0; i < 8; i++) if (before.get(i)) expect(now.get(i)).toBe(true);
      before = now;
      return now.count();
    });
    expect(counts).toEqual([4, 6, 7, 8]);
    const first = inqPartition(w, 0.5);
    expect([0, 1, 2, 3, 4, 5, 6, 7].filter((i) => first.get(i))).toEqual([1, 3, 5, 6]);
  });

  test("one step puts the largest half on its levels and leaves the rest: 0.9 -> 1, -0.6 -> -0.5, -0.35 -> -0.25", () => {
    const { w, frozen } = inqFreeze(W, { high: 0, low: -7 }, 0.5);
    expect([...w]).toEqual([1, -0.25, Math.fround(0.05), -0.5, Math.fround(0.12), Math.fround(-0.02)]);
    expect(frozen.count()).toBe(3);
  });

  test("among equal magnitudes the earlier index is frozen first", () => {
    const frozen = inqPartition(Float32Array.of(1, -1, 1, -1), 0.5);
    expect([0, 1, 2, 3].filter((i) => frozen.get(i))).toEqual([0, 1]);
    expect(BitSet.ofLength(4).count()).toBe(0);
  });
});

describe("schedules", () => {
  test("progressive bits from 6 to 3 are 6, 5, 4, 3", () => {
    expect(progressiveBits(6, 3)).toEqual([6, 5, 4, 3]);
    expect(progressiveBits(3, 4)).toEqual([]);
  });

  test("alpha is fitted every 5 of the first 20 of 200 steps: 0, 5, 10, 15", () => {
    const steps = Array.from({ length: 200 }, (_, i) => i).filter((i) => refitsAlpha(i, 200, 5));
    expect(steps).toEqual([0, 5, 10, 15]);
  });

  test("RCF: 0.5 - 0.7 inside, ±1 where it clips", () => {
    expect(rcfDerivative(0.7, 0.5)).toBeCloseTo(-0.2, 12);
    expect(rcfDerivative(1.3, 1)).toBe(1);
    expect(rcfDerivative(-1.3, -1)).toBe(-1);
  });
});
