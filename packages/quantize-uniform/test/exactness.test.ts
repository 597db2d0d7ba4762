/** Integers of every scheme through `lower` and the golden simulator, against a float64 reader of the same file. */
import { lower, simulateNetwork } from "@nirkit/network";
import type { AnyQuantizer } from "@nirkit/quantize";
import { type ConformanceEngines, compareEngines, describeNetworks } from "@nirkit/quantize/conformance";
import { simulate } from "@nirkit/simulate";
import { expect, test } from "vitest";
import { binary, dorefa, duq, plusMinus, sigmoidSteps, ternary, uniform } from "../src/index.ts";

const networks = process.env.NIRKIT_DEEP === "1" ? 60 : 4;

const engines: ConformanceEngines = {
  float: (network, input) => simulate(network, input, { dt: 1, precision: "f64", dialect: "nir-euler" }),
  integer: (network, input) => simulateNetwork(lower(network), input),
};

const trials: readonly (readonly [string, AnyQuantizer, object])[] = [
  ["uniform:16", uniform, { bits: 16 }],
  ["uniform:8 nested", uniform, { bits: 8, nested: true }],
  ["ternary twn per channel", ternary, { axis: 0 }],
  ["ternary spquant", ternary, { rule: "spquant" }],
  ["binary sign", binary, {}],
  ["binary ws-dr", binary, { rule: "ws-dr" }],
  ["dorefa:3", dorefa, { bits: 3 }],
  ["duq:4", duq, { bits: 4 }],
  ["sigmoid-steps:1", sigmoidSteps, { bits: 1 }],
  ["plus-minus:2", plusMinus, { bits: 2 }],
];

for (const [name, quantizer, params] of trials)
  await describeNetworks(quantizer, [[name, { params, networks, threshold: 2, seed: 40 }]], engines);

test("the kit names network, step and neuron where an engine loses a spike", async () => {
  const deaf: ConformanceEngines = {
    ...engines,
    integer: (network, input) => {
      const { outputs } = engines.integer(network, input);
      const out = outputs.get("out");
      const first = out?.data.findIndex((value: number | bigint) => Number(value) === 1) ?? 0;
      const data = Int32Array.from(out?.data ?? [], Number);
      data[first] = 0;
      return { outputs: new Map([["out", { dtype: "int32", shape: out?.shape ?? [], data }]]) };
    },
  };
  await expect(compareEngines(uniform, deaf)).rejects.toThrow(
    /^network 0, step [0-9]+, output [0-3]: 0 in integers, 1 in float64$/,
  );
});
