import { BitSet } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import {
  annealedTemperature,
  dorefa,
  dorefaParams,
  duq,
  duqGradient,
  duqParams,
  ewgs,
  hardSteps,
  integerSteps,
  sigmoidSteps,
  sigmoidStepsParams,
  sigmoidSum,
  uniform,
  uniformParams,
} from "../src/index.ts";
import { digits, quantized, W } from "./w.ts";

const ones = new Float32Array(6).fill(1);

describe("DoReFa", () => {
  test("4 bit on W: codes [15,4,8 / 2,9,7], ŵ = [1,-.466667,.066667 / -.733333,.2,-.066667]", () => {
    const q = quantized(dorefa, { bits: 4 });
    expect([...q.codes]).toEqual([15, 4, 8, 2, 9, 7]);
    expect(digits(q.dequant)).toEqual([1, -0.466667, 0.0666667, -0.733333, 0.2, -0.0666667]);
    expect(q).toMatchObject({ bits: 4, intBits: 5 });
    expect([...q.ints]).toEqual([15, -7, 1, -11, 3, -1]);
  });

  test("its gradient is that of tanh(w)/max|tanh w| by finite difference", () => {
    const p = dorefaParams.parse({ bits: 4 });
    const fitted = dorefa.fit(W, [2, 3], p);
    const { gradW } = dorefa.backward(ones, W, fitted, p);
    const smooth = (w: number): number => Math.tanh(w) / Math.tanh(Math.fround(0.9));
    for (const [i, w] of W.entries())
      expect(gradW[i]).toBeCloseTo((smooth(w + 1e-6) - smooth(w - 1e-6)) / 2e-6, 5);
  });

  test("it has no zero: a mask is refused, all-zero weights have no NaN", () => {
    expect(() => dorefa.fit(W, [2, 3], dorefaParams.parse({}), BitSet.ofLength(6))).toThrow(
      /E_NO_ZERO_LEVEL/,
    );
    const q = quantized(dorefa, { bits: 2 }, new Float32Array(2), [2]);
    expect(digits(q.dequant)).toEqual([0.333333, 0.333333]);
  });
});

describe("DuQ and EWGS", () => {
  test("ewgs: g·(1 + δ·sign(g)·(v - round v)): 2 at v 0.4, δ 0.5 is 2.4; -2 is -1.6; 2 at v 0.6 is 1.6", () => {
    expect(ewgs(2, 0.4, 0.5)).toBeCloseTo(2.4, 12);
    expect(ewgs(-2, 0.4, 0.5)).toBeCloseTo(-1.6, 12);
    expect(ewgs(2, 0.6, 0.5)).toBeCloseTo(1.6, 12);
    expect(ewgs(0, 0.4, 0.5)).toBe(0);
  });

  test("uniform with gradient ewgs: inside scaled by v - round(v), outside 0", () => {
    const p = uniformParams.parse({ bits: 4, gradient: "ewgs", ewgsDelta: 0.5 });
    const fitted = {
      axis: null,
      scale: Float64Array.of(0.125),
      alpha: Float64Array.of(0.875),
      shape: [2, 3],
    };
    // v = 7.2, -2.8, 0.4, -4.8, 0.96, -0.16
    const expected = [0, 1 + 0.5 * 0.2, 1 + 0.5 * 0.4, 1 + 0.5 * 0.2, 1 - 0.5 * 0.04, 1 - 0.5 * 0.16];
    const { gradW } = uniform.backward(ones, W, fitted, p);
    for (const [i, g] of expected.entries()) expect(gradW[i]).toBeCloseTo(g, 5);
  });

  test("a = c = absmax: the integers of uniform, 7,-3,0,-5,1,0", () => {
    expect([...quantized(duq, { bits: 4, clip: "absmax", output: "clip" }).ints]).toEqual([
      7, -3, 0, -5, 1, 0,
    ]);
  });

  test("least squares: c/n is Σ w·int / Σ int², and no other scale loses less", () => {
    const q = quantized(duq, { bits: 4, clip: "absmax" });
    const product = W.reduce((sum, w, i) => sum + w * (q.ints[i] ?? 0), 0);
    const squares = Array.from(q.ints).reduce((sum, int) => sum + int * int, 0);
    expect(q.scale[0]).toBe(Math.fround(product / squares));
    const loss = (s: number): number => W.reduce((sum, w, i) => sum + (w - s * (q.ints[i] ?? 0)) ** 2, 0);
    for (const factor of [0.99, 1.01])
      expect(loss((q.scale[0] ?? 1) * factor)).toBeGreaterThan(loss(q.scale[0] ?? 1));
  });

  test("without EWGS the gradients of a, c and w are those of c·hardtanh(w/a) by finite difference", () => {
    const p = duqParams.parse({ bits: 4, ewgsDelta: 0 });
    const [a, c] = [0.5, 0.4];
    const fitted = { axis: null, scale: Float64Array.of(c / 7), alpha: Float64Array.of(a), shape: [2, 3] };
    const { gradW, gradClip, gradOutput } = duqGradient(ones, W, fitted, p);
    const hardtanh = (x: number): number => Math.max(-1, Math.min(1, x));
    const smooth = (v: number, clip: number): number => c * hardtanh(v / clip);
    const h = 1e-6;
    let dClip = 0;
    for (const [i, w] of W.entries()) {
      expect(gradW[i]).toBeCloseTo((smooth(w + h, a) - smooth(w - h, a)) / (2 * h), 5);
      dClip += (smooth(w, a + h) - smooth(w, a - h)) / (2 * h);
    }
    expect(gradClip[0]).toBeCloseTo(dClip, 5);
    const ints = [7, -5, 1, -7, 2, 0];
    expect(gradOutput[0]).toBeCloseTo(
      ints.reduce((sum, int) => sum + int / 7, 0),
      12,
    );
    expect(duq.backward(ones, W, fitted, p).gradScale?.[0]).toBeCloseTo(
      ints.reduce((sum, int) => sum + int, 0),
      9,
    );
  });
});

