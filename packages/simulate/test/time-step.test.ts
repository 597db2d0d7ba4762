import { graph, type NirGraph } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { createSimulator } from "../src/index.ts";

const lif = (tau: number, r: number, metadata = new Map<string, string>()): NirGraph =>
  graph({ metadata }).input("in", [1]).lif("n", { tau, r, vThreshold: 1 }).output("out").build();
const stored = (dt: number): Map<string, string> => new Map([["nirkit:graph", JSON.stringify({ v: 1, dt })]]);
const codes = (network: NirGraph, dt: number, dialect = "nir-euler"): string[] =>
  createSimulator(network, { dt, dialect }).diagnostics.map((d) => d.code);

describe("dt", () => {
  test("missing is refused; the hint names 1e-4, or tau/r where that gives it away", () => {
    expect(() => createSimulator(lif(2e-3, 1))).toThrow(/E_DT_MISSING dt: .*usually 0\.0001/);
    expect(() => createSimulator(lif(5e-3, 5))).toThrow(/E_DT_MISSING dt: .*usually 0\.001/);
    const network = graph()
      .input("in", [1])
      .cubaLif("n", { tauSyn: 2.2222e-4, tauMem: 1e-3, r: 10, wIn: 2.2222, vThreshold: 1 })
      .output("out")
      .build();
    expect(() => createSimulator(network)).toThrow(/usually 0\.0001/);
  });

  test("comes from the option, or from what nirkit wrote into the graph", () => {
    expect(createSimulator(lif(5e-3, 5), { dt: 2e-3 }).dt).toBe(2e-3);
    expect(createSimulator(lif(5e-3, 5, stored(1e-3))).dt).toBe(1e-3);
    expect(createSimulator(lif(5e-3, 5, stored(1e-3)), { dt: 1e-3 }).dt).toBe(1e-3);
  });

  test("of another tool's metadata, or of a damaged annotation, does not count", () => {
    for (const metadata of [
      new Map([["dt", "0.001"]]),
      new Map([["nirkit:graph", "{"]]),
      new Map([["nirkit:graph", "null"]]),
    ])
      expect(() => createSimulator(lif(5e-3, 5, metadata))).toThrow(/E_DT_MISSING/);
  });

  test("asked for and stored that differ are a conflict", () => {
    expect(() => createSimulator(lif(5e-3, 5, stored(1e-3)), { dt: 1e-4 })).toThrow(
      /E_DT_CONFLICT dt: dt 0.0001 was asked for, the graph carries dt 0.001/,
    );
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("%s is refused", (dt) => {
    expect(() => createSimulator(lif(5e-3, 5), { dt })).toThrow(/E_DT_VALUE/);
  });

  test("longer than tau warns of the unit, and in Euler steps of the instability", () => {
    expect(codes(lif(5e-3, 5), 6e-3)).toEqual(["W_TIME_UNIT", "W_DT_UNSTABLE"]);
    expect(codes(lif(5e-3, 5), 6e-3, "nir-exp")).toEqual(["W_TIME_UNIT"]);
    expect(codes(lif(5e-3, 5), 5e-3)).toEqual([]);
  });

  test("below 1e-4 tau warns that the drive vanishes", () => {
    expect(codes(lif(5e-3, 5), 4.9e-7)).toEqual(["W_DT_TINY"]);
    expect(codes(lif(5e-3, 5), 5.1e-7)).toEqual([]);
    expect(codes(lif(5e-3, 5), 4.9e-9)).toEqual(["W_TIME_UNIT", "W_DT_TINY"]);
  });

  test("1e-4 on IF neurons with r 1 and no time constant earns the hint to use dt 1", () => {
    const network = graph().input("in", [1]).if("n", { r: 1, vThreshold: 1 }).output("out").build();
    expect(codes(network, 1e-4)).toEqual(["H_IF_GAIN"]);
    expect(codes(network, 1)).toEqual([]);
  });
});
