import { leakMul, leakShift, philox, saturate } from "@nirkit/integer";
import { describe, expect, test } from "vitest";
import { type FoldedThreshold, type IntegerLeak, stateWidth, type WidthRequest } from "../src/index.ts";

const threshold = (theta: number, sub = 0, vReset = 0): FoldedThreshold => ({
  theta: Int32Array.of(theta),
  sub: Int32Array.of(sub),
  vReset: Int32Array.of(vReset),
  vThreshold: Float64Array.of(0),
  vResetValue: Float64Array.of(0),
});
const request = (change: Partial<WidthRequest>): WidthRequest => ({
  kind: "lif",
  spiking: true,
  reset: "value",
  overflow: "sat",
  path: "nodes.l",
  input: { low: Float64Array.of(-100), high: Float64Array.of(100) },
  leak: { form: "mul", mul: 3584, shift: 12, round: "floor" },
  synLeak: { form: "none" },
  threshold: threshold(300),
  ...change,
});

describe("state width", () => {
  test("LIF, A = 100, beta 7/8: bound 800 below, Theta 300 above, 11 bits", () => {
    const width = stateWidth(request({}));
    expect(width).toMatchObject({ stateBits: 11, neededBits: 11, vMin: -1024, vMax: 1023, diagnostics: [] });
  });

  test("LI holds A/(1 - beta) on both sides; Cuba passes J's bound on to U", () => {
    expect(stateWidth(request({ spiking: false, reset: "none", threshold: threshold(0) })).neededBits).toBe(
      11,
    );
    const cuba = stateWidth(
      request({ kind: "cuba", synLeak: { form: "mul", mul: 3072, shift: 12, round: "floor" } }),
    );
    // J: 400, U: 3200 below.
    expect(cuba.neededBits).toBe(13);
  });

  test("IF without steps is not bounded: 16 bits and a hint; 25 steps of 100 give 2500, 13 bits", () => {
    const none: IntegerLeak = { form: "none" };
    const open = stateWidth(request({ leak: none }));
    expect(open.stateBits).toBe(16);
    expect(open.neededBits).toBeUndefined();
    expect(open.diagnostics.map((d) => d.code)).toEqual(["H_UNBOUNDED_STATE"]);
    const closed = stateWidth(request({ leak: none, steps: 25 }));
    expect(closed).toMatchObject({ stateBits: 13, neededBits: 13, diagnostics: [] });
  });

  test("IF that only ever rises is bounded by its threshold", () => {
    const input = { low: Float64Array.of(0), high: Float64Array.of(100) };
    expect(stateWidth(request({ leak: { form: "none" }, input })).neededBits).toBe(10);
  });

  test("IF that resets to -2000 and may fall by 100 a step: 25 steps reach -4500, 14 bits", () => {
    const closed = stateWidth(
      request({ leak: { form: "none" }, steps: 25, threshold: threshold(300, 0, -2000) }),
    );
    expect(closed.neededBits).toBe(14); // -4500, not max(2500, 2000)
    const leaky = stateWidth(request({ threshold: threshold(300, 0, -1000) }));
    expect(leaky.neededBits).toBe(11); // the leak pulls -1000 up
  });

  test("a state that nothing bounds still holds its reset value: -40000 takes 17 bits, not 16", () => {
    const open = { leak: { form: "none" }, threshold: threshold(300, 0, -40_000) } as const;
    expect(stateWidth(request(open)).vMin).toBeLessThanOrEqual(-40_000);
    expect(() => stateWidth(request({ ...open, stateBits: 16 }))).toThrow(
      /E_STATE_TOO_NARROW.*reset value -40000.*at least 17 state bits/,
    );
    expect(stateWidth(request({ ...open, stateBits: 17 })).stateBits).toBe(17);
    expect(stateWidth(request({ ...open, reset: "subtract" })).stateBits).toBe(16);
  });

  test("subtract reset leaves up to A/(1 - beta) - Sub", () => {
    const input = { low: Float64Array.of(0), high: Float64Array.of(1000) };
    const width = stateWidth(request({ reset: "subtract", input, threshold: threshold(300, 300) }));
    expect(width.neededBits).toBe(14); // 8000 - 300
  });

  test("a width below the bound saturates with a warning, below Theta it is refused", () => {
    expect(stateWidth(request({ stateBits: 10 })).diagnostics.map((d) => d.code)).toEqual(["W_SATURATES"]);
    expect(() => stateWidth(request({ stateBits: 9 }))).toThrow(
      /E_STATE_TOO_NARROW.*threshold 300.*at least 10 state bits/,
    );
  });

  test("overflow wrap needs a proof: 11 bits pass, 10 do not, and IF never does", () => {
    expect(stateWidth(request({ overflow: "wrap" })).stateBits).toBe(11);
    expect(() => stateWidth(request({ overflow: "wrap", stateBits: 10 }))).toThrow(
      /E_STATE_OVERFLOW.*11 bits/,
    );
    expect(() => stateWidth(request({ overflow: "wrap", leak: { form: "none" }, steps: 4 }))).toThrow(
      /E_STATE_OVERFLOW/,
    );
  });

  test("no state leaves its bound: 4 leak forms, 3 resets, 300 random steps at the extremes", () => {
    const random = philox(3, "width");
    const leaks: IntegerLeak[] = [
      { form: "shift", shift: 3 },
      ...(["floor", "zero", "rne"] as const).map((round) => ({
        form: "mul" as const,
        mul: 3900,
        shift: 12,
        round,
      })),
    ];
    for (const leak of leaks)
      for (const reset of ["value", "subtract", "none"] as const)
        for (let trial = 0; trial < 20; trial++) {
          const low = -random.integer(90);
          const high = random.integer(90) + 1;
          const theta = 1 + random.integer(400);
          const input = { low: Float64Array.of(low), high: Float64Array.of(high) };
          const folded = threshold(theta, reset === "subtract" ? theta : 0, -random.integer(20));
          const { vMin, vMax } = stateWidth(request({ leak, reset, input, threshold: folded }));
          let u = 0;
          const bias = random.integer(3);
          for (let t = 0; t < 300; t++) {
            const drive = bias === 0 ? low : bias === 1 ? high : random.integer(2) === 0 ? low : high;
            const x = decay(u, leak) + drive;
            const fires = x > theta && reset !== "none";
            u = fires ? (reset === "value" ? (folded.vReset[0] ?? 0) : x - theta) : x;
            expect(saturate(u, vMin, vMax)).toBe(u);
          }
        }
  });
});

function decay(u: number, leak: IntegerLeak): number {
  if (leak.form === "none") return u;
  if (leak.form === "shift") return leakShift(u, leak.shift);
  return leakMul(u, leak.mul as number, leak.shift, leak.round);
}
