import "@tensorflow/tfjs-backend-cpu";
import { graph, type NirGraph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { buildTrainable } from "../src/index.ts";
import { values } from "./networks.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const lif = { tau: 10, r: 10, vThreshold: 1 };

const networks: readonly (readonly [string, NirGraph, readonly number[], number])[] = [
  [
    "784-512-10",
    graph()
      .input("in", [784])
      .linear("fc1", { weight: values("m1", [512, 784], 0.1) })
      .lif("l1", lif)
      .linear("fc2", { weight: values("m2", [10, 512], 0.1) })
      .lif("l2", lif)
      .output("out")
      .build(),
    [784],
    16,
  ],
  [
    "2x34x34 c5x8 p2 c5x16 p2 10",
    graph()
      .input("in", [2, 34, 34])
      .conv2d("c1", { weight: values("m3", [8, 2, 5, 5], 0.3) })
      .lif("l1", lif)
      .avgPool2d("p1", { kernelSize: 2 })
      .conv2d("c2", { weight: values("m4", [16, 8, 5, 5], 0.3) })
      .lif("l2", lif)
      .avgPool2d("p2", { kernelSize: 2 })
      .flatten("f")
      .linear("fc", { weight: values("m5", [10, 400], 0.1) })
      .lif("l3", lif)
      .output("out")
      .build(),
    [2, 34, 34],
    1,
  ],
];

test.each(networks)(
  "%s uses the memory of the formula within 20 %: 4T(B·Σ N(1 + ρ) + b·2·max N) + 16·P, b samples at a time",
  async (name, network, shape, band) => {
    const [steps, batch] = [20, 16];
    const random = philox(6, name);
    const size = shape.reduce((a, b) => a * b, 1);
    const start = new Uint32Array(steps * batch + 1);
    const index: number[] = [];
    for (let row = 0; row < steps * batch; row++) {
      for (let at = 0; at < size; at++) if (random.uniform() < 0.05) index.push(at);
      start[row + 1] = index.length;
    }
    const labels = new Int32Array(batch);
    const events = {
      kind: "events",
      steps,
      batch,
      shape,
      start,
      index: Uint32Array.from(index),
      labels,
    } as const;
    const model = await buildTrainable(network, { dt: 1, execution: "fused", name: `memory-${name}` });
    const variables = [...model.parameters.values()].map(({ variable }) => variable);
    let neurons = index.length / (steps * batch);
    let most = 0;
    tf.variableGrads(() => {
      const { outputs, activity } = model.forward(new Map([["in", events]]));
      for (const [node, seen] of activity) {
        if (network.node(node).type !== "LIF") continue;
        neurons += seen.neurons + seen.eventsOut / (steps * batch);
        most = Math.max(most, seen.neurons);
      }
      return tf.sum(outputs.get("out")?.dense() as tf.Tensor) as tf.Scalar;
    }, variables);
    const parameters = variables.reduce((total, { size }) => total + size, 0);
    const formula = 4 * steps * (batch * neurons + band * 2 * most) + 16 * parameters;
    expect(Math.abs(model.memoryBytes / formula - 1)).toBeLessThan(0.2);
    model.dispose();
  },
);
