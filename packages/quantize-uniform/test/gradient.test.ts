import { describe, expect, test } from "vitest";
import { lsqDerivatives, type UniformParams, uniform, uniformParams } from "../src/index.ts";

const W = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
const ones = new Float32Array(6).fill(1);
const params = (p: Partial<UniformParams>): UniformParams => uniformParams.parse(p);
const at = (scale: number) => ({
  axis: null,
  scale: Float64Array.of(scale),
  alpha: Float64Array.of(0.5),
  shape: [2, 3],
});

describe("LSQ, 4 bit full range", () => {
  const p = params({ bits: 4, range: "full", gradient: "lsq" });

  test("s = 0.125: v = [7.2,-2.8,0.4,-4.8,0.96,-0.16], dw/ds = [7,-0.2,-0.4,-0.2,0.04,0.16], dw/dw = [0,1,1,1,1,1]", () => {
    const found = [...W].map((w) => lsqDerivatives(w / 0.125, p));
    for (const [i, step] of [7, -0.2, -0.4, -0.2, 0.04, 0.16].entries())
      expect(found[i]?.step).toBeCloseTo(step, 6);
    expect(found.map(({ inside }) => inside)).toEqual([0, 1, 1, 1, 1, 1]);
    const q = uniform.quantize(W, at(0.125), p);
    expect([...q.ints]).toEqual([7, -3, 0, -5, 1, 0]);
  });

  test("s0 = 0.2570158: q = [4,-1,0,-2,0,0], dw/ds as tabled, step gradient scaled by g = 0.1543033500", () => {
    const fitted = uniform.fit(W, [2, 3], { ...p, clip: "lsq" });
    expect(fitted.scale[0]).toBeCloseTo(0.2570158416, 7);
    expect([...uniform.quantize(W, fitted, p).ints]).toEqual([4, -1, 0, -2, 0, 0]);
    const expected = [0.49827, 0.361784, -0.194541, 0.334486, -0.466897, 0.077816];
    for (const [i, step] of expected.entries())
      expect(lsqDerivatives((W[i] ?? 0) / (fitted.scale[0] ?? 1), p).step).toBeCloseTo(step, 5);
    const { gradScale } = uniform.backward(ones, W, fitted, p);
    expect(gradScale?.[0]).toBeCloseTo(0.15430335 * expected.reduce((a, b) => a + b, 0), 5);
  });

  test("per channel the step gradient has one entry each and N counts a channel", () => {
    const fitted = {
      axis: 0,
      scale: Float64Array.of(0.125, 0.125),
      alpha: Float64Array.of(1, 1),
      shape: [2, 3],
    };
    const { gradScale } = uniform.backward(ones, W, fitted, p);
    expect(gradScale?.[0]).toBeCloseTo((7 - 0.2 - 0.4) / Math.sqrt(3 * 7), 6);
    expect(gradScale?.[1]).toBeCloseTo((-0.2 + 0.04 + 0.16) / Math.sqrt(3 * 7), 6);
  });
});

describe("straight-through", () => {
  test("ste passes every gradient, ste-clipped only where |w| <= alpha = 0.5", () => {
    const grad = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect([...uniform.backward(grad, W, at(0.125), params({})).gradW]).toEqual([1, 2, 3, 4, 5, 6]);
    const clipped = uniform.backward(grad, W, at(0.125), params({ gradient: "ste-clipped" }));
    expect([...clipped.gradW]).toEqual([0, 2, 3, 0, 5, 6]);
    expect(clipped.gradScale).toBeUndefined();
  });
});
