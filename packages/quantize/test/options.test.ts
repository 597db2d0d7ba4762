import { describe, expect, test } from "vitest";
import { matchesNode } from "../src/driver/options.ts";
import { checkConvention, defaultConvention, driverOptions, percentileScaling } from "../src/index.ts";

describe("options", () => {
  test("patterns: fc* matches fc1 and fc, *rec* anything with rec, a dot is a dot", () => {
    expect(matchesNode("fc*", "fc1") && matchesNode("fc*", "fc") && matchesNode("*", "a/b")).toBe(true);
    expect(matchesNode("*rec*", "lif1.w_rec") && matchesNode("a*b*c", "a1b2c")).toBe(true);
    expect(matchesNode("fc", "fc1") || matchesNode("f.1", "fc1") || matchesNode("ab*ba", "aba")).toBe(false);
  });

  test("the flat form of a pass becomes a convention", () => {
    const words = {
      leak: "exp",
      compare: "ge",
      reset: "none",
      cubaOrder: "old",
      gain: "raw",
      ifGain: "step",
      thresholdMode: "round",
      weights: "kept",
      leakForm: "mul",
      leakBits: 12,
      leakRound: "zero",
      overflow: "sat",
      accumulatorBits: 32,
      joint: "shift",
      search: "percentile",
      secondOrder: false,
      tauTolerance: 0.01,
      dt: 1e-3,
    } as const;
    expect(driverOptions(words)).toMatchObject({
      dt: 1e-3,
      joint: "shift",
      weights: "kept",
      scaling: percentileScaling,
      convention: {
        leak: "exp",
        compare: "ge",
        reset: "none",
        cubaOrder: "old",
        gain: "raw",
        ifGain: "step",
      },
    });
  });

  test("the reference convention is supported; an unknown word is not", () => {
    expect(checkConvention(defaultConvention)).toEqual([]);
    expect(checkConvention({ ...defaultConvention, leak: "trapezoid" as never })[0]).toMatchObject({
      code: "E_CONVENTION",
      path: "options.convention.leak",
    });
  });
});
