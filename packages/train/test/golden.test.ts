import "@tensorflow/tfjs-backend-cpu";
import { graph, type NirGraph } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { buildTrainable, fastSigmoid, type TrainableModel } from "../src/index.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Weights are written as NIR has them, rows are outputs; β 0.9 and gain 1 come from tau 10, r 10, dt 1. */
function twoLayers(): NirGraph {
  const lif = { tau: 10, r: 10, vThreshold: 1 };
  return graph()
    .input("in", [2])
    .linear("fc1", {
      weight: [
        [0.8, 0.5],
        [0.3, 0.9],
      ],
    })
    .lif("l1", lif)
    .linear("fc2", {
      weight: [
        [1.1, 0.2],
        [-0.4, 0.7],
      ],
    })
    .lif("l2", lif)
    .output("out")
    .build();
}

function countLoss(model: TrainableModel, x: tf.Tensor, label: number): tf.Scalar {
  const counts = model
    .forward(new Map([["in", x]]))
    .outputs.get("out")
    ?.counts() as tf.Tensor2D;
  const target = tf.oneHot(tf.tensor1d([label], "int32"), 2);
  return tf.neg(tf.sum(tf.mul(tf.logSoftmax(counts), target))) as tf.Scalar;
}

describe.each(["composite", "fused"] as const)("the two-layer example, %s", (execution) => {
  test("has loss 0.126928011043 and the gradients of the page to 1e-6 of their size", async () => {
    const model = await buildTrainable(twoLayers(), {
      dt: 1,
      dialect: "nir-euler+subtract",
      surrogate: fastSigmoid(),
      execution,
      name: `golden-${execution}`,
    });
    const x = tf.tensor([1, 0, 1, 1, 0, 1], [3, 1, 2]);
    const { value, grads } = tf.variableGrads(() => countLoss(model, x, 0));
    expect(value.dataSync()[0]).toBeCloseTo(0.126928011043, 6);
    const expected = {
      fc1: [-9.60177971851e-5, -1.7124176389e-5, 1.591135036639e-5, 1.382682294026e-5],
      fc2: [-0.002623737045698, -0.002623737045698, 0.001988748646808, 0.001988748646808],
    };
    for (const [layer, values] of Object.entries(expected)) {
      const found = grads[`golden-${execution}/${layer}.weight`]?.dataSync() ?? [];
      const scale = Math.max(...values.map(Math.abs));
      values.forEach((value, i) => {
        expect(Math.abs((found[i] ?? 0) - value) / scale).toBeLessThan(1e-6);
      });
    }
    model.dispose();
  });
});

test.each(["composite", "fused"] as const)(
  "LI of β 0.9 over [0.5, 1, -0.2] holds 0.5, 1.45, 1.105; its maximum has gradients [0.9, 1, 0] and 0.5 by β, %s",
  async (execution) => {
    const network = graph().input("in", [1]).li("li", { tau: 10, r: 10 }).output("out").build();
    const model = await buildTrainable(network, {
      dt: 1,
      execution,
      trainable: { leak: { granularity: "layer", param: "clamp", coupleGain: false } },
      name: `li-${execution}`,
    });
    const x = tf.tensor([0.5, 1, -0.2], [3, 1, 1]);
    const most = (given: tf.Tensor): tf.Scalar => {
      const v = model.forward(new Map([["in", given]]), { inputGradient: true }).outputs.get("out");
      return tf.sum(tf.slice(v?.dense() as tf.Tensor, [1], [1])) as tf.Scalar;
    };
    const outputs = model.forward(new Map([["in", x]])).outputs.get("out");
    expect(outputs?.kind).toBe("membrane");
    [0.5, 1.45, 1.105].forEach((v, t) => {
      expect(outputs?.dense().dataSync()[t]).toBeCloseTo(v, 6);
    });
    const dx = tf.grad(most)(x).dataSync();
    [0.9, 1, 0].forEach((d, t) => {
      expect(dx[t]).toBeCloseTo(d, 6);
    });
    const { grads } = tf.variableGrads(() => most(x));
    expect((grads[`li-${execution}/li.leak`] as tf.Tensor).dataSync()[0]).toBeCloseTo(0.5, 6);
    model.dispose();
  },
);
