import "@tensorflow/tfjs-backend-cpu";
import type { EventBatch } from "@nirkit/events";
import { graph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildTrainable, type NetworkState, type TrainableModel } from "../src/index.ts";
import { values } from "./networks.ts";

/** 8 steps of 7744 neurons are 242 KiB, so that four samples go together: nine are bands of 4, 4 and 1. */
const [steps, batch, shape] = [8, 9, [2, 24, 24] as const];
const network = graph()
  .input("in", shape)
  .conv2d("c1", { weight: values("bands1", [16, 2, 3, 3], 0.5), bias: values("bandsb", [16], 0.1) })
  .lif("l1", { tau: 5, r: 5, vThreshold: 1, vLeak: 0.1 })
  .avgPool2d("p1", { kernelSize: 2 })
  .conv2d("c2", { weight: values("bands2", [4, 16, 3, 3], 0.4), stride: 2 })
  .cubaLif("l2", { tauSyn: 3, tauMem: 5, r: 5, wIn: 1, vThreshold: 1 })
  .delay("late", { delay: 2 })
  .flatten("flat")
  .affine("fc", { weight: values("bandsfc", [3, 100], 0.3), bias: values("bandsfb", [3], 0.1) })
  .li("li", { tau: 4, r: 4 })
  .output("out")
  .build();

const size = shape.reduce((a, b) => a * b, 1);
const random = philox(3, "bands");
const pixels = Float32Array.from({ length: steps * batch * size }, () => (random.uniform() < 0.1 ? 1 : 0));
const weightOf = Float32Array.from({ length: steps * batch * 3 }, () => random.normal());

/** Rows of some samples. */
function rows(values: Float32Array, n: number, first: number, count: number): Float32Array {
  const part = new Float32Array(steps * count * n);
  for (let t = 0; t < steps; t++)
    part.set(values.subarray((t * batch + first) * n, (t * batch + first + count) * n), t * count * n);
  return part;
}

function events(x: Float32Array, count: number): EventBatch {
  const start = new Uint32Array(steps * count + 1);
  const index: number[] = [];
  for (let row = 0; row < steps * count; row++) {
    for (let at = 0; at < size; at++) if (x[row * size + at] !== 0) index.push(at);
    start[row + 1] = index.length;
  }
  const labels = new Int32Array(count);
  return { kind: "events", steps, batch: count, shape, start, index: Uint32Array.from(index), labels };
}

interface Pass {
  readonly output: Float32Array;
  readonly membrane: Float32Array;
  readonly state: NetworkState;
  readonly synapticOps: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly input: Float32Array | undefined;
}

function pass(
  model: TrainableModel,
  kind: "dense" | "events",
  first: number,
  count: number,
  state: NetworkState = new Map(),
): Pass {
  const x = rows(pixels, size, first, count);
  const found: {
    output?: Float32Array;
    membrane?: Float32Array;
    state?: NetworkState;
    synapticOps?: number;
  } = {};
  const variables = [...model.parameters.values()].map(({ variable }) => variable);
  const loss = (given: tf.Tensor | EventBatch): tf.Scalar => {
    const {
      outputs,
      recorded,
      state: end,
      activity,
    } = model.forward(new Map([["in", given]]), {
      state,
      inputGradient: kind === "dense",
      record: { nodes: ["l2"], signals: ["membrane"] },
    });
    const output = outputs.get("out")?.dense() as tf.Tensor;
    const membrane = recorded.get("l2.membrane")?.dense() as tf.Tensor;
    found.output = output.dataSync().slice() as Float32Array;
    found.membrane = membrane.dataSync().slice() as Float32Array;
    found.state = end;
    found.synapticOps = [...activity.values()].reduce((sum, own) => sum + own.synapticOps, 0);
    const coefficients = tf.tensor(rows(weightOf, 3, first, count), output.shape);
    return tf.add(tf.sum(tf.mul(output, coefficients)), tf.mul(tf.sum(membrane), 0.01));
  };
  const { grads } = tf.variableGrads(
    () => loss(kind === "dense" ? tf.tensor(x, [steps, count, ...shape]) : events(x, count)),
    variables,
  );
  const gradients = new Map(Object.entries(grads).map(([name, g]) => [name, g.dataSync() as Float32Array]));
  const input =
    kind === "dense"
      ? (tf
          .grad((given: tf.Tensor) => loss(given))(tf.tensor(x, [steps, count, ...shape]))
          .dataSync() as Float32Array)
      : undefined;
  return { ...(found as Required<typeof found>), gradients, input };
}

describe.each(["events", "dense"] as const)("nine samples of %s in bands of 4, 4 and 1", (kind) => {
  let model: TrainableModel;
  beforeAll(async () => {
    await tf.setBackend("cpu");
    model = await buildTrainable(network, {
      dt: 1,
      execution: "fused",
      name: `bands-${kind}`,
      trainable: { leak: "layer", threshold: "layer" },
    });
  });
  afterAll(() => model.dispose());

  test("give the bits of one sample after the other: outputs, membranes, states, input gradients", () => {
    const start = pass(model, kind, 0, batch).state;
    const whole = pass(model, kind, 0, batch, start);
    let operations = 0;
    for (let sample = 0; sample < batch; sample++) {
      const alone = pass(model, kind, sample, 1, pass(model, kind, sample, 1).state);
      expect(rows(whole.output, 3, sample, 1)).toEqual(alone.output);
      expect(rows(whole.membrane, 100, sample, 1)).toEqual(alone.membrane);
      if (whole.input !== undefined) expect(rows(whole.input, size, sample, 1)).toEqual(alone.input);
      for (const [node, state] of alone.state)
        for (const [what, values] of Object.entries(state)) {
          const joined = (whole.state.get(node) as Record<string, Float32Array>)[what] as Float32Array;
          const n = values.length / (what === "history" ? 2 : 1);
          const own = Array.from({ length: joined.length / n / batch }, (_, t) => [
            ...joined.subarray((t * batch + sample) * n, (t * batch + sample + 1) * n),
          ]).flat();
          expect([...values]).toEqual(own);
        }
      operations += alone.synapticOps;
    }
    expect(whole.synapticOps).toBe(operations);
  });

  test("give the sum of the samples' gradients within 1e-5 of its size", () => {
    const whole = pass(model, kind, 0, batch);
    const alone = Array.from({ length: batch }, (_, sample) => pass(model, kind, sample, 1).gradients);
    for (const [name, gradient] of whole.gradients) {
      const parts = alone.map((of) => of.get(name) as Float32Array);
      gradient.forEach((value, at) => {
        const terms = parts.map((part) => part[at] as number);
        const sizeOf = terms.reduce((sum, term) => sum + Math.abs(term), 0);
        expect(Math.abs(value - terms.reduce((sum, term) => sum + term, 0))).toBeLessThanOrEqual(
          1e-5 * sizeOf + 1e-6,
        );
      });
    }
  });
});

test("a state of another batch is refused, whatever the bands", async () => {
  const model = await buildTrainable(network, { dt: 1, execution: "fused", name: "bands-state" });
  const { state } = pass(model, "events", 0, 4);
  expect(() => pass(model, "events", 0, batch, state)).toThrow(/E_TRAIN_STATE/);
  model.dispose();
});
