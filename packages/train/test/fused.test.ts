import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BuildOptions, buildTrainable, type ForwardOptions, type TrainableModel } from "../src/index.ts";
import { type Network, networks } from "./networks.ts";

const steps = 6;
const batch = 3;

interface Outcome {
  readonly outputs: ReadonlyMap<string, Float32Array>;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

function inputsOf(model: TrainableModel, analogue: boolean): Map<string, tf.Tensor> {
  const inputs = new Map<string, tf.Tensor>();
  for (const [name, node] of model.graph.nodes()) {
    if (node.type !== "Input" || !("shape" in node)) continue;
    const shape = [steps, batch, ...(node.shape ?? [])];
    const random = philox(3, name);
    const size = shape.reduce((a, b) => a * b, 1);
    const data = Float32Array.from({ length: size }, () =>
      analogue ? random.normal() : random.uniform() < 0.25 ? 1 : 0,
    );
    inputs.set(name, tf.tensor(data, shape, "float32"));
  }
  return inputs;
}

/** Loss Σ c·y with fixed random c over all outputs, so that every element has a gradient of its own. */
function runModel(model: TrainableModel, analogue: boolean, options: ForwardOptions = {}): Outcome {
  const inputs = inputsOf(model, analogue);
  const outputs = new Map<string, Float32Array>();
  const variables = [...model.parameters.values()].filter(({ trainable }) => trainable);
  const dense = [...inputs.values()];
  const loss = (): tf.Scalar => {
    const result = model.forward(inputs, { inputGradient: true, ...options });
    let total: tf.Tensor = tf.scalar(0);
    for (const [name, sequence] of [...result.outputs, ...result.recorded]) {
      const y = sequence.dense();
      outputs.set(name, Float32Array.from(y.dataSync()));
      const random = philox(5, name);
      const c = tf.tensor(
        Float32Array.from({ length: y.size }, () => random.normal()),
        y.shape,
      );
      total = tf.add(total, tf.sum(tf.mul(c, y)));
    }
    return total as tf.Scalar;
  };
  const { grads } = tf.variableGrads(
    loss,
    variables.map(({ variable }) => variable),
  );
  const gradients = new Map<string, Float32Array>();
  for (const { name, variable } of variables)
    gradients.set(name, Float32Array.from((grads[variable.name] as tf.Tensor).dataSync()));
  const byInput = tf.grads((...given: tf.Tensor[]) => {
    [...inputs.keys()].forEach((name, i) => {
      inputs.set(name, given[i] as tf.Tensor);
    });
    return loss();
  })(dense);
  [...inputs.keys()].forEach((name, i) => {
    gradients.set(name, Float32Array.from((byInput[i] as tf.Tensor).dataSync()));
  });
  return { outputs, gradients };
}

let serial = 0;

async function both(network: Network, options: BuildOptions, forward: ForwardOptions = {}): Promise<void> {
  const found: Outcome[] = [];
  for (const execution of ["composite", "fused"] as const) {
    const model = await buildTrainable(network.graph, {
      dt: 1,
      ...network.options,
      ...options,
      execution,
      name: `m${serial++}`,
    });
    expect(model.execution).toBe(execution);
    found.push(runModel(model, network.analogue === true, forward));
    model.dispose();
  }
  const [oracle, fused] = found as [Outcome, Outcome];
  let spikes = 0;
  for (const [name, values] of oracle.outputs) {
    closeTo(fused.outputs.get(name), values, 1e-5, name);
    spikes += values.reduce((sum, value) => sum + Math.abs(value), 0);
  }
  // A silent network would agree about nothing.
  expect(spikes).toBeGreaterThan(0);
  for (const [name, values] of oracle.gradients) closeTo(fused.gradients.get(name), values, 1e-4, name);
}

/** Within `tolerance` of the largest value. */
function closeTo(
  found: Float32Array | undefined,
  expected: Float32Array,
  tolerance: number,
  name: string,
): void {
  expect(found?.length, name).toBe(expected.length);
  const scale = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-3);
  let worst = 0;
  expected.forEach((value, i) => {
    worst = Math.max(worst, Math.abs(value - (found?.[i] ?? Number.NaN)) / scale);
  });
  expect(worst, name).toBeLessThanOrEqual(tolerance);
}

describe.each(["cpu", "wasm"])("the fused path against the composite one, backend %s", (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend);
    await tf.ready();
  });
  afterAll(async () => {
    await tf.setBackend("cpu");
  });

  test.each([...networks])("agrees to 1e-5 in outputs and 1e-4 in gradients: %s", async (_, network) => {
    await both(network, { dialect: { reset: "subtract", ...(network.options?.dialect as object) } });
  });
});
