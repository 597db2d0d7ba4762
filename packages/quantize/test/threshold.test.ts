import { type CubaLIF, type IF, type LIF, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import {
  alignScale,
  defaultConvention,
  type FoldableNode,
  foldRecurrence,
  foldThreshold,
  type ThresholdMode,
} from "../src/index.ts";

const one = (x: number) => tensor("float64", [1], [x]);
const integrate: IF = { type: "IF", r: one(1), vThreshold: one(1), vReset: one(0) };
const lif: LIF = { type: "LIF", tau: one(8), r: one(8), vLeak: one(0), vThreshold: one(1), vReset: one(0) };
const cuba: CubaLIF = {
  type: "CubaLIF",
  tauSyn: one(4),
  tauMem: one(8),
  r: one(8),
  vLeak: one(0),
  wIn: one(1),
  vThreshold: one(0.3),
  vReset: one(0),
};
const place = { path: "nodes.l1", weights: "fc1", bits: 4 };
/** w = [0.9, -0.35] at 4 bit. */
const s = 0.9 / 7;
const fold = (
  node: FoldableNode,
  fracBits: number,
  change: {
    compare?: "gt" | "ge";
    reset?: "value" | "subtract";
    mode?: ThresholdMode;
    scale?: number;
    size?: number;
  } = {},
) => {
  const convention = {
    ...defaultConvention,
    compare: change.compare ?? "gt",
    reset: change.reset ?? "value",
  };
  const recurrence = foldRecurrence(node, change.size ?? 1, 1, convention, "nodes.l1");
  return foldThreshold(
    recurrence,
    Float64Array.of(change.scale ?? s),
    fracBits,
    convention,
    change.mode ?? "aligned",
    place,
  );
};

describe("thresholds of w = [0.9, -0.35], scale 0.9/7", () => {
  test("reset to value: Theta 7.7778 compares as 7 with gt and 8 with ge", () => {
    expect(fold(integrate, 0).theta[0]).toBe(7);
    expect(fold(integrate, 0, { compare: "ge" }).theta[0]).toBe(8);
  });

  test("the float graph gets the half LSB: 7.5 s with gt and with ge alike", () => {
    expect(fold(integrate, 0).vThreshold[0]).toBeCloseTo(7.5 * s, 12);
    expect(fold(integrate, 0, { compare: "ge" }).vThreshold[0]).toBeCloseTo(7.5 * s, 12);
    expect(fold(lif, 4).vThreshold[0]).toBeCloseTo((124.5 * s) / 16, 12);
  });

  test("fractional bits: LIF F = 4 gives 124, F = 8 gives 1991; Cuba F = 0 gives 9, F = 6 gives 597", () => {
    expect(fold(lif, 4).theta[0]).toBe(124);
    expect(fold(lif, 8).theta[0]).toBe(1991);
    expect(fold(cuba, 0).theta[0]).toBe(9);
    expect(fold(cuba, 6).theta[0]).toBe(597);
  });

  test("subtract, round: compares with 7 and subtracts 8", () => {
    const folded = fold(integrate, 0, { reset: "subtract", mode: "round" });
    expect([folded.theta[0], folded.sub[0]]).toEqual([7, 8]);
    expect(folded.vThreshold[0]).toBe(1);
  });

  test("subtract, aligned: N = 7, scale 1/7, Theta = Sub = 7, v_threshold 1", () => {
    const convention = { ...defaultConvention, reset: "subtract" as const };
    const recurrence = foldRecurrence(integrate, 1, 1, convention, "nodes.l1");
    const scale = alignScale(Float64Array.of(s), 0, [{ path: "nodes.l1", recurrence }]);
    expect(scale[0]).toBe(Math.fround(1 / 7));
    const folded = foldThreshold(recurrence, scale, 0, convention, "aligned", place);
    expect([folded.theta[0], folded.sub[0]]).toEqual([7, 7]);
    expect(folded.vThreshold[0]).toBeCloseTo(1, 6);
    expect([0.9, -0.35].map((w) => Math.floor(w / (scale[0] ?? 1) + 0.5))).toEqual([6, -2]);
  });

  test("aligned with F = 4 stretches in sixteenths: 124 of them, the scale grows by 0.4 % only", () => {
    const recurrence = foldRecurrence(lif, 1, 1, { ...defaultConvention, reset: "subtract" }, "nodes.l1");
    const scale = alignScale(Float64Array.of(Math.fround(s)), 4, [{ path: "nodes.l1", recurrence }]);
    expect(scale[0]).toBe(Math.fround(16 / 124));
  });

  test("aligned never shrinks a scale and makes every threshold an integer within float32", () => {
    for (let k = 1; k < 400; k++) {
      const s0 = Math.fround(k / 991);
      const recurrence = foldRecurrence(integrate, 1, 1, defaultConvention, "nodes.l1");
      const [scale = 0] = alignScale(Float64Array.of(s0), 0, [{ path: "nodes.l1", recurrence }]);
      expect(scale).toBeGreaterThanOrEqual(s0);
      const steps = 1 / scale;
      expect(Math.abs(steps - Math.floor(steps + 0.5))).toBeLessThan(1e-7 * steps);
    }
  });

  test("neurons of one scale with different thresholds cannot be aligned; per channel they can", () => {
    const node: IF = {
      type: "IF",
      r: tensor("float32", [2], [1, 1]),
      vThreshold: tensor("float32", [2], [1, 1.25]),
      vReset: one(0),
    };
    const recurrence = foldRecurrence(node, 2, 1, defaultConvention, "nodes.l1");
    const populations = [{ path: "nodes.l1", recurrence }];
    expect(() => alignScale(Float64Array.of(s), 0, populations)).toThrow(/E_THRESHOLD_NOT_ALIGNED nodes\.l1/);
    expect([...alignScale(Float64Array.of(s, s), 0, populations)]).toEqual([
      Math.fround(1 / 7),
      Math.fround(1.25 / 9),
    ]);
  });

  test("a reset value -0.3 is -2.33 steps, -2 rounded, and is written back as -2 s", () => {
    const node: IF = { ...integrate, vReset: one(-0.3) };
    expect(fold(node, 0).vReset[0]).toBe(-2);
    expect(fold(node, 0).vResetValue[0]).toBeCloseTo(-2 * s, 12);
  });

  test("v_leak stays in the written threshold", () => {
    const node: LIF = { ...lif, vLeak: one(0.25) };
    const folded = fold(node, 4);
    expect(folded.theta[0]).toBe(Math.floor((0.75 / s) * 16));
    expect(folded.vThreshold[0]).toBeCloseTo(0.25 + (((folded.theta[0] ?? 0) + 0.5) * s) / 16, 12);
  });

  test("a threshold of 0.1 at a step of 0.1286 is refused, naming layer and weights", () => {
    const node: IF = { ...integrate, vThreshold: one(0.1) };
    expect(() => fold(node, 0)).toThrow(
      /E_THRESHOLD_BELOW_LSB nodes\.l1: The threshold 0\.1 of neuron 0 is below one step of its state, 0\.128571 \(fc1, 4 bits\).*Hint: Use at least 5 bits for fc1/,
    );
    expect(() => fold(node, 4, { reset: "subtract" })).toThrow(/E_THRESHOLD_BELOW_LSB/);
  });

  test("a threshold of 10^12 steps does not fit 32 bits", () => {
    expect(() => fold(integrate, 4, { scale: 1e-12 })).toThrow(/E_STATE_TOO_NARROW/);
  });
});
