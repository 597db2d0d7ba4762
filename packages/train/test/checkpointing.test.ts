import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { graph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import {
  type BuildOptions,
  buildTrainable,
  type GradientCheckpointing,
  type TrainableModel,
} from "../src/index.ts";
import { networks, values } from "./networks.ts";

const batch = 2;
let serial = 0;

interface Outcome {
  /** Outputs, membranes, spikes, state and activity: everything that is not a sum over time. */
  readonly forward: unknown;
  readonly inputs: readonly Float32Array[];
  readonly parameters: ReadonlyMap<string, Float32Array>;
}

function outcome(
  model: TrainableModel,
  steps: number,
  checkpointing: GradientCheckpointing,
  analogue: boolean,
): Outcome {
  const inputs = [...model.graph.nodes()].flatMap(([name, node]) => {
    if (node.type !== "Input" || !("shape" in node)) return [];
    const shape = [steps, batch, ...(node.shape ?? [])];
    const random = philox(3, name);
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
      analogue ? random.normal() : random.uniform() < 0.3 ? 1 : 0,
    );
    return [[name, tf.variable(tf.tensor(data, shape), true, `in${serial++}`)] as const];
  });
  let forward: unknown;
  const { value, grads } = tf.variableGrads(() => {
    const result = model.forward(new Map(inputs), {
      checkpointing,
      inputGradient: true,
      record: { nodes: "all", signals: ["membrane"] },
    });
    const seen = [...result.outputs, ...result.recorded].map(
      ([key, sequence]) => [key, sequence.dense()] as const,
    );
    forward = [
      seen.map(([key, y]) => [key, [...y.dataSync()]]),
      [...result.state].map(([key, state]) => [key, { ...state }]),
      [...result.activity],
    ];
    return seen
      .map(([key, y]) => {
        const random = philox(5, `c/${key}`);
        const c = tf.tensor(
          Float32Array.from({ length: y.size }, () => random.normal()),
          y.shape,
        );
        return tf.sum(tf.mul(c, y)) as tf.Scalar;
      })
      .reduce((sum, term) => tf.add(sum, term));
  });
  value.dispose();
  const read = (name: string): Float32Array => Float32Array.from(grads[name]?.dataSync() ?? []);
  return {
    forward,
    inputs: inputs.map(([, x]) => read(x.name)),
    parameters: new Map([...model.parameters.values()].map((p) => [p.name, read(p.variable.name)])),
  };
}

const learned: BuildOptions = {
  trainable: { leak: "neuron", synLeak: "layer", threshold: "neuron", reset: "layer", gain: true },
  detachReset: false,
};

const backends = process.env.NIRKIT_DEEP === "1" ? ["cpu", "wasm"] : ["cpu"];

describe.each(backends)("gradient checkpointing on %s", (backend) => {
  test.each([...networks].map(([name, network]) => [name, network] as const))(
    "changes no bit of outputs, membranes, states, activity and input gradients, parameters within 3e-5: %s",
    async (_, network) => {
      await tf.setBackend(backend);
      for (const dialect of [{ reset: "subtract", resetDelay: 1 }, { reset: "value" }] as const) {
        const model = await buildTrainable(network.graph, {
          dt: 1,
          ...network.options,
          ...learned,
          // Dense or by events is chosen by density, which a segment may have more of.
          denseAbove: 1,
          trainable: { ...learned.trainable, ...network.options?.trainable },
          dialect: { ...(network.options?.dialect as object), ...dialect },
          execution: "fused",
          name: `c${serial++}`,
        });
        const analogue = network.analogue === true;
        const whole = outcome(model, 7, "off", analogue);
        for (const checkpointing of [
          "auto",
          { every: 1 },
          { every: 2 },
          { every: 5 },
          { every: 7 },
        ] as const) {
          const parts = outcome(model, 7, checkpointing, analogue);
          expect(parts.forward).toEqual(whole.forward);
          expect(parts.inputs).toEqual(whole.inputs);
          for (const [name, expected] of whole.parameters) {
            const found = parts.parameters.get(name) as Float32Array;
            const scale = expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
            // Sums over time in another order.
            expected.forEach((x, i) => {
              expect(Math.abs(x - (found[i] as number)) / scale, name).toBeLessThan(3e-5);
            });
          }
        }
        model.dispose();
      }
    },
  );
});

test("400 steps of a 40-64-10 network take less than a third of the memory, and no tensors", async () => {
  await tf.setBackend("cpu");
  const network = graph()
    .input("in", [40])
    .linear("fc1", { weight: values("fc1", [64, 40], 0.4) })
    .lif("l1", { tau: 5, r: 5, vThreshold: 1 })
    .linear("fc2", { weight: values("fc2", [10, 64], 0.4) })
    .lif("l2", { tau: 5, r: 5, vThreshold: 1 })
    .output("out")
    .build();
  const bytes: number[] = [];
  const x = tf.cast(tf.less(tf.randomUniform([400, 8, 40], 0, 1, "float32", 3), 0.1), "float32");
  for (const checkpointing of ["off", "auto"] as const) {
    const model = await buildTrainable(network, { dt: 1, name: `memory-${checkpointing}` });
    const before = tf.memory().numTensors;
    for (let round = 0; round < 2; round++) {
      const { value, grads } = tf.variableGrads(
        () =>
          tf.sum(
            model
              .forward(new Map([["in", x]]), { checkpointing })
              .outputs.get("out")
              ?.counts() as tf.Tensor,
          ) as tf.Scalar,
      );
      tf.dispose([value, grads]);
    }
    expect(tf.memory().numTensors).toBe(before);
    bytes.push(model.memoryBytes);
    model.dispose();
  }
  const [whole = 0, parts = 0] = bytes;
  expect(parts).toBeLessThan(whole / 3);
});

test("segments of half a step are refused with E_TRAIN_OPTION", async () => {
  const network = networks.get("mlp") as { graph: Parameters<typeof buildTrainable>[0] };
  const model = await buildTrainable(network.graph, { dt: 1, name: "half" });
  expect(() =>
    model.forward(new Map([["in", tf.zeros([3, 1, 9])]]), { checkpointing: { every: 0.5 } }),
  ).toThrow(/E_TRAIN_OPTION/);
  model.dispose();
});
