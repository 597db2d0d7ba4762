import "@tensorflow/tfjs-backend-cpu";
import { hasWeight, sizeOf } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type BuildOptions, buildTrainable, compactGraph, type TrainableModel } from "../src/index.ts";
import { networks } from "./networks.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const [steps, batch] = [6, 3];
let serial = 0;

function outputsOf(model: TrainableModel, analogue: boolean): unknown {
  return tf.tidy(() => {
    const inputs = [...model.graph.nodes()].flatMap(([name, node]) => {
      if (node.type !== "Input" || !("shape" in node)) return [];
      const shape = [steps, batch, ...(node.shape ?? [])];
      const random = philox(3, name);
      const data = Float32Array.from({ length: sizeOf(shape) }, () =>
        analogue ? random.normal() : random.uniform() < 0.4 ? 1 : 0,
      );
      return [[name, tf.tensor(data, shape)] as const];
    });
    const { outputs } = model.forward(new Map(inputs));
    return [...outputs].map(([name, y]) => [name, [...y.dense().dataSync()]]);
  });
}

/** Masks whole rows and columns of every weight, and takes the biases of the rows. */
function maskChannels(model: TrainableModel, seed: number): void {
  for (const [name, node] of model.graph.flatten().nodes()) {
    const weight = model.parameters.get(`${name}.weight`);
    if (!hasWeight(node) || weight === undefined) continue;
    const random = philox(seed, name);
    const [rows = 1, columns = 1, ...kernel] = weight.variable.shape.slice(
      -Math.max(2, node.weight.shape.length),
    );
    const dead = Array.from({ length: rows }, () => random.uniform() < 0.4);
    const unread = Array.from({ length: columns }, () => random.uniform() < 0.4);
    const inner = sizeOf(kernel);
    const mask = Float32Array.from({ length: weight.variable.size }, (_, at) =>
      dead[Math.floor(at / (columns * inner)) % rows] || unread[Math.floor(at / inner) % columns] ? 0 : 1,
    );
    weight.mask = tf.tensor(mask, weight.variable.shape);
    const bias = model.parameters.get(`${name}.bias`);
    if (bias !== undefined && bias.variable.size % rows === 0)
      bias.mask = tf.tensor(
        Float32Array.from({ length: bias.variable.size }, (_, at) =>
          dead[Math.floor(at / (bias.variable.size / rows))] ? 0 : 1,
        ),
        bias.variable.shape,
      );
  }
}

describe("a compacted network", () => {
  test.each([...networks].map(([name, network]) => [name, network] as const))(
    "gives the same outputs bit for bit with the channels gone that masks emptied, 5 masks: %s",
    async (name, network) => {
      let gone = 0;
      for (let seed = 0; seed < 5; seed++) {
        const options: BuildOptions = { dt: 1, denseAbove: 0, ...network.options };
        const model = await buildTrainable(network.graph, { ...options, name: `m${serial++}` });
        maskChannels(model, seed);
        const { graph, removed } = model.compact();
        for (const channels of removed.values()) gone += channels.length;
        const small = await buildTrainable(graph, { ...options, name: `s${serial++}` });
        const size = (each: TrainableModel): number =>
          [...each.parameters.values()].reduce((sum, { variable }) => sum + variable.size, 0);
        expect(size(small) <= size(model)).toBe(true);
        expect(outputsOf(small, network.analogue === true)).toEqual(
          outputsOf(model, network.analogue === true),
        );
        // Nothing more is found in what is left.
        expect(compactGraph(graph).removed.size).toBe(0);
        model.dispose();
        small.dispose();
      }
      // Groups, stacked matrices, and what adds up with an output keep their channels.
      const stays = /groups|stacked|latched|average pool of|branches/.test(name);
      expect(gone > 0 || stays).toBe(true);
    },
  );

  test("of the mlp has the masked neurons listed, and 5 of 7 rows left", async () => {
    const network = networks.get("mlp") as { graph: Parameters<typeof buildTrainable>[0] };
    const model = await buildTrainable(network.graph, { dt: 1, name: `m${serial++}` });
    const weight = model.parameters.get("fc2.weight");
    if (weight === undefined) throw new Error("no weight");
    weight.mask = tf.tensor(
      Float32Array.from({ length: 21 }, (_, at) => (at % 7 === 2 || at % 7 === 5 ? 0 : 1)),
      [3, 7],
    );
    const { graph, removed } = model.compact();
    expect(removed.get("l1")).toEqual([2, 5]);
    expect([graph.types().outputShape("l1"), graph.types().outputShape("out")]).toEqual([[5], [3]]);
  });
});
