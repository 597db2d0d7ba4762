/** What a conversion reports, on networks that are worked out by hand. */
import "@tensorflow/tfjs-backend-cpu";
import { graph, type NirGraph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { conversionReport, convertAnn } from "../src/index.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Two inputs that are passed on, and told apart: class 0 where the first is larger. */
const passing = (): NirGraph =>
  graph()
    .input("in", [2])
    .linear("fc1", {
      weight: [
        [1, 0],
        [0, 1],
      ],
    })
    .linear("fc2", {
      weight: [
        [1, -1],
        [-1, 1],
      ],
    })
    .output("out")
    .build();

describe.each(["maxNorm", "percentileNorm", "thresholdBalance"] as const)(
  "conversionReport of %s",
  (method) => {
    test("two values of 1 and .37 are told apart from the first step on; rates in 8 steps are 1 and 3/8", async () => {
      const inputs = tf.tensor([1, 0.37, 0.37, 1], [2, 2]);
      const ann = passing();
      const converted = await convertAnn(ann, inputs, { method, percentile: 100 });
      expect(converted.scales.get("fc1")).toBe(1);
      const report = await conversionReport(ann, converted, { inputs, labels: [0, 1] }, { steps: [1, 8] });
      expect(report).toMatchObject({ samples: 2, ann: 1 });
      expect(report.steps).toEqual([
        { steps: 1, snn: 1, agreement: 1 },
        { steps: 8, snn: 1, agreement: 1 },
      ]);
      const [layer] = report.layers;
      expect(layer).toMatchObject({ name: "fc1", scale: 1 });
      expect(layer?.rate).toBeCloseTo((1 + 3 / 8) / 2, 12);
      expect(layer?.correlation).toBeCloseTo(1, 12);
    });

    test("labels that are wrong lower both accuracies, not the agreement", async () => {
      const inputs = tf.tensor([1, 0.2, 0.2, 1], [2, 2]);
      const ann = passing();
      const converted = await convertAnn(ann, inputs, { method });
      const report = await conversionReport(ann, converted, { inputs, labels: [1, 1] }, { steps: [32] });
      expect(report.ann).toBe(0.5);
      expect(report.steps).toEqual([{ steps: 32, snn: 0.5, agreement: 1 }]);
    });

    test("more steps come closer: 64 random samples agree in 32 steps at least as often as in 1", async () => {
      const random = philox(5, "conversion");
      const draw = (n: number): number[] => Array.from({ length: n }, () => random.normal());
      const rows = (n: number, m: number): number[][] => Array.from({ length: n }, () => draw(m));
      const ann = graph()
        .input("in", [6])
        .affine("fc1", { weight: rows(20, 6), bias: draw(20) })
        .affine("fc2", { weight: rows(12, 20), bias: draw(12) })
        .affine("fc3", { weight: rows(4, 12), bias: draw(4) })
        .output("out")
        .build();
      const inputs = tf.tensor(
        Float32Array.from({ length: 64 * 6 }, () => random.uniform()),
        [64, 6],
      );
      const converted = await convertAnn(ann, inputs, { method, percentile: 99.9 });
      const few = { inputs, labels: new Int32Array(64) };
      const report = await conversionReport(ann, converted, few, { steps: [1, 32, 256], batchSize: 24 });
      const [first, , last] = report.steps;
      expect(last?.agreement).toBeGreaterThanOrEqual(first?.agreement ?? 1);
      expect(last?.agreement).toBeGreaterThan(0.9);
      expect(report.layers.map(({ name }) => name)).toEqual(["fc1", "fc2"]);
      for (const { correlation } of report.layers) expect(correlation).toBeGreaterThan(0.95);
    });
  },
);

test("steps that are none are refused (E_CONVERT)", async () => {
  const inputs = tf.tensor([1, 0], [1, 2]);
  const converted = await convertAnn(passing(), inputs);
  for (const steps of [[], [0], [1.5]])
    await expect(conversionReport(passing(), converted, { inputs, labels: [0] }, { steps })).rejects.toThrow(
      /E_CONVERT/,
    );
});
