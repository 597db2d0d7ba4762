import "@tensorflow/tfjs-backend-cpu";
import { defineExtension, type ExtensionNode, graph, NirGraph, type NirNode, tensor } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  buildTrainable,
  defineTrainableNode,
  type NodeStep,
  type TrainableModel,
  type TrainableNode,
} from "../src/index.ts";
import { values } from "./networks.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

const leakyType = defineExtension("acme:Leaky", z.custom<ExtensionNode>(), { infer: (_, input) => input });
const discretize = (node: ExtensionNode) => ({
  decay: { value: node.params.get("decay") as ReturnType<typeof tensor> },
});
const states = (_: ExtensionNode, input: readonly number[]) => ({ v: input });

/** v = d·v + (1 − d)·x as tfjs operations. */
const composed: TrainableNode = defineTrainableNode(leakyType, {
  discretize,
  states,
  composite: ({ x, state, parameters: { decay } }) => {
    const d = decay as tf.Tensor;
    const v = tf.add(tf.mul(state.v as tf.Tensor, d), tf.mul(x, tf.sub(1, d)));
    return { y: v, state: { v } };
  },
});

/** The same on typed arrays. */
const typed: TrainableNode = defineTrainableNode(leakyType, {
  discretize,
  states,
  forward: ({ x, state, parameters }: NodeStep<Float32Array>) => {
    const d = parameters.decay?.[0] ?? 0;
    const v = x.map((value, k) => d * (state.v?.[k] ?? 0) + (1 - d) * value);
    return { y: v, state: { v } };
  },
  backward: ({ x, state, parameters }, { dy, dState }) => {
    const d = parameters.decay?.[0] ?? 0;
    const lambda = dy.map((value, k) => value + (dState.v?.[k] ?? 0));
    return {
      dx: lambda.map((value) => value * (1 - d)),
      dState: { v: lambda.map((value) => value * d) },
      parameters: {
        decay: Float32Array.of(
          lambda.reduce((sum, l, k) => sum + l * ((state.v?.[k] ?? 0) - (x[k] ?? 0)), 0),
        ),
      },
    };
  },
});

const leaky: ExtensionNode = {
  type: "acme:Leaky",
  params: new Map([["decay", tensor("float32", [], [0.75])]]),
};
/** A loop through a LIF, with a leaky node between: NIR's LI, or the one of a third party. */
function network(node: NirNode): NirGraph {
  const plain = graph()
    .input("in", [3])
    .linear("fc", { weight: values("ext", [4, 3], 1.2) })
    .lif("lif", { tau: 5, r: 5, vThreshold: 1 })
    .li("own", { tau: 4, r: 1 })
    .linear("back", { weight: values("extb", [4, 4], 0.6) })
    .edge("back", "lif")
    .at("own")
    .output("out")
    .build();
  return NirGraph.from({
    nodes: [...plain.nodes()].map(([name, given]) => [name, name === "own" ? node : given] as const),
    edges: plain.edges(),
  });
}

const x = (): tf.Tensor =>
  tf.tensor(
    [1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 1, 1],
    [5, 2, 3],
  );

function run(model: TrainableModel): { output: number[]; gradients: ReadonlyMap<string, readonly number[]> } {
  let output: number[] = [];
  const { grads } = tf.variableGrads(() => {
    const y = model
      .forward(new Map([["in", x()]]))
      .outputs.get("out")
      ?.dense() as tf.Tensor;
    output = [...y.dataSync()];
    return tf.sum(tf.square(y)) as tf.Scalar;
  });
  const gradients = [...model.parameters.values()].map(
    ({ name, variable }) =>
      [name, [...((grads[variable.name] as tf.Tensor | undefined)?.dataSync() ?? [])]] as const,
  );
  return { output, gradients: new Map(gradients) };
}

describe.each([
  ["tfjs operations", composed],
  ["typed arrays", typed],
] as const)("a node of a third party in %s", (kind, extension) => {
  test("in a loop has outputs and gradients of the LI it computes, to 1e-6", async () => {
    const own = await buildTrainable(network(leaky), { dt: 1, extensions: [extension], name: `own-${kind}` });
    const li = network(tensorLi());
    const reference = await buildTrainable(li, {
      dt: 1,
      execution: "composite",
      name: `li-${kind}`,
      nodes: { own: { leak: { granularity: "layer", param: "clamp" } } },
    });
    expect(own.execution).toBe("composite");
    const [found, wanted] = [run(own), run(reference)];
    expect(wanted.output.some((value) => value > 0.1)).toBe(true);
    found.output.forEach((value, k) => {
      expect(value).toBeCloseTo(wanted.output[k] ?? Number.NaN, 6);
    });
    for (const name of ["fc.weight", "back.weight"])
      found.gradients.get(name)?.forEach((value, k) => {
        expect(value, name).toBeCloseTo(wanted.gradients.get(name)?.[k] ?? Number.NaN, 5);
      });
    expect(found.gradients.get("own.decay")?.[0]).toBeCloseTo(wanted.gradients.get("own.leak")?.[0] ?? 0, 5);
  });

  test("is exported with what it learned, and carries its state: 2 and 3 steps are 5", async () => {
    const model = await buildTrainable(network(leaky), {
      dt: 1,
      extensions: [extension],
      name: `carry-${kind}`,
    });
    const whole = tf.tidy(() => [
      ...(model
        .forward(new Map([["in", x()]]))
        .outputs.get("out")
        ?.dense()
        .dataSync() ?? []),
    ]);
    const parts = tf.tidy(() => {
      const first = model.forward(new Map([["in", tf.slice(x(), [0, 0, 0], [2, 2, 3])]]));
      const rest = model.forward(new Map([["in", tf.slice(x(), [2, 0, 0], [3, 2, 3])]]), {
        state: first.state,
      });
      return [first, rest].flatMap(({ outputs }) => [...(outputs.get("out")?.dense().dataSync() ?? [])]);
    });
    expect(parts).toEqual(whole);
    model.parameters.get("own.decay")?.variable.assign(tf.scalar(0.5));
    const node = model.toNir().node("own") as ExtensionNode;
    expect((node.params.get("decay") as ReturnType<typeof tensor>).data[0]).toBe(0.5);
  });
});

function tensorLi(): NirNode {
  const four = (value: number): ReturnType<typeof tensor> =>
    tensor("float32", [4], [value, value, value, value]);
  return { type: "LI", tau: four(4), r: four(1), vLeak: four(0) };
}

test("types without a gradient, and types that were not passed, are refused", async () => {
  expect(() => defineTrainableNode(leakyType, { forward: ({ x: y }) => ({ y }) })).toThrow(/E_TRAIN_OPTION/);
  await expect(buildTrainable(network(leaky), { dt: 1 })).rejects.toThrow(/acme:Leaky/);
  await expect(
    buildTrainable(network(leaky), { dt: 1, extensions: [composed], execution: "fused" }),
  ).rejects.toThrow(/E_FUSED/);
});
