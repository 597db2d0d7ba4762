/** Convolutional networks trained elsewhere: quantised, lowered, run in integers, beside the float simulator. */
import { type NirGraph, type SpikeInput, type Tensor, toFloat64 } from "@nirkit/graph";
import { quantizeGraph } from "@nirkit/quantize";
import { apot, apotParams, quantizePot, sbit, sbitParams } from "@nirkit/quantize-pot";
import { quantizeUniform, ternary, ternaryParams, type UniformOptions } from "@nirkit/quantize-uniform";
import { argmax, createSimulator, spikeCount } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { createNetworkSimulator, lower } from "../src/index.ts";
import { hasRealData, nmnistRecordings, print, realArrays, realGraph } from "./real-data.ts";

const isDeep = process.env.NIRKIT_DEEP === "1";

/** Sample n of `[N, T, ...]`, its first steps. */
function sampleOf(x: Tensor, n: number, steps = x.shape[1] ?? 0): SpikeInput {
  const per = x.data.length / (x.shape[0] ?? 1);
  const size = (per / (x.shape[1] ?? 1)) * steps;
  const data = (x.data as Uint8Array).slice(n * per, n * per + size);
  return new Map([["input", { dtype: "uint8", shape: [steps, ...x.shape.slice(2)], data }]]);
}

function right(graph: NirGraph, x: Tensor, labels: Tensor): number {
  const simulator = createNetworkSimulator(lower(graph));
  const expected = toFloat64(labels);
  let count = 0;
  for (let n = 0; n < expected.length; n++) {
    const output = simulator.run(sampleOf(x, n)).outputs.get("output") as Tensor;
    if (argmax(spikeCount(output)) === expected[n]) count++;
  }
  return count;
}

/** Counts of up to 3 events in a frame: integers, so that the scale is 1. */
const counts = new Map([["input", { bits: 2, signed: false, scale: 1 } as const]]);

describe.runIf(hasRealData())("digits_cnn.nir, LIF, 270 recorded digits, float 252 right", () => {
  const arrays = hasRealData() ? realArrays("digits_test_map_xy.npz", ["x", "y"]) : new Map<string, Tensor>();
  const [x, y] = [arrays.get("x") as Tensor, arrays.get("y") as Tensor];

  test.each([
    ["uniform, 8 bits per tensor", 3, (g: NirGraph) => quantizeUniform(g, { bits: 8, axis: null, dt: 1e-3 })],
    ["uniform, 8 bits per channel", 3, (g: NirGraph) => quantizeUniform(g, { bits: 8, axis: 0, dt: 1e-3 })],
    [
      "powers of two, 4 bits per channel by squared error",
      8,
      (g: NirGraph) => quantizePot(g, { bits: 4, axis: 0, alphaMode: "mse", dt: 1e-3 }),
    ],
  ] as const)("%s: at most %i fewer", async (name, loss, quantize) => {
    const { graph } = await quantize(await realGraph("digits_cnn.nir"));
    const found = right(graph, x, y);
    print(`digits_cnn, ${name}: ${found} of 270 right (float 252)`);
    expect(found).toBeGreaterThanOrEqual(252 - loss);
  });

  test("14 fractional bits and leaks of 24 bits: every spike of 20 digits equals the same weights in float64", async () => {
    const options: UniformOptions = {
      bits: 8,
      axis: null,
      dt: 1e-3,
      fracBits: 14,
      leakBits: 24,
      leakRound: "rne",
    };
    const { graph } = await quantizeUniform(await realGraph("digits_cnn.nir"), options);
    expect(differing(graph, { dt: 1e-3, samples: 20, x, populations: ["lif1", "lif2", "lif3"] })).toBe(0);
  });
});

interface Comparison {
  readonly dt: number;
  readonly samples: number;
  readonly x: Tensor;
  readonly populations: readonly string[];
  readonly steps?: number;
  readonly dialect?: string;
  readonly precision?: "f32" | "f64";
}

