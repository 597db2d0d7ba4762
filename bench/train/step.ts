/** One training step of a case, forward, backward and Adam, and what it costs. */
import { philox } from "@nirkit/integer";
import { buildTrainable, fastSigmoid, type TrainableModel } from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import type { Case } from "./cases.ts";

/** A model and its step. */
export interface TrainingStep {
  readonly model: TrainableModel;
  run(): void;
}

/** The model of a case on one build of the kernels, with a step on its batch. */
export async function trainingStep(given: Case, kernels: "portable" | "relaxed"): Promise<TrainingStep> {
  const model = await buildTrainable(given.graph, {
    dt: 1,
    dialect: "nir-euler+subtract",
    surrogate: fastSigmoid(),
    execution: "fused",
    kernels,
    name: `${given.name}-${kernels}`,
  });
  const optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const random = philox(3, "labels");
  const classes = Int32Array.from({ length: given.input.batch }, () => random.integer(10));
  const labels = tf.oneHot(tf.tensor1d(classes, "int32"), 10);
  const variables = [...model.parameters.values()].map(({ variable }) => variable);
  const input = new Map([["in", given.input]]);
  const loss = (): tf.Scalar => {
    const counts = model.forward(input).outputs.get("out")?.counts() as tf.Tensor2D;
    const likelihood = tf.sum(tf.mul(tf.logSoftmax(counts), labels));
    return tf.mul(likelihood, -1 / given.input.batch) as tf.Scalar;
  };
  return {
    model,
    run: () => {
      optimizer.minimize(loss, false, variables);
    },
  };
}

/** Least CPU milliseconds of a step within some seconds. */
export function leastMs(step: () => void, seconds: number): number {
  let least = Number.POSITIVE_INFINITY;
  const end = performance.now() + 1000 * seconds;
  for (let i = 0; i < 5 || performance.now() < end; i++) {
    const start = process.cpuUsage();
    step();
    const { user, system } = process.cpuUsage(start);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}
