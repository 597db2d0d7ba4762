import { NirkitError } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import {
  type Dialect,
  describeDialect,
  dialectOptions,
  dialects,
  parseDialect,
  simulate,
} from "../src/index.ts";
import { lifNetwork, ramp } from "./networks.ts";

function codes(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof NirkitError) return error.diagnostics.map((d) => d.code);
    throw error;
  }
  return [];
}

describe("parseDialect", () => {
  test("a label is a base and modifiers in any order, once each", () => {
    expect(parseDialect("nir-euler+zero_signal+subtract")).toEqual(
      parseDialect("nir-euler+subtract+zero_signal"),
    );
    expect(parseDialect("nir-exp+old+old").name).toBe("nir-exp+old");
    const { reset, cubaOrder, feedbackT0, leak } = parseDialect("nir-exp+subtract+old+zero_signal");
    expect([reset, cubaOrder, feedbackT0, leak]).toEqual(["subtract", "old", "zeroSignal", "exp"]);
  });

  test("the reference has the values of the NIR equations", () => {
    const { leak, compare, reset, cubaOrder, ifGain, feedbackT0 } = parseDialect("nir-euler");
    expect([leak, compare, reset, cubaOrder, ifGain, feedbackT0]).toEqual([
      "euler",
      "gt",
      "value",
      "new",
      "dt",
      "zeroSpikes",
    ]);
  });

  test("an unknown dialect and unknown modifiers are refused with the known ones", () => {
    expect(() => parseDialect("norsk")).toThrow(
      /E_UNKNOWN_DIALECT dialect: There is no dialect "norsk".*nir-euler, nir-exp/,
    );
    expect(() => parseDialect("")).toThrow(/E_UNKNOWN_DIALECT/);
    expect(() => parseDialect("constructor")).toThrow(/E_UNKNOWN_DIALECT/);
    expect(() => parseDialect("nir-euler+sub")).toThrow(/"\+sub".*\+subtract, \+old, \+zero_signal/);
    expect(codes(() => parseDialect("nir-euler+a+b"))).toEqual(["E_UNKNOWN_MODIFIER", "E_UNKNOWN_MODIFIER"]);
  });
});

describe("describeDialect", () => {
  test("every option of every dialect has a value of its list, in words", () => {
    for (const dialect of dialects.values()) {
      const lines = describeDialect(dialect);
      expect(lines.map((line) => line.option)).toEqual(dialectOptions);
      for (const line of lines) {
        expect(line.meaning).not.toMatch(/not a value/);
        expect(line.summary.length).toBeGreaterThan(5);
      }
    }
    expect(describeDialect(parseDialect("nir-exp"))[0]).toMatchObject({ option: "leak", value: "exp" });
  });
});

describe("a dialect of options that exclude each other is refused, not approximated:", () => {
  test.each<[string, Partial<Dialect>, string]>([
    ["several spikes with a strict comparison", { multiSpike: true }, "compare"],
    ["membrane biases without links of one step", { biasPath: "membrane" }, "biasPath"],
    ["rounded weights without links of one step", { weightQuant: "int8-trunc-127" }, "weightQuant"],
    [
      "a guard with the spike test before the update",
      { fire: "before", doubleResetGuard: true },
      "doubleResetGuard",
    ],
    ["12-bit arithmetic with a subtracted threshold", { arithmetic: "fixed-12", reset: "subtract" }, "reset"],
    ["links of one step with raw gain", { links: "one-step", gain: "raw" }, "gain"],
  ])("%s", (_, change, option) => {
    const dialect = { ...parseDialect("nir-euler"), ...change };
    const run = (): unknown => simulate(lifNetwork, ramp(lifNetwork, 3), { dialect, dt: 1e-3 });
    expect(run).toThrow(new RegExp(`E_DIALECT_CONFLICT dialect.${option}: Dialect option ${option} is`));
  });

  test("a value outside its list", () => {
    const dialect = { ...parseDialect("nir-euler"), leak: "midpoint" } as unknown as Dialect;
    expect(() => simulate(lifNetwork, ramp(lifNetwork, 3), { dialect, dt: 1e-3 })).toThrow(
      /E_DIALECT_OPTION dialect.leak: .* midpoint, .*The values of leak are euler, exp/,
    );
  });
});

describe("labels", () => {
  test("@dt names the time step, anywhere, once", () => {
    expect(parseDialect("nir-euler@dt=1+subtract")).toMatchObject({ dt: 1, reset: "subtract" });
    expect(parseDialect("nir-euler+subtract@dt=1").name).toBe("nir-euler@dt=1+subtract");
    expect(parseDialect("norse@dt=1e-3").dt).toBe(1e-3);
    expect(parseDialect("norse")).not.toHaveProperty("dt");
    for (const label of ["norse@dt=", "norse@dt=-1", "norse@dt=0", "norse@dt=x", "norse@dt=Infinity"])
      expect(
        codes(() => parseDialect(label)),
        label,
      ).toEqual(["E_DT_VALUE"]);
    expect(codes(() => parseDialect("norse@dt=1@dt=2"))).toEqual(["E_DT_CONFLICT"]);
    expect(codes(() => parseDialect("norse@tau=1"))).toEqual(["E_UNKNOWN_MODIFIER"]);
  });

  test("the step of a label runs without another, and conflicts with one that differs", () => {
    const run = (dt?: number) =>
      simulate(lifNetwork, ramp(lifNetwork, 1), { dialect: "nir-exp@dt=1e-3", dt }).steps;
    expect([run(), run(1e-3)]).toEqual([1, 1]);
    expect(codes(() => run(1e-4))).toEqual(["E_DT_CONFLICT"]);
  });

  test("13 dialects have a name", () => {
    expect([...dialects.keys()].sort()).toEqual([
      "lava-dl",
      "nengo",
      "nir-euler",
      "nir-exp",
      "norse",
      "rockpool",
      "sinabs",
      "snntorch",
      "snntorch-2026",
      "spikingjelly",
      "spinnaker2",
      "spinnaker2-float",
      "spyx",
    ]);
  });
});
