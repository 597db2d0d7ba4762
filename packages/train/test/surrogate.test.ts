import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import {
  atan,
  boxcar,
  customSurrogate,
  exponential,
  fastSigmoid,
  gaussian,
  multiGaussian,
  periodicExponential,
  type Surrogate,
  sigmoid,
  sparseFastSigmoid,
  stacked,
  straightThrough,
  surrogateDerivative,
  surrogatePrimitive,
  triangular,
} from "../src/index.ts";
import { kernelSurrogate } from "../src/segment/fused/surrogate-table.ts";
import { derivativeTensor, smoothSpike } from "../src/surrogate/surrogate-tensor.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

describe("check values", () => {
  test.each([
    ["fastSigmoid(25)", fastSigmoid(), [0, 0.25, 1], [1, 0.01902497027348, 0.00147928994083]],
    ["atan(2)", atan(), [0, 0.25, 1], [1, 0.618486458159, 0.09199966835]],
    ["sigmoid(4)", sigmoid(), [0, 0.25, 1], [1, 0.786447732966, 0.070650824853]],
    ["triangular(1, 1)", triangular({ gamma: 1 }), [0, 0.25, 1], [1, 0.75, 0]],
    [
      "periodicExponential(0.5)",
      periodicExponential(),
      [-0.5, 0, 0.4, 1.1],
      [0.367879441, 1, 0.449328964, 0.818730753],
    ],
    [
      "stacked(fastSigmoid 25, 4)",
      stacked(fastSigmoid()),
      [-0.1, 0.5, 1.05],
      [0.083375455, 0.011896587, 0.200914069],
    ],
  ] as const)("%s at θ 1 are those of the page to 9 digits", (_, surrogate, distances, expected) => {
    distances.forEach((d, i) => {
      expect(surrogateDerivative(surrogate, 1 + d, 1)).toBeCloseTo(expected[i] ?? Number.NaN, 9);
    });
  });
});

const all: readonly (readonly [string, Surrogate])[] = [
  ["fastSigmoid", fastSigmoid()],
  ["atan", atan()],
  ["sigmoid", sigmoid()],
  ["triangular", triangular()],
  ["exponential", exponential()],
  ["periodicExponential", periodicExponential()],
  ["gaussian", gaussian()],
  ["multiGaussian", multiGaussian()],
  ["boxcar", boxcar()],
  ["straightThrough", straightThrough()],
  ["sparseFastSigmoid", sparseFastSigmoid()],
  ["stacked atan", stacked(atan(), 3)],
  ["atan by the threshold", atan({ normalize: "threshold" })],
  ["custom", customSurrogate((d) => 1 / (1 + d * d), Math.atan)],
];
const membranes = Float32Array.from({ length: 97 }, (_, i) => -2.03 + 0.0731 * i);

describe.each(all)("%s", (_, surrogate) => {
  test("as a tensor is within 1e-5 of float64 at 97 membranes and two thresholds", () => {
    for (const theta of [1, 0.7]) {
      const found = derivativeTensor(surrogate, tf.tensor(membranes), tf.scalar(theta)).dataSync();
      membranes.forEach((u, i) => {
        expect(found[i]).toBeCloseTo(surrogateDerivative(surrogate, u, theta), 5);
      });
    }
  });

  test("is the derivative of its primitive where it has one, to 1e-5", () => {
    for (const u of [-0.83, 0.41, 0.99, 1.27, 2.61]) {
      const [above, below] = [1e-6, -1e-6].map((step) => surrogatePrimitive(surrogate, u + step, 1));
      if (above === undefined || below === undefined) continue;
      expect((above - below) / 2e-6).toBeCloseTo(surrogateDerivative(surrogate, u, 1), 5);
      const smooth = smoothSpike(surrogate, tf.scalar(u), tf.scalar(1))?.dataSync()[0];
      if (smooth !== undefined) expect(smooth).toBeCloseTo(surrogatePrimitive(surrogate, u, 1) ?? 0, 5);
    }
  });
});

test("the table of a function of one's own has 8192 entries from −16θ to 17θ", () => {
  const own = customSurrogate((d) => Math.exp(-Math.abs(d)));
  const options = kernelSurrogate(own, 2);
  if (options.kind !== "table") throw new Error("no table");
  expect(options.values.length).toBe(8192);
  expect(options.values[0]).toBeCloseTo(surrogateDerivative(own, -30, 2), 6);
  expect(options.values[8191]).toBeCloseTo(surrogateDerivative(own, 36, 2), 6);
});