describe("sums of sigmoids", () => {
  test("one bit: 2·σ(T·x) - 1 at T 10, x 0.2 is 0.761594, hard steps give 1; -0.2 gives -1", () => {
    const steps = { heights: [2], places: [0], offset: 1 };
    expect(sigmoidSum(0.2, steps, 1, 1, 10).y).toBeCloseTo(Math.tanh(1), 12);
    expect(hardSteps(0.2, steps, 1, 1)).toBe(1);
    expect(hardSteps(-0.2, steps, 1, 1)).toBe(-1);
  });

  test("its derivatives are those of y by finite difference, in x, a and b", () => {
    const steps = { heights: [1, 3, 0.5], places: [-1.5, 0.25, 2], offset: 2 };
    const h = 1e-6;
    for (const x of [-2, -0.3, 0.1, 1.4]) {
      const y = (dx: number, da: number, db: number): number =>
        sigmoidSum(x + dx, steps, 0.7 + da, 1.3 + db, 2.5).y;
      const found = sigmoidSum(x, steps, 0.7, 1.3, 2.5);
      expect(found.dx).toBeCloseTo((y(h, 0, 0) - y(-h, 0, 0)) / (2 * h), 6);
      expect(found.da).toBeCloseTo((y(0, h, 0) - y(0, -h, 0)) / (2 * h), 6);
      expect(found.db).toBeCloseTo((y(0, 0, h) - y(0, 0, -h)) / (2 * h), 6);
    }
  });

  test("the steeper, the closer to the hard steps: within 1e-6 at T 1000 away from the steps", () => {
    const steps = integerSteps(3);
    for (const x of [-3.2, -0.9, 0, 0.4, 2.1])
      expect(sigmoidSum(x, steps, 1, 1, 1000).y).toBeCloseTo(hardSteps(x, steps, 1, 1), 6);
  });

  test("the scheme takes W to 7,-3,0,-5,1,0 at 4 bit, and a value on a step goes up: ±0.5 become 1 and 0", () => {
    expect([...quantized(sigmoidSteps, { bits: 4 }).ints]).toEqual([7, -3, 0, -5, 1, 0]);
    const w = Float32Array.of(0.5, -0.5, 7);
    expect([...quantized(sigmoidSteps, { bits: 4 }, w, [3]).ints]).toEqual([1, 0, 7]);
    for (const bits of [1, 3]) {
      const q = quantized(sigmoidSteps, { bits });
      const s = q.scale[0] ?? 1;
      expect(digits(q.dequant)).toEqual(
        digits([...W].map((x) => hardSteps(x, integerSteps(bits), s, 1 / s))),
      );
    }
  });

  test("backward is the slope of the smooth sum, in w and in the scale", () => {
    const p = sigmoidStepsParams.parse({ bits: 3, temperature: 3 });
    const fitted = sigmoidSteps.fit(W, [2, 3], p);
    const s = fitted.scale[0] ?? 1;
    const { gradW, gradScale } = sigmoidSteps.backward(ones, W, fitted, p);
    const y = (w: number, scale: number): number => sigmoidSum(w, integerSteps(3), scale, 1 / scale, 3).y;
    const h = 1e-6;
    let total = 0;
    for (const [i, w] of W.entries()) {
      expect(gradW[i]).toBeCloseTo((y(w + h, s) - y(w - h, s)) / (2 * h), 4);
      total += (y(w, s + h) - y(w, s - h)) / (2 * h);
    }
    expect(gradScale?.[0]).toBeCloseTo(total, 4);
  });

  test("T anneals from 1 to 100: 10 halfway", () => {
    expect(annealedTemperature(5, 10, 1, 100)).toBeCloseTo(10, 12);
  });
});
