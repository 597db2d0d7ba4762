/** Networks trained elsewhere: calibrated low-bit weights and low-bit membranes, run in integers. */
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import {
  type NirGraph,
  type PassContext,
  type RecordSpec,
  type Sample,
  type SpikeInput,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { createNetworkSimulator, lower } from "@nirkit/network";
import { readNpz } from "@nirkit/npy";
import { percentileScaling } from "@nirkit/quantize";
import { quantizePot } from "@nirkit/quantize-pot";
import { quantizeUniform } from "@nirkit/quantize-uniform";
import { argmax, createSimulator, type Simulator, spikeCount } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { imSnnMembrane } from "../src/index.ts";

const root = resolve(
  import.meta.dirname,
  "../../..",
  process.env.NIRKIT_DATA ?? "../shared/data",
  "traces/real",
);
const isThere = existsSync(join(root, "digits_cnn.nir"));
if (!isThere && process.env.NIRKIT_STRICT === "1") throw new Error(`no test data at ${root}`);
if (!isThere) process.stdout.write(`skipped: no test data at ${root} (set NIRKIT_DATA)\n`);
const isDeep = process.env.NIRKIT_DEEP === "1";
const dt = 1e-3;

const arrays = (name: string): { readonly x: Tensor; readonly y: Float64Array } => {
  const select = (key: string): boolean => key === "x" || key === "y";
  const all = readNpz(readFileSync(join(root, name)), { select }) as ReadonlyMap<string, Tensor>;
  return { x: all.get("x") as Tensor, y: toFloat64(all.get("y") as Tensor) };
};
const sampleOf = (x: Tensor, n: number): SpikeInput => {
  const per = x.data.length / (x.shape[0] ?? 1);
  const data = (x.data as Uint8Array).slice(n * per, (n + 1) * per);
  return new Map([["input", { dtype: "uint8", shape: x.shape.slice(1), data }]]);
};
const right = (graph: NirGraph, { x, y }: { readonly x: Tensor; readonly y: Float64Array }): number => {
  const simulator = createNetworkSimulator(lower(graph));
  return [...y].filter((label, n) => {
    const output = simulator.run(sampleOf(x, n)).outputs.get("output") as Tensor;
    return argmax(spikeCount(output)) === label;
  }).length;
};
const contextOf = (x: Tensor, y: Float64Array, count: number): PassContext => {
  const known = new WeakMap<NirGraph, Simulator>();
  const every = Math.floor(y.length / count);
  const calibration: readonly Sample[] = Array.from({ length: count }, (_, k) => ({
    input: sampleOf(x, k * every),
    label: y[k * every] ?? 0,
  }));
  return {
    calibration,
    simulate: (graph: NirGraph, input: SpikeInput, record: RecordSpec) => {
      const simulator = known.get(graph) ?? createSimulator(graph, { dt });
      known.set(graph, simulator);
      return simulator.run(input, record);
    },
  };
};
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

describe.runIf(isThere)(
  "digits_cnn.nir, 270 recorded digits, float 252 right, calibrated on training digits",
  async () => {
    const { graph } = isThere
      ? await readNir(readFileSync(join(root, "digits_cnn.nir")))
      : { graph: undefined as never };
    const tests = isThere
      ? arrays("digits_test_map_xy.npz")
      : { x: undefined as never, y: new Float64Array() };
    const train = isThere ? arrays("digits_train_map_xy.npz") : tests;

    test.each([
      ["16 bit", 16, 3],
      ["8 bit", 8, 3],
      ["4 bit", 4, 3],
      ["three levels", imSnnMembrane({ lowest: -1 }), 8],
    ] as const)(
      "8-bit weights, membranes of %s: the digits that may be lost are few",
      async (name, membrane, loss) => {
        const { graph: quantized } = await quantizeUniform(graph, { bits: 8, dt, membrane });
        const found = right(quantized, tests);
        print(`digits_cnn, uniform:8, membranes of ${name}: ${found} of 270 right (float 252)`);
        expect(found).toBeGreaterThanOrEqual(252 - loss);
      },
    );

    test("pot:4, 20 calibration digits: second order mends more than half of what one scale per tensor loses, and per channel at most 8 are lost", async () => {
      const context = contextOf(train.x, train.y, 20);
      const run = async (options: Parameters<typeof quantizePot>[1]): Promise<number> =>
        right((await quantizePot(graph, { bits: 4, dt, ...options }, context)).graph, tests);
      const plain = await run({});
      const second = await run({ secondOrder: true });
      const channel = await run({ axis: 0, alphaMode: "mse", secondOrder: true });
      print(`digits_cnn, pot:4 of 270 right: ${plain} plain, ${second} second order, ${channel} per channel`);
      expect(252 - second).toBeLessThan((252 - plain) / 2);
      expect(channel).toBeGreaterThanOrEqual(244);
    });

    test.runIf(isDeep)(
      "pot:4 per tensor, second order and scaled thresholds on 40 digits: at most 14 lost",
      async () => {
        const context = contextOf(train.x, train.y, 40);
        const options = { bits: 4, dt, secondOrder: true, scaling: percentileScaling };
        const { graph: quantized, report } = await quantizePot(graph, options, context);
        const found = right(quantized, tests);
        print(`digits_cnn, pot:4, second order and threshold scaling: ${found} of 270 right (float 252)`);
        expect(report.scalingFellBack).toBe(false);
        expect(found).toBeGreaterThanOrEqual(238);
      },
    );
  },
);
