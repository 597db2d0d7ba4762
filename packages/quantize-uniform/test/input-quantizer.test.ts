import { philox } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import {
  dequantizeInputs,
  fitInput,
  foldZeroPoint,
  pact,
  pactGradient,
  quantizeInputs,
  uniform,
} from "../src/index.ts";
import { digits, quantized } from "./w.ts";

describe("inputs", () => {
  test("unsigned 8 bit, 0 … 1: scale 1/255, 0.75 is 191, below 0 clips", () => {
    const form = fitInput(-0.2, 1, 8, "unsigned");
    expect(form).toEqual({ bits: 8, signed: false, scale: Math.fround(1 / 255), zeroPoint: 0 });
    expect([...quantizeInputs(Float32Array.of(0, 0.75, 1, -0.2, 2), form)]).toEqual([0, 191, 255, 0, 255]);
  });

  test("signed 4 bit, ±3.5: scale 0.5, -8 … 7", () => {
    const form = fitInput(-1, 3.5, 4, "signed");
    expect(form.scale).toBe(0.5);
    expect([...quantizeInputs(Float32Array.of(3.5, -3.5, -9, 0.25, 0.75), form)]).toEqual([7, -7, -8, 0, 2]);
  });

  test("asymmetric 8 bit, -1 … 3: scale 4/255, zero point 64, and 0 comes back as exactly 0", () => {
    const form = fitInput(-1, 3, 8, "asymmetric");
    expect(form).toEqual({ bits: 8, signed: false, scale: Math.fround(4 / 255), zeroPoint: 64 });
    const ints = quantizeInputs(Float32Array.of(-1, 0, 3, 9), form);
    expect([...ints]).toEqual([0, 64, 255, 255]);
    expect(dequantizeInputs(ints, form)[1]).toBe(0);
  });

  test("a range of positive values still holds 0; a range without extent takes scale 1", () => {
    expect(fitInput(2, 3, 8, "asymmetric").zeroPoint).toBe(0);
    expect(fitInput(0, 0, 8, "unsigned").scale).toBe(1);
    for (const [min, max, bits] of [
      [1, 0, 8],
      [0, 1, 0],
      [0, 1, 17],
      [0, Number.POSITIVE_INFINITY, 8],
      [Number.NaN, 1, 8],
    ] as const)
      expect(() => fitInput(min, max, bits, "unsigned")).toThrow(/E_BAD_OPTION/);
    expect(() => fitInput(-1, 1, 1, "signed")).toThrow(/E_BAD_OPTION/);
    expect(() => quantizeInputs(Float32Array.of(0, Number.NaN), fitInput(0, 1, 8, "unsigned"))).toThrow(
      /input\[1\]/,
    );
  });

  test("the folded zero point makes sums of stored integers those of the real ones: 300 random rows", () => {
    const random = philox(3, "input");
    for (let k = 0; k < 300; k++) {
      const w = Float32Array.from({ length: 12 }, () => random.normal());
      const weight = quantized(uniform, { bits: 6 }, w, [3, 4]);
      const x = Float32Array.from({ length: 4 }, () => random.normal());
      const form = fitInput(Math.min(...x), Math.max(...x), 5, "asymmetric");
      const q = quantizeInputs(x, form);
      const correction = foldZeroPoint(weight, form.zeroPoint);
      for (let o = 0; o < 3; o++) {
        let stored = correction[o] ?? 0;
        let real = 0;
        for (let j = 0; j < 4; j++) {
          const int = weight.ints[o * 4 + j] ?? 0;
          stored += int * (q[j] ?? 0);
          real += int * ((q[j] ?? 0) - form.zeroPoint);
        }
        expect(stored).toBe(real);
      }
    }
    expect([...foldZeroPoint(quantized(uniform, { bits: 4 }), 64)]).toEqual([-64 * 4, 64 * 4]);
  });
});

describe("PACT", () => {
  const x = Float32Array.of(-0.2, 0.3, 0.9, 1.4, 2);

  test("k = 2, a = 1.5: q = [0,1,2,3,3], ŷ = [0,0.5,1,1.5,1.5]", () => {
    const { ints, value } = pact(x, 2, 1.5);
    expect([...ints]).toEqual([0, 1, 2, 3, 3]);
    expect(digits(value)).toEqual([0, 0.5, 1, 1.5, 1.5]);
  });

  test("dL/da sums the gradient of x >= a; dL/dx passes inside: that of clip(x, 0, a) by finite difference", () => {
    const g = Float32Array.of(1, 2, 4, 8, 16);
    const { gradX, gradClip } = pactGradient(g, x, 1.4999);
    const clip = (v: number, a: number): number => Math.max(0, Math.min(a, v));
    const h = 1e-5;
    for (const [i, v] of x.entries())
      expect(gradX[i]).toBeCloseTo(((g[i] ?? 0) * (clip(v + h, 1.4999) - clip(v - h, 1.4999))) / (2 * h), 4);
    const slope = x.reduce(
      (sum, v, i) => sum + ((g[i] ?? 0) * (clip(v, 1.4999 + h) - clip(v, 1.4999 - h))) / (2 * h),
      0,
    );
    expect(gradClip).toBeCloseTo(slope, 4);
    expect(pactGradient(g, x, 0.9000000357627869).gradClip).toBe(8 + 16);
  });
});
