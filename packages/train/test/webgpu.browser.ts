import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgpu";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import {
  atan,
  type BuildOptions,
  boxcar,
  buildTrainable,
  customSurrogate,
  exponential,
  type ForwardOptions,
  fastSigmoid,
  gaussian,
  multiGaussian,
  periodicExponential,
  sigmoid,
  sparseFastSigmoid,
  stacked,
  straightThrough,
  type TrainableModel,
  triangular,
} from "../src/index.ts";
import { type Network, networks } from "./networks.ts";
import { randomNetwork } from "./random-network.ts";
import { toyData, toyTrainer } from "./training/toy-task.ts";
import { closeTo, hasAdapter } from "./webgpu-adapter.ts";

/**
 * Both run the same operations in float32; the GPU may fuse a product with a sum and has exponentials of its own, so that
 * values differ by a few units in the last place. Relative to the largest value of the tensor.
 */
const outputTolerance = 1e-5;
const gradientTolerance = 1e-4;
const [steps, batch] = [6, 3];

interface Outcome {
  readonly loss: number;
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

function inputsOf({ graph }: TrainableModel, analogue: boolean): Map<string, tf.Tensor> {
  const inputs = new Map<string, tf.Tensor>();
  for (const [name, node] of graph.nodes()) {
    if (node.type !== "Input" || !("shape" in node)) continue;
    const shape = [steps, batch, ...(node.shape ?? [])];
    const random = philox(3, name);
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
      analogue ? random.normal() : random.uniform() < 0.4 ? 1 : 0,
    );
    inputs.set(name, tf.tensor(data, shape, "float32"));
  }
  return inputs;
}

/** Loss Σ c·y with random c over all outputs; outputs, gradients, states and counts, every read awaited. */
async function outcome(model: TrainableModel, analogue: boolean, options: ForwardOptions): Promise<Outcome> {
  const inputs = inputsOf(model, analogue);
  const trained = [...model.parameters.values()].filter(({ trainable }) => trainable);
  const kept = new Map<string, tf.Tensor>();
  let settle: (() => Promise<Map<string, Float32Array>>) | undefined;
  const { value, grads } = tf.variableGrads(
    () => {
      const result = model.forward(inputs, options);
      settle = async () => {
        await result.settled();
        const counts = [...result.activity.values()].flatMap((a) => [a.eventsIn, a.eventsOut, a.synapticOps]);
        const states = [...result.state].flatMap(([node, state]) =>
          Object.entries(state).map(([key, values]): [string, Float32Array] => [`${node}.${key}`, values]),
        );
        return new Map([["counts", Float32Array.from(counts)], ...states]);
      };
      let total: tf.Tensor = tf.scalar(0);
      for (const [name, sequence] of result.outputs) {
        const y = sequence.dense();
        kept.set(`output ${name}`, tf.keep(tf.clone(y)));
        const random = philox(5, name);
        const c = tf.tensor(
          Float32Array.from({ length: y.size }, () => random.normal()),
          y.shape,
        );
        total = tf.add(total, tf.sum(tf.mul(c, y)));
      }
      return total as tf.Scalar;
    },
    trained.map(({ variable }) => variable),
  );
  for (const { name, variable } of trained) kept.set(`gradient ${name}`, grads[variable.name] as tf.Tensor);
  const tensors = new Map(await (settle as NonNullable<typeof settle>)());
  for (const [name, tensor] of kept) {
    tensors.set(name, Float32Array.from(await tensor.data()));
    tensor.dispose();
  }
  const [loss = Number.NaN] = await value.data();
  return { loss, tensors };
}

let serial = 0;

/** The worst relative difference of outputs and of gradients, after a check that something spiked. */
async function compare(network: Network, options: BuildOptions = {}, forward: ForwardOptions = {}) {
  const found: Outcome[] = [];
  for (const backend of ["cpu", "webgpu"]) {
    await tf.setBackend(backend);
    const model = await buildTrainable(network.graph, {
      dt: 1,
      ...network.options,
      ...options,
      dialect: { ...(network.options?.dialect as object), ...(options.dialect as object) },
      execution: "composite",
      name: `w${serial++}`,
    });
    found.push(await outcome(model, network.analogue === true, forward));
    model.dispose();
  }
  const [cpu, gpu] = found as [Outcome, Outcome];
  expect([...gpu.tensors.keys()]).toEqual([...cpu.tensors.keys()]);
  expect(cpu.tensors.get("counts")?.some((count) => count > 0)).toBe(true);
  expect(gpu.tensors.get("counts")).toEqual(cpu.tensors.get("counts"));
  expect(Math.abs(gpu.loss - cpu.loss)).toBeLessThanOrEqual(
    outputTolerance * Math.max(1, Math.abs(cpu.loss)),
  );
  for (const [name, values] of cpu.tensors)
    closeTo(
      gpu.tensors.get(name),
      values,
      name.startsWith("gradient") ? gradientTolerance : outputTolerance,
      name,
    );
}

