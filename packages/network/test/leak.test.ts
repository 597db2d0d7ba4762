import { leakMul, leakShift } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { simulateNetwork } from "../src/index.ts";
import { createLeak } from "../src/leak.ts";
import { everything, layer, neuron, steps } from "./network-builder.ts";

type Leak = Parameters<typeof createLeak>[0];
const shift3: Leak = { form: "shift", shift: 3 };
const mul = (round: "floor" | "zero" | "rne"): Leak => ({ form: "mul", mul: 3584, shift: 12, round });

/** A neuron that is set to `from` by its first input and then left alone. */
function decay(from: number, leak: Leak, count: number): number[] {
  const model = neuron({ leak, theta: Int32Array.of(30000) });
  const input = steps(Array.from({ length: count }, (_, t) => [t === 0 ? 1 : 0]));
  const trace = simulateNetwork(layer([[from]], model), input, { record: everything });
  return Array.from(trace.records.get("n/v")?.data as Int32Array);
}

describe("leak tables, beta = 7/8", () => {
  test.each([
    [100, 88, 87, 87, 88],
    [-100, -87, -88, -87, -88],
    [7, 7, 6, 6, 6],
    [-7, -6, -7, -6, -6],
    [1600, 1400, 1400, 1400, 1400],
    [-1599, -1399, -1400, -1399, -1399],
  ])("%i gives %i by shift, %i by floor, %i toward zero, %i to nearest even", (u, ...expected) => {
    const once = [shift3, mul("floor"), mul("zero"), mul("rne")].map((leak) => decay(u, leak, 2)[1]);
    expect(once).toEqual(expected);
  });

  test("from +100 the shift form sticks at 7, the multiply reaches 0", () => {
    const shifted = decay(100, shift3, 40);
    expect(shifted.slice(0, 8)).toEqual([100, 88, 77, 68, 60, 53, 47, 42]);
    expect(shifted.at(-1)).toBe(7);
    const multiplied = decay(100, { form: "mul", mul: 7, shift: 3, round: "floor" }, 40);
    expect(multiplied.slice(0, 8)).toEqual([100, 87, 76, 66, 57, 49, 42, 36]);
    expect(multiplied.at(-1)).toBe(0);
  });

  test("from -100 the shift form reaches 0, the floor multiply sticks at -7, toward zero reaches 0", () => {
    expect(decay(-100, shift3, 60).at(-1)).toBe(0);
    expect(decay(-100, { form: "mul", mul: 7, shift: 3, round: "floor" }, 60).at(-1)).toBe(-7);
    expect(decay(-100, { form: "mul", mul: 7, shift: 3, round: "zero" }, 60).at(-1)).toBe(0);
    expect(decay(100, { form: "mul", mul: 7, shift: 3, round: "zero" }, 60).at(-1)).toBe(0);
  });
});

test("every loop over a population equals the scalar leak, also where U · mul passes 2^53", () => {
  const round = fc.constantFrom("floor", "zero", "rne") as fc.Arbitrary<"floor" | "zero" | "rne">;
  const leak = fc.oneof(
    fc.record({ form: fc.constant("shift" as const), shift: fc.integer({ min: 0, max: 20 }) }),
    fc
      .record({
        shift: fc.integer({ min: 0, max: 24 }),
        round,
        part: fc.double({ min: 0, max: 1, noNaN: true }),
      })
      .map(({ shift, round: r, part }) => ({
        form: "mul" as const,
        mul: Math.floor(part * 2 ** shift),
        shift,
        round: r,
      })),
  );
  const states = fc.array(fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(leak, states, (form, values) => {
      const state = Float64Array.from(values);
      const result = new Float64Array(state.length);
      createLeak(form, 2 ** 47)(state, result);
      const scalar = values.map((u) =>
        form.form === "shift" ? leakShift(u, form.shift) : leakMul(u, form.mul, form.shift, form.round),
      );
      expect([...result].map((x) => x + 0)).toEqual(scalar.map((x) => x + 0));
    }),
    { seed: 7, numRuns: 500 },
  );
});
