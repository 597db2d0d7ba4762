/** Losses, terms and parametrizations on WebGPU against those on cpu. */
import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-webgpu";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  adamW,
  countMSE,
  firstSpikeCrossEntropy,
  knowledgeDistillation,
  type Loss,
  l1Rate,
  membraneLastCrossEntropy,
  membraneMaxCrossEntropy,
  membraneMeanCrossEntropy,
  membraneRange,
  membraneSumCrossEntropy,
  rateCrossEntropy,
  rateLower,
  rateMSE,
  rateUpper,
  registerGradients,
  seqTensor,
  spikeCountCrossEntropy,
  synopBudget,
  temporalMSE,
  tfjsOptimizer,
  vanRossum,
  weightDecay,
} from "../src/index.ts";
import { toyData, toyTrainer } from "./training/toy-task.ts";
import { closeTo, hasAdapter } from "./webgpu-adapter.ts";

const [steps, batch, classes] = [7, 5, 4];
const losses: readonly (readonly ["spikes" | "membrane", Loss])[] = [
  ["spikes", spikeCountCrossEntropy()],
  ["spikes", rateCrossEntropy()],
  ["membrane", membraneMaxCrossEntropy()],
  ["membrane", membraneMeanCrossEntropy()],
  ["membrane", membraneSumCrossEntropy()],
  ["membrane", membraneLastCrossEntropy()],
  ["spikes", firstSpikeCrossEntropy()],
  ["spikes", temporalMSE()],
  ["spikes", countMSE()],
  ["spikes", rateMSE()],
  ["spikes", vanRossum({ tau: 3 })],
  ["spikes", knowledgeDistillation({ base: spikeCountCrossEntropy() })],
];

const values = (name: string, shape: readonly number[], kind: "spikes" | "membrane"): tf.Tensor => {
  const random = philox(9, name);
  const draw = (): number => (kind === "spikes" ? (random.uniform() < 0.3 ? 1 : 0) : random.normal());
  return tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, draw), [...shape]);
};

/** Loss, gradient by the output, and readout. */
async function lossOn(backend: string, kind: "spikes" | "membrane", loss: Loss): Promise<Float32Array> {
  await tf.setBackend(backend);
  const shape = [steps, batch, classes] as const;
  const target = {
    labels: Int32Array.from({ length: batch }, (_, k) => k % classes),
    sequence: values("wanted", shape, "spikes"),
    teacher: values("teacher", [batch, classes], "membrane"),
  };
  const y = values("output", shape, kind);
  const { value, grads } = tf.valueAndGrads((x: tf.Tensor) => loss.compute(seqTensor(kind, x), target))([y]);
  const parts = [value, ...grads, loss.readout(seqTensor(kind, y))];
  const read = await Promise.all(parts.map((part) => part.data<"float32">()));
  return Float32Array.from(read.flatMap((part) => [...part]));
}

describe.skipIf(!hasAdapter)("training on WebGPU (skipped without an adapter)", () => {
  beforeAll(async () => {
    await tf.ready();
    await registerGradients();
  });
  afterAll(async () => {
    await tf.setBackend("cpu");
  });

  test.each(losses.map(([kind, loss]) => ({ kind, loss, name: loss.name })))(
    "$name on $kind: loss, gradient and readout are those of cpu to 1e-5",
    async ({ kind, loss }) => {
      const expected = await lossOn("cpu", kind, loss);
      expect(expected.filter((value) => value !== 0).length).toBeGreaterThan(batch);
      closeTo(await lossOn("webgpu", kind, loss), expected, 1e-5, loss.name);
    },
  );

  test("8 steps with every regularizer and learned leaks and thresholds take the losses of cpu to 1e-3", async () => {
    const regularizers = [
      rateUpper({ target: 0.1, weight: 0.1 }),
      rateLower({ target: 0.4, weight: 0.1 }),
      l1Rate({ weight: 0.01 }),
      synopBudget({ budget: 1, weight: 1e-3 }),
      weightDecay({ weight: 1e-3 }),
      membraneRange({ limit: 0.5, weight: 0.1 }),
    ];
    const curves: Float32Array[] = [];
    for (const backend of ["cpu", "webgpu"]) {
      const trainer = await toyTrainer(
        { regularizers, optimizer: adamW({ lr: 0.01 }), gradClip: { norm: 1 } },
        {
          execution: "composite",
          init: { density: 0.1, steps: 6 },
          trainable: { leak: { granularity: "layer", param: "pot" }, threshold: "neuron" },
        },
        backend,
      );
      const found: number[] = [];
      for await (const event of trainer.fit(toyData(), { epochs: 2 }))
        if (event.kind === "step") found.push(event.loss);
      curves.push(Float32Array.from(found));
      trainer.model.dispose();
    }
    expect(curves[0]).toHaveLength(8);
    closeTo(curves[1], curves[0] as Float32Array, 1e-3, "losses");
  });

  test("an optimizer of tfjs, which has to be read inside a step, is refused", async () => {
    const trainer = await toyTrainer(
      { optimizer: tfjsOptimizer("sgd", 0.1, (rate) => tf.train.sgd(rate)) },
      {},
      "webgpu",
    );
    const run = async (): Promise<void> => {
      for await (const _ of trainer.fit(toyData(), { epochs: 1 }));
    };
    await expect(run()).rejects.toThrow("tfjsOptimizer needs values without waiting");
  });
});
