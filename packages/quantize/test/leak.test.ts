import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integerLeak, type LeakForm, leakDecay } from "../src/index.ts";

const mul12: LeakForm = { form: "mul", bits: 12, round: "zero" };
const leak = (beta: readonly number[], form: LeakForm = mul12) =>
  integerLeak(Float64Array.from(beta), form, "nodes.l");

describe("integer leak", () => {
  test("7/8 is 3584 / 2^12, 0.8 is 3277 / 2^12, 1 is none", () => {
    expect(leak([7 / 8])).toEqual({ form: "mul", mul: 3584, shift: 12, round: "zero" });
    expect(leak([0.8, 0.8])).toEqual({ form: "mul", mul: 3277, shift: 12, round: "zero" });
    expect(leak([1, 1])).toEqual({ form: "none" });
    expect(leak([0])).toEqual({ form: "mul", mul: 0, shift: 12, round: "zero" });
  });

  test("tau = 400 dt needs more than 12 bits to stay within 1 % of its time constant", () => {
    const found = leak([1 - 1 / 400]);
    // At 12 bits 4085.76 and at 13 bits 8171.52 miss by 2.3 %, at 14 bits 16343.04 by 0.1 %.
    expect(found).toMatchObject({ form: "mul" });
    expect(found.form === "mul" && found.shift).toBe(14);
    expect(Math.abs(leakDecay(found, 0) - (1 - 1 / 400)) * 400).toBeLessThan(0.01);
  });

  test("one multiplier per neuron where time constants differ", () => {
    expect(leak([7 / 8, 3 / 4])).toEqual({ form: "mul", mul: [3584, 3072], shift: 12, round: "zero" });
    expect(leakDecay(leak([7 / 8, 3 / 4]), 1)).toBe(0.75);
  });

  test("shift takes 7/8 as 3 and refuses 0.8, and different neurons", () => {
    const shift: LeakForm = { form: "shift", bits: 12, round: "zero" };
    expect(leak([7 / 8, 7 / 8], shift)).toEqual({ form: "shift", shift: 3 });
    expect(() => leak([0.8], shift)).toThrow(/E_TAU_NOT_REPRESENTABLE nodes\.l: The decay 0\.8 of neuron 0/);
    expect(() => leak([7 / 8, 3 / 4], shift)).toThrow(/neuron 1/);
  });

  test("a time constant of 10^9 steps is refused", () => {
    expect(() => leak([1 - 1e-9])).toThrow(/E_TAU_NOT_REPRESENTABLE/);
  });

  test("every accepted leak is within 1 % of its time constant and no larger than 1", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.99999, noNaN: true }), (beta) => {
        const decay = leakDecay(leak([beta]), 0);
        return Math.abs(decay - beta) < 0.01 * (1 - beta) && decay < 1;
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});