/** Spikes that differ between the integers and the float64 run of the same graph. */
function differing(graph: NirGraph, comparison: Comparison): number {
  const { dt, samples, x, populations, steps, dialect = "nir-euler" } = comparison;
  const integers = createNetworkSimulator(lower(graph));
  const floats = createSimulator(graph, { dialect, dt, precision: comparison.precision ?? "f64" });
  const record = { nodes: populations, signals: ["out"] } as const;
  let different = 0;
  let spikes = 0;
  for (let n = 0; n < samples; n++) {
    const input = sampleOf(x, n, steps);
    const [a, b] = [integers.run(input, { record }).records, floats.run(input, record).records];
    for (const name of populations) {
      const z = toFloat64(b.get(`${name}/out`) as Tensor);
      toFloat64(a.get(`${name}/out`) as Tensor).forEach((one, k) => {
        if (one !== z[k]) different++;
        spikes += one;
      });
    }
  }
  expect(spikes).toBeGreaterThan(100 * samples);
  return different;
}

const recordings = hasRealData() ? nmnistRecordings() : undefined;

describe.runIf(recordings !== undefined)(
  "cnn_sinabs.nir, IF, 67 recordings of N-MNIST, float 67 right",
  () => {
    // Collected even where the recordings are absent.
    const [x, y] = [recordings?.x as Tensor, recordings?.y as Tensor];
    const dt = 1;
    const populations = ["1", "3", "6", "10", "12"];

    test.each([
      [
        "uniform, 8 bits per tensor",
        2,
        (g: NirGraph) => quantizeUniform(g, { bits: 8, axis: null, dt, inputs: counts }),
      ],
      [
        "uniform, 8 bits per channel",
        2,
        (g: NirGraph) => quantizeUniform(g, { bits: 8, axis: 0, dt, inputs: counts }),
      ],
      [
        "powers of two, 4 bits per channel by squared error",
        3,
        (g: NirGraph) => quantizePot(g, { bits: 4, axis: 0, alphaMode: "mse", dt, inputs: counts }),
      ],
    ] as const)("%s: at most %i fewer", async (name, loss, quantize) => {
      const { graph } = await quantize(await realGraph("cnn_sinabs.nir"));
      const found = right(graph, x, y);
      print(`cnn_sinabs, ${name}: ${found} of 67 right (float 67)`);
      expect(found).toBeGreaterThanOrEqual(67 - loss);
    });

    test("half-LSB thresholds: the float64 run of the same graph fires in the same steps, all five layers", {
      timeout: isDeep ? 600_000 : 30_000,
    }, async () => {
      const { graph } = await quantizeUniform(await realGraph("cnn_sinabs.nir"), {
        bits: 8,
        axis: null,
        dt,
        inputs: counts,
      });
      const [samples, steps] = isDeep ? [67, 300] : [2, 100];
      expect(differing(graph, { dt, samples, x, populations, steps })).toBe(0);
    });

    const [samples, steps] = isDeep ? [67, 300] : [1, 60];
    const timeout = isDeep ? 600_000 : 30_000;

    test.each([
      ["pot:4", (g: NirGraph) => quantizePot(g, { bits: 4, axis: 0, dt, inputs: counts })],
      [
        "apot:4",
        (g: NirGraph) =>
          quantizeGraph(g, apot, { params: apotParams.parse({ bits: 4, axis: 0 }), dt, inputs: counts }),
      ],
      [
        "2-sbit of 8 bits",
        (g: NirGraph) =>
          quantizeGraph(g, sbit, { params: sbitParams.parse({ axis: 0 }), dt, inputs: counts }),
      ],
      [
        "ternary",
        (g: NirGraph) =>
          quantizeGraph(g, ternary, { params: ternaryParams.parse({ axis: 0 }), dt, inputs: counts }),
      ],
    ] as const)(
      "%s per channel, half-LSB thresholds: 0 spikes differ from the float64 run",
      { timeout },
      async (_, quantize) => {
        const { graph } = await quantize(await realGraph("cnn_sinabs.nir"));
        expect(differing(graph, { dt, samples, x, populations, steps })).toBe(0);
      },
    );

    test.each(["f32", "f64"] as const)(
      "aligned thresholds of a subtract reset, power-of-two scales: 0 spikes differ from the %s run",
      { timeout },
      async (precision) => {
        const { graph } = await quantizeUniform(await realGraph("cnn_sinabs.nir"), {
          bits: 8,
          scalePo2: true,
          dt,
          convention: { reset: "subtract" },
          inputs: counts,
        });
        const dialect = "nir-euler+subtract";
        expect(differing(graph, { dt, samples, x, populations, steps, dialect, precision })).toBe(0);
      },
    );
  },
);
