/** Integers of every scheme through `lower` and the golden simulator, against a float64 reader of the same file. */
import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { lower, simulateNetwork } from "@nirkit/network";
import { type AnyQuantizer, checkQuantized, quantizeGraph } from "@nirkit/quantize";
import { simulate } from "@nirkit/simulate";
import { expect, test } from "vitest";
import { binary, dorefa, duq, plusMinus, sigmoidSteps, ternary, uniform } from "../src/index.ts";

const nets = process.env.NIRKIT_DEEP === "1" ? 60 : 4;
const steps = 200;

const schemes: readonly (readonly [string, AnyQuantizer, object])[] = [
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

for (const [name, quantizer, params] of schemes)
  test(`${name}: ${nets} random IF networks fire in integers as the float reader does, 0 differing spikes`, async () => {
    const random = philox(40, `exactness/${name}`);
    const normal = (rows: number, columns: number) =>
      tensor(
        "float32",
        [rows, columns],
        Float32Array.from({ length: rows * columns }, () => random.normal() * 0.5),
      );
    let spikes = 0;
    for (let k = 0; k < nets; k++) {
      const source: NirGraph = graph()
        .input("in", [8])
        .linear("fc1", { weight: normal(12, 8) })
        .if("if1", { vThreshold: Array.from({ length: 12 }, () => 2 + random.uniform()), r: 1 })
        .linear("fc2", { weight: normal(4, 12) })
        .if("if2", { vThreshold: 2, r: 1 })
        .output("out")
        .build();
      const options = { params: quantizer.params.parse(params), dt: 1, stateBits: 32 };
      const { graph: result } = await quantizeGraph(source, quantizer, options);
      expect(checkQuantized(result, [quantizer])).toEqual([]);
      const input = new Map([
        [
          "in",
          tensor(
            "uint8",
            [steps, 8],
            Uint8Array.from({ length: steps * 8 }, () => random.integer(3) >> 1),
          ),
        ],
      ]);
      const float = simulate(result, input, { dt: 1, precision: "f64", dialect: "nir-euler" });
      const integer = simulateNetwork(lower(result), input);
      const [a, b] = [float.outputs.get("out")?.data ?? [], integer.outputs.get("out")?.data ?? []];
      expect(Array.from(b, Number)).toEqual(Array.from(a, Number));
      spikes += Array.from(b, Number).reduce((sum, x) => sum + x, 0);
    }
    expect(spikes).toBeGreaterThan(0);
  });
