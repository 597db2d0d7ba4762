import { BitSet } from "@nirkit/integer";
import { checkCode } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { ternary, ternaryParams } from "../src/index.ts";
import { quantized, W } from "./w.ts";

describe("ternary on W", () => {
  test("TWN: Δ 0.238, scale 0.6166667, integers [[1,-1,0],[-1,0,0]]", () => {
    const q = quantized(ternary);
    expect(q.fitted.cut?.[0]).toBeCloseTo(0.238, 7);
    expect(q.scale[0]).toBeCloseTo(0.6166667, 6);
    expect([...q.ints]).toEqual([1, -1, 0, -1, 0, 0]);
    expect([...q.codes]).toEqual([0b01, 0b11, 0, 0b11, 0, 0]);
  });

  test("SpQuant: Δ 0.045, scale 0.404, integers [[1,-1,1],[-1,1,0]]", () => {
    const q = quantized(ternary, { rule: "spquant" });
    expect(q.fitted.cut?.[0]).toBeCloseTo(0.045, 8);
    expect(q.scale[0]).toBeCloseTo(0.404, 6);
    expect([...q.ints]).toEqual([1, -1, 1, -1, 1, 0]);
  });

  test("SpQuant keeps w = +Δ and w = -Δ alike, TWN drops both", () => {
    const w = Float32Array.of(20, 1, -1, 0.5);
    expect([...quantized(ternary, { rule: "spquant" }, w, [4]).ints]).toEqual([1, 1, -1, 0]);
    const mean = 0.7 * ((20 + 1 + 1 + 0.5) / 4);
    const fitted = {
      axis: null,
      scale: Float64Array.of(1),
      alpha: Float64Array.of(1),
      cut: Float64Array.of(1),
      shape: [4],
    };
    expect(mean).toBeGreaterThan(1);
    expect([...ternary.quantize(w, fitted, ternaryParams.parse({})).ints]).toEqual([1, 0, 0, 0]);
  });

  test("the pattern 10 is illegal: it decodes to -2 and is reported; 2 is no level", () => {
    const p = ternaryParams.parse({});
    expect([0, 1, 2, 3].map((code) => ternary.decodeCode(code, p))).toEqual([0, 1, -2, -1]);
    expect(checkCode(ternary, 2, p, "x")).toMatchObject([{ code: "W_ILLEGAL_CODE" }]);
    expect(() => ternary.encodeInt(2, p)).toThrow(/E_NOT_A_LEVEL/);
  });

  test("masked weights count neither in Δ nor in the scale", () => {
    const mask = BitSet.ofLength(6);
    for (const i of [1, 2, 4, 5]) mask.set(i);
    const { cut, scale } = ternary.fit(W, [2, 3], ternaryParams.parse({}), mask);
    expect(cut?.[0]).toBeCloseTo((0.7 * (0.35 + 0.05 + 0.12 + 0.02)) / 4, 7);
    expect(scale[0]).toBeCloseTo((0.35 + 0.12) / 2, 6);
  });

  test("the step gradient is Σ g·int, the weight gradient g", () => {
    const q = quantized(ternary);
    const g = Float32Array.of(1, 2, 3, 4, 5, 6);
    const { gradW, gradScale } = ternary.backward(g, W, q.fitted, ternaryParams.parse({}));
    expect([...gradW]).toEqual([...g]);
    expect(gradScale?.[0]).toBe(1 - 2 - 4);
  });
});
