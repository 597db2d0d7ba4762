import "@tensorflow/tfjs-backend-cpu";
import { graph } from "@nirkit/graph";
import { imSnnLevels, stackedSurrogate } from "@nirkit/quantize-membrane";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, test } from "vitest";
import { buildTrainable, type MembraneLevels, type TrainableModel } from "../src/index.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

let serial = 0;
/** Decay 1/2, gain 1, threshold 1, reset to 0: the step of IM-SNN. */
const build = (membrane: MembraneLevels, options = {}): Promise<TrainableModel> =>
  buildTrainable(graph().input("in", [1]).lif("l", { tau: 2, r: 2, vThreshold: 1 }).output("out").build(), {
    dt: 1,
    name: `levels${serial++}`,
    nodes: { l: { membrane } },
    ...options,
  });

test("ternary IM-SNN: x = .4 .5 .3 .9 .7 −.2 −1.4 .2 1.6 has u = .4 .5 .3 .9 1.2* −.2 −1.4 −.3 1.6*", async () => {
  const model = await build({ levels: imSnnLevels(-1), slope: stackedSurrogate });
  expect(model.execution).toBe("composite");
  const x = tf.tensor([0.4, 0.5, 0.3, 0.9, 0.7, -0.2, -1.4, 0.2, 1.6], [9, 1, 1]);
  const record = { nodes: ["l"], signals: ["membrane"] } as const;
  const { recorded, outputs, state } = model.forward(new Map([["in", x]]), { record });
  [0.4, 0.5, 0.3, 0.9, 1.2, -0.2, -1.4, -0.3, 1.6].forEach((u, t) => {
    expect(recorded.get("l.membrane")?.dense().dataSync()[t]).toBeCloseTo(u, 6);
  });
  expect([...(outputs.get("out")?.dense().dataSync() ?? [])]).toEqual([0, 0, 0, 0, 1, 0, 0, 0, 1]);
  expect([...(state.get("l")?.v ?? [])]).toEqual([0]);
});

test.each([
  [
    "the stacked surrogate 0.786448 of IM-SNN at 0",
    { levels: imSnnLevels(-1), slope: stackedSurrogate },
    0,
    0.786448,
  ],
  ["1 inside the range", { levels: [-1, 0, 1] }, 0.4, 1],
  ["0 outside of it", { levels: [-1, 0, 1] }, -1.4, 0],
] as const)("∂u[1]/∂x[0] is ½ times the slope: %s", async (_, membrane, x0, slope) => {
  const model = await build(membrane);
  const x = tf.variable(tf.tensor([x0, 0.1], [2, 1, 1]), true, `x${serial++}`);
  const record = { nodes: ["l"], signals: ["membrane"] } as const;
  const { grads } = tf.variableGrads(() => {
    const u = model
      .forward(new Map([["in", x]]), { record })
      .recorded.get("l.membrane")
      ?.dense() as tf.Tensor;
    return tf.sum(tf.slice(u, [1, 0, 0], [1, 1, 1])) as tf.Scalar;
  }, [x]);
  expect((grads[x.name] as tf.Tensor).dataSync()[0]).toBeCloseTo(slope / 2, 5);
});

test("levels that fall, or have no 0, are refused with E_TRAIN_OPTION, and the kernels with E_FUSED", async () => {
  await expect(build({ levels: [1, 0] })).rejects.toThrow(/E_TRAIN_OPTION/);
  await expect(build({ levels: [-1, 1] })).rejects.toThrow(/E_TRAIN_OPTION/);
  await expect(build({ levels: [-1, 0, 1] }, { execution: "fused" })).rejects.toThrow(/E_FUSED/);
});