const plain = networks.get("mlp") as Network;
const loop = networks.get("recurrence with a bias, old currents") as Network;
const surrogates = [
  ["fast sigmoid", fastSigmoid()],
  ["atan", atan()],
  ["sigmoid by the threshold", sigmoid({ normalize: "threshold" })],
  ["triangular, 3 levels", stacked(triangular(), 3)],
  ["exponential", exponential()],
  ["periodic exponential", periodicExponential()],
  ["Gaussian", gaussian()],
  ["multi-Gaussian", multiGaussian()],
  ["boxcar", boxcar()],
  ["straight through", straightThrough()],
  // Its bound lies off the threshold: silent membranes are at 0, a threshold away, and a learned one has rounding.
  ["sparse", sparseFastSigmoid({ bound: 0.75 })],
] as const;

// Every shape of every operation is compiled anew, in software: the whole matrix takes minutes.
const isDeep = await commands.isDeep();
const shallow = [
  "mlp",
  "conv, two groups",
  "recurrence with a bias, old currents",
  "delays of 0, 1 and 3 steps",
];
const chosen = [...networks].filter(([name]) => isDeep || shallow.includes(name));

describe.skipIf(!hasAdapter)(
  "the composite path on WebGPU against the one on cpu (skipped without an adapter)",
  () => {
    beforeAll(() => tf.ready());
    afterAll(async () => {
      await tf.setBackend("cpu");
    });

    test.each(chosen)("agrees to 1e-5 in outputs and 1e-4 in gradients: %s", async (_, network) => {
      await compare(network, { dialect: { reset: "subtract" } });
    });

    test.each(Array.from({ length: isDeep ? 30 : 4 }, (_, seed) => seed))(
      "agrees on random network %i, with a random reset and surrogate",
      async (seed) => {
        const random = philox(seed, "options");
        const reset = (["value", "subtract", "none"] as const)[random.integer(3)] ?? "value";
        const [, surrogate] = surrogates[random.integer(surrogates.length)] ?? surrogates[0];
        const late = reset === "subtract" && random.integer(2) === 0;
        await compare(
          { graph: randomNetwork(seed) },
          {
            surrogate,
            detachReset: random.integer(2) === 0,
            dialect: { reset, ...(late ? { resetDelay: 1 as const } : {}) },
            trainable: { leak: "neuron", synLeak: "neuron", threshold: "neuron" },
          },
        );
      },
    );

    test.each(isDeep ? surrogates : surrogates.slice(1, 3))(
      "agrees for the surrogate %s, with learned leaks and thresholds",
      async (_, surrogate) => {
        const learned = { leak: "neuron", synLeak: "neuron", threshold: "neuron" } as const;
        await compare(plain, {
          surrogate,
          detachReset: false,
          dialect: { reset: "value" },
          trainable: learned,
        });
        await compare(loop, { surrogate, dialect: { reset: "subtract", resetDelay: 1 }, trainable: learned });
      },
    );

    test("carries the state on: 6 + 6 steps give what 6 steps from the carried state give on cpu", async () => {
      const carried: Outcome[] = [];
      for (const backend of ["cpu", "webgpu"]) {
        await tf.setBackend(backend);
        const model = await buildTrainable(loop.graph, {
          dt: 1,
          ...loop.options,
          execution: "composite",
          name: `w${serial++}`,
        });
        const first = model.forward(inputsOf(model, false));
        if (backend === "webgpu") expect(() => first.state).toThrow("does not give");
        await first.settled();
        carried.push(await outcome(model, false, { state: model.state() }));
        model.dispose();
      }
      const [cpu, gpu] = carried as [Outcome, Outcome];
      for (const [name, values] of cpu.tensors) closeTo(gpu.tensors.get(name), values, 1e-4, name);
    });

    test("20 steps of the trainer with AdamW take the losses of cpu to 1e-3, and the network can be downloaded", async () => {
      const curves: number[][] = [];
      const weights: Float32Array[] = [];
      for (const backend of ["cpu", "webgpu"]) {
        const trainer = await toyTrainer(
          {},
          { execution: "composite", init: { density: 0.1, steps: 6 } },
          backend,
        );
        const { model } = trainer;
        const losses: number[] = [];
        for await (const event of trainer.fit(toyData(), { epochs: 5 }))
          if (event.kind === "step") losses.push(event.loss);
        curves.push(losses);
        if (backend === "webgpu") expect(() => model.toNir()).toThrow("toNir needs values without waiting");
        const node = (await model.downloadNir()).node("fc1");
        expect(tf.getBackend()).toBe(backend);
        weights.push(
          "weight" in node ? Float32Array.from(node.weight.data as Float32Array) : new Float32Array(),
        );
        model.dispose();
      }
      const [cpu, gpu] = curves as [number[], number[]];
      expect(cpu.length).toBe(20);
      expect(cpu.at(-1)).toBeLessThan(cpu[0] as number);
      closeTo(Float32Array.from(gpu), Float32Array.from(cpu), 1e-3, "losses");
      closeTo(weights[1], weights[0] as Float32Array, 1e-3, "weights");
    });

    test("what has to read values without waiting is refused: a custom surrogate", async () => {
      await tf.setBackend("webgpu");
      const model = await buildTrainable(plain.graph, {
        dt: 1,
        surrogate: customSurrogate((d) => Math.exp(-Math.abs(d))),
        name: `w${serial++}`,
      });
      await expect(outcome(model, false, {})).rejects.toThrow("customSurrogate needs values without waiting");
    });
  },
);
