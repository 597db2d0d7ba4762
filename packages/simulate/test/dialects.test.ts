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

test.each<[keyof Dialect, Partial<Dialect>]>([
  ["gain", { gain: "raw" }],
  ["decayPlace", { decayPlace: "last" }],
  ["multiSpike", { multiSpike: true }],
  ["vFloor", { vFloor: "-thr" }],
  ["fire", { fire: "before" }],
  ["doubleResetGuard", { doubleResetGuard: true }],
  ["vInit", { vInit: "vLeak" }],
  ["useR", { useR: false }],
  ["synLeak", { synLeak: true }],
  ["biasPath", { biasPath: "membrane" }],
  ["weightQuant", { weightQuant: "int8-trunc-127" }],
])("a dialect with another %s is refused, not approximated", (option, change) => {
  const dialect = { ...parseDialect("nir-euler"), ...change };
  const run = (): unknown => simulate(lifNetwork, ramp(lifNetwork, 3), { dialect, dt: 1e-3 });
  expect(run).toThrow(new RegExp(`E_DIALECT_OPTION dialect.${option}: Dialect option ${option} is`));
});
