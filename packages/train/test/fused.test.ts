import "@tensorflow/tfjs-backend-cpu";
import "@tensorflow/tfjs-backend-wasm";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

async function both(
  network: Network,
  options: BuildOptions,
  forward: ForwardOptions = {},
  tolerance = 1e-4,
): Promise<void> {
  const found: Outcome[] = [];
  for (const execution of ["composite", "fused"] as const) {
    const model = await buildTrainable(network.graph, {
      dt: 1,
      ...network.options,
      ...options,
      dialect: { ...(network.options?.dialect as object), ...(options.dialect as object) },
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
  for (const [name, values] of oracle.gradients) closeTo(fused.gradients.get(name), values, tolerance, name);
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
    await both(network, { dialect: { reset: "subtract" } });
  });

  const mlp = networks.get("mlp") as Network;
  const conv = networks.get("conv, no padding") as Network;
  const loop = networks.get("recurrence with a bias, old currents") as Network;

  test.each([
    ["layer", "logit", true],
    ["channel", "log", false],
    ["neuron", "clamp", true],
    ["neuron", "pot", false],
  ] as const)(
    "agrees for learned leaks and thresholds per %s, %s, coupled %s",
    async (granularity, param, coupleGain) => {
      const leak = { granularity, param, coupleGain };
      for (const network of [mlp, conv, loop])
        for (const reset of ["value", "subtract"] as const)
          await both(network, {
            dialect: { reset },
            detachReset: false,
            trainable: { leak, synLeak: leak, threshold: granularity, reset: granularity },
          });
    },
  );

  test.each([
    ["fastSigmoid", fastSigmoid()],
    ["sigmoid", sigmoid({ normalize: "threshold" })],
    ["triangular, 3 levels", stacked(triangular(), 3)],
    ["exponential", exponential()],
    ["boxcar", boxcar()],
    ["straight through", straightThrough()],
    ["sparse", sparseFastSigmoid()],
  ] as const)("agrees for the surrogate %s under late and no resets", async (_, surrogate) => {
    await both(mlp, { surrogate, dialect: { reset: "subtract", resetDelay: 1 }, detachReset: false });
    await both(loop, { surrogate, dialect: { reset: "subtract", resetDelay: 1 } });
    await both(mlp, { surrogate, dialect: { reset: "none", leak: "exp", compare: "ge" } });
  });

  test("agrees for Gaussians, bumps at every threshold and, from a table, for a function of one's own to 1e-4", async () => {
    for (const surrogate of [
      gaussian(),
      multiGaussian(),
      periodicExponential(),
      gaussian({ normalize: "threshold" }),
    ])
      await both(mlp, { surrogate });
    await both(mlp, { surrogate: customSurrogate((d) => 1 / (1 + d * d)) });
  });

  test("agrees for learned thresholds that scale their surrogate, by layer and by neuron", async () => {
    for (const threshold of ["layer", "neuron"] as const)
      for (const surrogate of [
        triangular({ normalize: "threshold" }),
        stacked(atan({ normalize: "threshold" }), 2),
      ])
        for (const network of [mlp, loop])
          await both(network, { surrogate, detachReset: false, trainable: { threshold } });
  });

  test("agrees for membranes and spikes that are recorded", async () => {
    const record = { nodes: "all", signals: ["membrane", "spikes"] } as const;
    for (const network of [mlp, conv, loop]) await both(network, {}, { record });
  });

  test("gives the same with events as with dense products, to 1e-6", async () => {
    for (const network of [mlp, conv, loop]) {
      const results: Outcome[] = [];
      for (const denseAbove of [0, 1]) {
        const model = await buildTrainable(network.graph, {
          dt: 1,
          ...network.options,
          denseAbove,
          name: `m${serial++}`,
        });
        results.push(runModel(model, false));
        model.dispose();
      }
      const [dense, sparse] = results as [Outcome, Outcome];
      for (const [name, values] of dense.outputs) closeTo(sparse.outputs.get(name), values, 1e-6, name);
      for (const [name, values] of dense.gradients) closeTo(sparse.gradients.get(name), values, 1e-6, name);
    }
  });

  test("gives the bits of the TypeScript kernels in dense layers, and convolutions to 1e-6", async () => {
    for (const network of [mlp, loop, conv]) {
      const results: Outcome[] = [];
      for (const kernels of ["plain", "portable"] as const) {
        const model = await buildTrainable(network.graph, {
          dt: 1,
          ...network.options,
          kernels,
          name: `m${serial++}`,
        });
        results.push(runModel(model, false));
        model.dispose();
      }
      const [plain, simd] = results as [Outcome, Outcome];
      if (network !== conv) expect(simd).toEqual(plain);
      // Gradients of convolutions are summed in another order there.
      for (const [name, values] of plain.gradients) closeTo(simd.gradients.get(name), values, 1e-6, name);
    }
  });

  test.each([...networks])("runs 4 and 2 steps from carried states as it runs 6: %s", async (_, network) => {
    const model = await buildTrainable(network.graph, { dt: 1, ...network.options, name: `m${serial++}` });
    expect(model.execution).toBe("fused");
    const inputs = inputsOf(model, network.analogue === true);
    const part = (from: number, count: number): Map<string, tf.Tensor> =>
      new Map([...inputs].map(([name, x]) => [name, tf.slice(x, [from], [count])]));
    const whole = model.forward(inputs);
    const first = model.forward(part(0, 4));
    const second = model.forward(part(4, 2), { state: first.state });
    for (const [name, y] of whole.outputs) {
      const joined = tf.concat(
        [first.outputs, second.outputs].map((outputs) => outputs.get(name)?.dense() as tf.Tensor),
      );
      closeTo(joined.dataSync() as Float32Array, y.dense().dataSync() as Float32Array, 1e-6, name);
    }
    expect(second.state).toEqual(whole.state);
    model.dispose();
  });

  test("frees what a gradient took, also of passes that no gradient came back through", async () => {
    const model = await buildTrainable(mlp.graph, { dt: 1, name: `m${serial++}` });
    const step = (): void => {
      tf.tidy(() => {
        runModel(model, false);
        const { variable } = model.parameters.get("fc1.weight") as { variable: tf.Variable };
        tf.variableGrads(() => {
          model.forward(inputsOf(model, false));
          return tf.sum(variable) as tf.Scalar;
        }, [variable]);
      });
    };
    step();
    step();
    const [tensors, bytes] = [tf.memory().numTensors, model.memoryBytes];
    for (let i = 0; i < 5; i++) step();
    expect(tf.memory().numTensors).toBe(tensors);
    expect(model.memoryBytes).toBe(bytes);
    model.dispose();
  });
});
