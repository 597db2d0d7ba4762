import {
  type CubaLIF,
  type IF,
  type LIF,
  type NirkitError,
  type NirNode,
  type Threshold,
  tensor,
} from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { defaultConvention, type FoldableNode, foldRecurrence } from "../src/index.ts";

const one = (x: number) => tensor("float64", [1], [x]);
const lif = (p: Partial<Record<"tau" | "r" | "vLeak" | "vThreshold" | "vReset", number>> = {}): LIF => ({
  type: "LIF",
  tau: one(p.tau ?? 8),
  r: one(p.r ?? 8),
  vLeak: one(p.vLeak ?? 0),
  vThreshold: one(p.vThreshold ?? 1),
  vReset: one(p.vReset ?? 0),
});
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
const integrate: IF = { type: "IF", r: one(3), vThreshold: one(1), vReset: one(0) };
const codeOf = (body: () => unknown): string => {
  try {
    body();
  } catch (error) {
    return (error as NirkitError).diagnostics.map((d) => `${d.code} ${d.path}`).join();
  }
  return "";
};

describe("recurrence", () => {
  test("LIF tau 8, r 8, dt 1: beta 7/8, gain 1; exp keeps (1 - e) r", () => {
    const euler = foldRecurrence(lif(), 2, 1, defaultConvention, "nodes.l");
    expect([...euler.beta]).toEqual([7 / 8, 7 / 8]);
    expect(euler.gain[0]).toBe(1);
    const exp = foldRecurrence(lif(), 1, 1, { ...defaultConvention, leak: "exp" }, "nodes.l");
    expect(exp.beta[0]).toBe(Math.exp(-1 / 8));
    expect(exp.gain[0]).toBeCloseTo(8 * (1 - Math.exp(-1 / 8)), 12);
  });

  test("snnTorch's export tau = dt/(1 - beta), r = tau/dt has gain 1", () => {
    const tau = 1e-4 / 0.1;
    const folded = foldRecurrence(lif({ tau, r: tau / 1e-4 }), 1, 1e-4, defaultConvention, "nodes.l");
    expect(folded.beta[0]).toBeCloseTo(0.9, 12);
    expect(folded.gain[0]).toBeCloseTo(1, 12);
  });

  test("Cuba a 3/4, beta 7/8, kappa 1/4, gamma 1: gain 1/4", () => {
    const folded = foldRecurrence(cuba, 1, 1, defaultConvention, "nodes.c");
    expect(folded.kind).toBe("cuba");
    expect(folded.synBeta?.[0]).toBe(0.75);
    expect(folded.gain[0]).toBe(0.25);
  });

  test("IF adds dt r x, x or r x a step", () => {
    const gain = (ifGain: "dt" | "step" | "stepR") =>
      foldRecurrence(integrate, 1, 0.5, { ...defaultConvention, ifGain }, "nodes.i").gain[0];
    expect([gain("dt"), gain("step"), gain("stepR")]).toEqual([1.5, 1, 3]);
  });

  test("gain raw drives with x: gain 1 whatever r", () => {
    expect(
      foldRecurrence(lif({ r: 5 }), 1, 1, { ...defaultConvention, gain: "raw" }, "nodes.l").gain[0],
    ).toBe(1);
    expect(foldRecurrence(cuba, 1, 1, { ...defaultConvention, gain: "raw" }, "nodes.l").gain[0]).toBe(1);
  });

  test("v_leak 0.1 moves threshold 1 to 0.9 and reset -0.2 to -0.3", () => {
    const folded = foldRecurrence(lif({ vLeak: 0.1, vReset: -0.2 }), 1, 1, defaultConvention, "nodes.l");
    expect(folded.theta[0]).toBeCloseTo(0.9, 12);
    expect(folded.vReset[0]).toBeCloseTo(-0.3, 12);
    expect(folded.vLeak[0]).toBe(0.1);
  });

  test("tau that equals dt up to float32 rounding has beta 0, a smaller one is refused", () => {
    const equal = foldRecurrence(lif({ tau: Math.fround(1e-4) }), 1, 1e-4, defaultConvention, "nodes.l");
    expect(equal.beta[0]).toBe(0);
    expect(codeOf(() => foldRecurrence(lif({ tau: 0.5 }), 1, 1, defaultConvention, "nodes.l"))).toBe(
      "E_DT_TOO_LARGE nodes.l.tau",
    );
    expect(
      foldRecurrence(lif({ tau: 0.5 }), 1, 1, { ...defaultConvention, leak: "exp" }, "nodes.l").beta[0],
    ).toBeCloseTo(Math.exp(-2));
  });

  test("what has no integers is refused by name", () => {
    const fold = (node: FoldableNode, size = 1) =>
      codeOf(() => foldRecurrence(node, size, 1, defaultConvention, "nodes.l"));
    expect(fold(lif({ tau: -3 }))).toBe("E_BAD_NEURON nodes.l");
    expect(fold(lif({ r: -1 }))).toBe("E_BAD_NEURON nodes.l");
    expect(fold(lif({ vThreshold: 0 }))).toBe("E_BAD_NEURON nodes.l");
    expect(fold(lif({ tau: Number.NaN }))).toBe("E_NON_FINITE nodes.l.tau[0]");
    expect(fold({ ...lif(), r: tensor("float32", [2], [1, 1]) }, 3)).toBe("E_BAD_NEURON nodes.l.r");
  });

  test("a Threshold has no state, and may lie at 0", () => {
    const node: Threshold & NirNode = { type: "Threshold", threshold: one(0) };
    const folded = foldRecurrence(node, 2, 1, defaultConvention, "nodes.t");
    expect(folded).toMatchObject({ kind: "threshold", spiking: true, size: 2 });
    expect([...folded.theta]).toEqual([0, 0]);
  });
});
