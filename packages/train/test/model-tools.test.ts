import "@tensorflow/tfjs-backend-cpu";
import { graph, type NirGraph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { buildTrainable, calibrateInit, dietSnn, seqTensor, type TrainableModel } from "../src/index.ts";
import { values } from "./networks.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

let serial = 0;
const build = (network: NirGraph, options = {}): Promise<TrainableModel> =>
  buildTrainable(network, { dt: 1, name: `tool${serial++}`, ...options });

const lif = { tau: 5, r: 5, vThreshold: 1 };
const deep = (scale: number): NirGraph =>
  graph()
    .input("in", [2, 8, 8])
    .conv2d("c", { weight: values("c", [6, 2, 3, 3], scale), bias: values("cb", [6], 0.01) })
    .lif("l1", lif)
    .avgPool2d("p", { kernelSize: 2 })
    .flatten("f")
    .linear("fc", { weight: values("fc", [20, 54], scale) })
    .lif("l2", lif)
    .linear("out1", { weight: values("o", [4, 20], scale) })
    .lif("l3", lif)
    .output("out")
    .build();

function batch(shape: readonly number[], density: number): Map<string, tf.Tensor> {
  const random = philox(8, "x");
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: 20 * 8 * size }, () => (random.uniform() < density ? 1 : 0));
  return new Map([["in", tf.tensor(data, [20, 8, ...shape])]]);
}

describe("calibrateInit", () => {
  test.each([0.02, 0.4, 3])("brings three layers that start %d wide within 20 %% of 0.05", async (scale) => {
    const model = await build(deep(scale), { dialect: { reset: "subtract" } });
    const x = batch([2, 8, 8], 0.1);
    const before = tf.memory().numTensors;
    const found = calibrateInit(model, x);
    expect(tf.memory().numTensors).toBe(before);
    expect([...found.keys()]).toEqual(["l1", "l2", "l3"]);
    for (const [name, { after, iterations }] of found) {
      expect(Math.abs(after / 0.05 - 1), name).toBeLessThanOrEqual(0.2);
      expect(iterations).toBeLessThanOrEqual(12);
    }
    const { activity } = tf.tidy(() => ({ activity: model.forward(x).activity }) as never) as {
      activity: ReadonlyMap<string, { eventsOut: number; neurons: number; samples: number; steps: number }>;
    };
    const seen = activity.get("l2");
    const rate = (seen?.eventsOut ?? 0) / ((seen?.neurons ?? 0) * 160);
    expect(rate).toBeCloseTo(found.get("l2")?.after ?? 0, 9);
  });

  test("refuses a rate of 1 with E_TRAIN_OPTION", async () => {
    const model = await build(deep(1));
    expect(() => calibrateInit(model, new Map(), { targetRate: 1 })).toThrow(/E_TRAIN_OPTION/);
  });
});

test("countOps: 3 spikes into 4 neurons are 12 additions, where a dense product makes 5·4·2 = 40", async () => {
  const model = await build(
    graph()
      .input("in", [5])
      .linear("fc", { weight: values("ops", [4, 5], 1) })
      .lif("l", lif)
      .output("out")
      .build(),
  );
  const x = tf.tensor([1, 0, 1, 0, 0, 0, 0, 0, 1, 0], [2, 1, 5]);
  const { activity } = model.forward(new Map([["in", x]]));
  const ops = model.countOps(activity);
  expect(ops).toMatchObject({ samples: 1, synapticOps: 12, denseMacs: 40 });
  expect(ops.layers.get("fc")).toMatchObject({ synapticOps: 12, denseMacs: 40 });
  expect(ops.layers.get("in")).toEqual({ spikes: 3, rate: 0.3, synapticOps: 0, denseMacs: 0 });
});

test("events of [[1, 0], [0, 2]] are 0 and 1 in rows 0 and 1, with values 1 and 2", () => {
  const events = seqTensor("membrane", tf.tensor3d([1, 0, 0, 2], [2, 1, 2])).events();
  expect([events.start, events.index, events.value]).toEqual([
    Uint32Array.of(0, 1, 2),
    Uint32Array.of(0, 1),
    Float32Array.of(1, 2),
  ]);
  expect(seqTensor("spikes", tf.ones([1, 1, 2])).events().value).toBeUndefined();
});

describe("dietSnn", () => {
  test("u = 0.6, 1.18, 0.144, 1.0152, and ∂s/∂θ = −0.3·max(0, 1 − |u/θ − 1|)·u/θ² on both paths", async () => {
    for (const execution of ["composite", "fused"] as const) {
      const { build: recipe } = dietSnn();
      const network = graph()
        .input("in", [1])
        .lif("l", { ...lif, tau: 5, r: 5 })
        .output("out")
        .build();
      const model = await build(network, { ...recipe, execution });
      expect(model.execution).toBe(execution);
      const x = tf.tensor([0.6, 0.7, 0.2, 0.9], [4, 1, 1]);
      const record = { nodes: ["l"], signals: ["membrane"] } as const;
      const raw = model.parameters.get("l.threshold")?.variable as tf.Variable;
      let membranes: Float32Array = new Float32Array(0);
      const { grads } = tf.variableGrads(() => {
        const result = model.forward(new Map([["in", x]]), { record });
        membranes = Float32Array.from(result.recorded.get("l.membrane")?.dense().dataSync() ?? []);
        // The last spike alone: nothing comes back through time but its own membrane.
        return tf.sum(
          tf.slice(result.outputs.get("out")?.dense() as tf.Tensor, [0, 0, 0], [1, 1, 1]),
        ) as tf.Scalar;
      }, [raw]);
      [0.6, 1.18, 0.144, 1.0152].forEach((u, t) => {
        expect(membranes[t]).toBeCloseTo(u, 5);
      });
      // θ = 0.001 + softplus(w) = 1: dθ/dw = σ(w) = 1 − e^−0.999.
      const slope = -0.3 * (1 - 0.4) * 0.6 * (1 - Math.exp(-0.999));
      expect((grads[raw.name] as tf.Tensor).dataSync()[0]).toBeCloseTo(slope, 5);
    }
  });

  test("reads the final membrane: CE of [1, 3] with label 1 is ln(1 + e^−2)", () => {
    const output = seqTensor("membrane", tf.tensor3d([9, 0, 1, 3], [2, 1, 2]));
    const { loss } = dietSnn();
    expect(loss.compute(output, { labels: Int32Array.of(1) }).dataSync()[0]).toBeCloseTo(
      Math.log1p(Math.exp(-2)),
      6,
    );
  });
});
