/** Integers of every scheme through `lower` and the golden simulator, against a float64 reader of the same file. */
import { lower, simulateNetwork } from "@nirkit/network";
import type { AnyQuantizer } from "@nirkit/quantize";
import { type ConformanceEngines, describeNetworks } from "@nirkit/quantize/conformance";
import { simulate } from "@nirkit/simulate";
import { apot, deepShift, pot, sbit, slots } from "../src/index.ts";

const networks = process.env.NIRKIT_DEEP === "1" ? 60 : 4;

const engines: ConformanceEngines = {
  float: (network, input) => simulate(network, input, { dt: 1, precision: "f64", dialect: "nir-euler" }),
  integer: (network, input) => simulateNetwork(lower(network), input),
};

const trials: readonly (readonly [string, AnyQuantizer, object])[] = [
  ["pot:4", pot, { bits: 4 }],
  ["pot:3 per channel, linear", pot, { bits: 3, axis: 0, rounding: "linear" }],
  ["pot:4 nozero", pot, { bits: 4, layout: "nozero" }],
  ["pot:5", pot, { bits: 5 }],
  ["apot:4", apot, { bits: 4 }],
  ["apot:6 per channel", apot, { bits: 6, axis: 0 }],
  ["sbit:8", sbit, { bits: 8 }],
  ["slots with feedback", slots, { errorFeedback: "within-kernel" }],
  ["deepshift:4", deepShift, { bits: 4 }],
];

for (const [name, quantizer, params] of trials)
  await describeNetworks(quantizer, [[name, { params, networks, threshold: 1, seed: 40 }]], engines);
