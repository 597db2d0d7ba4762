import { type GraphBuilder, graph, type NirGraph, type Tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { lower, simulateNetwork } from "@nirkit/network";
import { quantizeUniform } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import { expect, test } from "vitest";
import { percentileScaling, readQuantized } from "../src/index.ts";

const steps = 40;
const random = philox(11, "bare");
const data = Uint8Array.from({ length: steps * 32 }, () => (random.uniform() < 0.4 ? 1 : 0));
const input = new Map([["in", { dtype: "uint8", shape: [steps, 2, 4, 4], data } as const]]);
const net = (build: (start: GraphBuilder) => GraphBuilder): NirGraph =>
  build(graph().input("in", [2, 4, 4]))
    .output("out")
    .build();
const spikes = (outputs: ReadonlyMap<string, Tensor>): number[] =>
  Array.from(outputs.get("out")?.data ?? [], Number);

/** Spikes of the float network, and of its integers. */
async function both(model: NirGraph): Promise<readonly [float: number[], integer: number[]]> {
  const { graph: quantized } = await quantizeUniform(model, { dt: 1, bits: 8 });
  const network = lower(quantized, { links: "same-step", neuron: "integer", conv3d: "lower" });
  const float = simulate(model, input, { dt: 1 });
  return [spikes(float.outputs), spikes(simulateNetwork(network, input).outputs)];
}

test("IF neurons right behind spikes, window sums and window means count integers: 0 of 1,920 spikes differ", async () => {
  const models = [
    net((start) => start.if("if", { vThreshold: 2.5 })),
    net((start) => start.sumPool2d("pool", { kernelSize: 2 }).if("if", { vThreshold: 6.5 })),
    net((start) => start.avgPool2d("pool", { kernelSize: 2 }).if("if", { vThreshold: 0.9 })),
  ];
  for (const model of models) {
    const [float, integer] = await both(model);
    expect(float.reduce((a, b) => a + b, 0)).toBeGreaterThan(50);
    expect(integer).toEqual(float);
  }
});

test("behind a mean of 2 x 2 the unit is 1/4: threshold 0.9 becomes 3 (gt), with the state scale 0.25", async () => {
  const model = net((start) => start.avgPool2d("pool", { kernelSize: 2 }).if("if", { vThreshold: 0.9 }));
  const { graph: quantized } = await quantizeUniform(model, { dt: 1, bits: 8 });
  const neuron = readQuantized(quantized).neurons.get("if");
  expect(neuron?.theta[0]).toBe(3);
  expect(neuron?.stateScale[0]).toBe(0.25);
});

test("with float nodes the threshold stays 3.3, and a percentile search leaves it", async () => {
  const model = net((start) => start.sumPool2d("pool", { kernelSize: 2 }).if("if", { vThreshold: 3.3 }));
  const { graph: quantized, report } = await quantizeUniform(
    model,
    { dt: 1, bits: 8, nodes: "float", scaling: percentileScaling },
    { calibration: [{ input }], simulate: (of, given, record) => simulate(of, given, { dt: 1, record }) },
  );
  const node = quantized.node("if");
  expect(node.type === "IF" && node.vThreshold.data[0]).toBe(Math.fround(3.3));
  expect(report.neurons.map(({ path, inputBound }) => [path, inputBound])).toEqual([["if", 4]]);
});
