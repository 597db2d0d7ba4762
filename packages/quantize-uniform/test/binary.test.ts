import { BitSet } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { binary, binaryParams, standardize, wsdrGradient, wsdrScale, wsdrTemperature } from "../src/index.ts";
import { digits, quantized, W } from "./w.ts";

describe("binary", () => {
  test("WS-DR on the rows of W: z = [1.09656,-.86159,-.23498], [-1.13512,.75093,.38420], both scales 1", () => {
    const rows = [W.subarray(0, 3), W.subarray(3, 6)];
    const z = rows.flatMap((row) => {
      const { mean, std } = standardize(row);
      return [...row].map((w) => (w - mean) / std);
    });
    const expected = [1.09656, -0.86159, -0.23498, -1.13512, 0.75093, 0.3842];
    for (const [i, value] of expected.entries()) expect(z[i]).toBeCloseTo(value, 5);
    const q = quantized(binary, { rule: "ws-dr" });
    expect(q.axis).toBe(0);
    expect([...q.scale]).toEqual([1, 1]);
    expect([...q.dequant]).toEqual([1, -1, -1, -1, 1, 1]);
    expect([...q.codes]).toEqual([1, 0, 0, 0, 1, 1]);
  });

  test("sign: scale mean|w| = 0.34, 0 and -0 are +1", () => {
    const q = quantized(binary);
    expect(q.scale[0]).toBeCloseTo(0.34, 7);
    expect([...q.ints]).toEqual([1, -1, 1, -1, 1, -1]);
    expect([...quantized(binary, {}, Float32Array.of(0, -0, -1), [3]).ints]).toEqual([1, 1, -1]);
  });

  test("the WS-DR scale is rounded by the logarithm: mean|z| 0.7 gives 0.5, 0.71 gives 1; no spread gives 1", () => {
    const scaleOf = (mean: number): number => wsdrScale(Float32Array.of(mean, -mean), { mean: 0, std: 1 });
    expect(scaleOf(0.7)).toBe(0.5);
    expect(scaleOf(0.71)).toBe(1);
    expect(standardize(Float32Array.of(3))).toEqual({ mean: 3, std: 0 });
    expect([...quantized(binary, { rule: "ws-dr" }, Float32Array.of(2, 2, 2), [1, 3]).dequant]).toEqual([
      1, 1, 1,
    ]);
  });

  test("t anneals 0.1, 1, 10 over the training", () => {
    expect([0, 50, 100].map((step) => Number(wsdrTemperature(step, 100).toPrecision(12)))).toEqual([
      0.1, 1, 10,
    ]);
  });

  test("the WS-DR gradient is that of s·k·tanh(t·z(w)) by finite difference, t = 0.3 and 4", () => {
    const w = Float32Array.of(0.9, -0.35, 0.05, 0.4);
    const gradOut = Float32Array.of(1, -2, 0.5, 3);
    for (const t of [0.3, 4]) {
      const k = t < 1 ? 1 / t : 1;
      const loss = (v: readonly number[]): number => {
        const mean = v.reduce((a, b) => a + b, 0) / v.length;
        const std = Math.sqrt(v.reduce((a, b) => a + (b - mean) ** 2, 0) / (v.length - 1));
        return v.reduce(
          (sum, x, i) => sum + (gradOut[i] ?? 0) * 2 * k * Math.tanh((t * (x - mean)) / std),
          0,
        );
      };
      const found = wsdrGradient(gradOut, w, 2, t);
      const h = 1e-6;
      for (let i = 0; i < 4; i++) {
        const at = (d: number): number => loss([...w].map((x, j) => (j === i ? x + d : x)));
        // float32 output: 1e-6 relative
        expect(found[i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 4);
      }
    }
    expect([...wsdrGradient(gradOut, new Float32Array(4), 1, 1)]).toEqual([0, 0, 0, 0]);
  });

  test("backward runs per channel, with the temperature of the parameters", () => {
    const p = binaryParams.parse({ rule: "ws-dr", temperature: 2 });
    const fitted = binary.fit(W, [2, 3], p);
    const gradOut = Float32Array.of(1, 0, 0, 0, 0, 0);
    const { gradW } = binary.backward(gradOut, W, fitted, p);
    expect(digits(gradW.subarray(0, 3))).toEqual(
      digits(wsdrGradient(gradOut.subarray(0, 3), W.subarray(0, 3), 1, 2)),
    );
    expect([...gradW.subarray(3)].map(Math.abs)).toEqual([0, 0, 0]);
    const sign = binary.backward(
      Float32Array.of(1, 2, 3, 4, 5, 6),
      W,
      binary.fit(W, [2, 3], binaryParams.parse({})),
      binaryParams.parse({}),
    );
    expect(sign.gradScale?.[0]).toBe(1 - 2 + 3 - 4 + 5 - 6);
  });

  test("pruned weights are refused: there is no zero", () => {
    const mask = BitSet.ofLength(6);
    for (const rule of ["sign", "ws-dr"] as const)
      expect(() => binary.fit(W, [2, 3], binaryParams.parse({ rule }), mask)).toThrow(
        /E_NO_ZERO_LEVEL.*6 weights/,
      );
    expect(() => binary.encodeInt(0, binaryParams.parse({}))).toThrow(/E_NOT_A_LEVEL/);
  });
});
