import { type GraphBuilder, graph, tensor } from "@nirkit/graph";
import { lower } from "@nirkit/network";
import { quantizeUniform, uniform } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";
import { checkQuantized, readQuantized } from "../src/index.ts";

const values = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7) % 11) / 10 - 0.45);
/** Four outputs from four inputs each. */
const weights: Readonly<Record<string, (b: GraphBuilder) => GraphBuilder>> = {
  Affine: (b) => b.affine("w", { weight: tensor("float32", [4, 4], values(16)), bias: [0.1, 0, -0.1, 0.2] }),
  Linear: (b) => b.linear("w", { weight: tensor("float32", [4, 4], values(16)) }),
  Conv1d: (b) => b.conv1d("w", { weight: tensor("float32", [2, 1, 3], values(6)), bias: [0.1, 0] }),
  Conv2d: (b) =>
    b.conv2d("w", { weight: tensor("float32", [2, 1, 2, 2], values(8)), bias: [0, 0.1], padding: [0, 0] }),
};
const shapes: Readonly<Record<string, readonly number[]>> = {
  Affine: [4],
  Linear: [4],
  Conv1d: [1, 4],
  Conv2d: [1, 2, 3],
};
const neurons: Readonly<Record<string, (b: GraphBuilder) => GraphBuilder>> = {
  IF: (b) => b.if("n", { r: 1, vThreshold: 1 }),
  LIF: (b) => b.lif("n", { tau: 8, r: 8, vLeak: 0.1, vThreshold: 1, vReset: -0.2 }),
  CubaLIF: (b) => b.cubaLif("n", { tauSyn: 4, tauMem: 8, r: 8, wIn: 4, vThreshold: 1 }),
  I: (b) => b.i("n", { r: 1 }),
  LI: (b) => b.li("n", { tau: 8, r: 8 }),
  CubaLI: (b) => b.cubaLi("n", { tauSyn: 4, tauMem: 8, r: 8, wIn: 4 }),
  Threshold: (b) => b.threshold("n", { threshold: 0.5 }),
};

describe.each(Object.keys(weights))("%s", (weight) => {
  test.each(Object.keys(neurons))(
    "into %s: three resets, both axes, membranes of 6 bits; sound and lowered",
    async (neuron) => {
      for (const reset of ["value", "subtract", "none"] as const)
        for (const axis of [null, 0] as const)
          for (const membrane of [undefined, 6]) {
            const built = graph().input("in", shapes[weight] ?? [4]);
            const source = (neurons[neuron] as (b: GraphBuilder) => GraphBuilder)(
              (weights[weight] as (b: GraphBuilder) => GraphBuilder)(built),
            )
              .output("out")
              .build();
            const { graph: result, report } = await quantizeUniform(source, {
              bits: 6,
              dt: 1,
              axis,
              convention: { reset },
              ...(membrane === undefined ? {} : { membrane }),
            });
            expect(checkQuantized(result, [uniform])).toEqual([]);
            expect(readQuantized(result, [uniform]).neurons.has("n")).toBe(true);
            expect(report.neurons[0]?.type).toBe(neuron);
            const isSpiking = ["IF", "LIF", "CubaLIF"].includes(neuron);
            if (membrane !== undefined && isSpiking) expect(report.neurons[0]?.storedBits).toBe(6);
            lower(result);
          }
    },
  );
});
