import { graph, parsePipeline, printPipeline } from "@nirkit/graph";
import { readQuantized } from "@nirkit/quantize";
import { describe, expect, test } from "vitest";
import { quantizeUniformPass, uniform } from "../src/index.ts";

const source = graph()
  .input("in", [2])
  .linear("fc", {
    weight: [
      [0.9, -0.35],
      [-0.6, 0.12],
    ],
  })
  .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
  .output("out")
  .build();

describe("the pass quantize-uniform", () => {
  test("its options have defaults: 8 bit, per tensor, absmax, round half to even, reset to value", () => {
    expect(quantizeUniformPass.options.parse({})).toMatchObject({
      bits: 8,
      axis: null,
      clip: "absmax",
      rounding: "HALF_EVEN",
      range: "narrow",
      leak: "euler",
      compare: "gt",
      reset: "value",
      leakBits: 12,
      leakRound: "zero",
    });
    expect(quantizeUniformPass.options.safeParse({ bits: 1 }).success).toBe(false);
  });

  test("runs with its options", async () => {
    const { graph: result } = await quantizeUniformPass.run(
      source,
      quantizeUniformPass.options.parse({ bits: 4, axis: 0, dt: 1, compare: "ge" }),
    );
    const view = readQuantized(result, [uniform]);
    expect(view.weights.get("fc")?.weight).toMatchObject({ bits: 4, axis: 0 });
    expect(view.neurons.get("lif")?.arithmetic.compare).toBe("ge");
  });

  test("its text form quantize-uniform{bits=4,axis=0,dt=1} parses, prints and runs", async () => {
    const pass = parsePipeline("quantize-uniform{bits=4,axis=0,dt=1}", [quantizeUniformPass]);
    expect(printPipeline(pass)).toMatch(/^quantize-uniform\{.*bits=4/);
    const { graph: result } = await pass.run(source, {});
    expect(readQuantized(result).weights.get("fc")?.weight.bits).toBe(4);
  });
});
