/** Accuracy on the simulated chip. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NirGraph, SpikeInput, Tensor } from "@nirkit/graph";
import { readNir } from "@nirkit/hdf5";
import { readNpz } from "@nirkit/npy";
import { describe, expect, test } from "vitest";
import { type S2Mapping, simulateS2 } from "../src/index.ts";
import { mapped } from "./quantized.ts";
import { dataFolder, hasData } from "./s2-data.ts";

async function graphOf(name: string): Promise<NirGraph> {
  return (await readNir(readFileSync(join(dataFolder, "traces/real", name)))).graph;
}

interface Labelled {
  readonly x: Tensor;
  readonly y: Tensor;
}

function samplesOf(path: string): Labelled {
  const arrays = readNpz(readFileSync(join(dataFolder, path))) as ReadonlyMap<string, Tensor>;
  return { x: arrays.get("x") as Tensor, y: arrays.get("y") as Tensor };
}

/** Samples whose output with the most spikes is their label, the lowest on a tie; `tail` steps are added. */
function correct(mapping: S2Mapping, { x, y }: Labelled, tail: number, limit: number): number {
  const [count = 0, steps = 0, ...shape] = x.shape;
  const width = steps * shape.reduce((a, b) => a * b, 1);
  let right = 0;
  for (let n = 0; n < Math.min(count, limit); n++) {
    const data = new Uint8Array((width / steps) * (steps + tail));
    data.set((x.data as Uint8Array).subarray(n * width, (n + 1) * width));
    const input: SpikeInput = new Map([["input", { dtype: "uint8", shape: [steps + tail, ...shape], data }]]);
    const [output] = simulateS2(mapping, input).outputs.values();
    const sums = new Float64Array(output?.shape[1] ?? 0);
    for (const [k, value] of Array.from(output?.data ?? [], Number).entries())
      sums[k % sums.length] = (sums[k % sums.length] ?? 0) + value;
    if (sums.indexOf(Math.max(...sums)) === Number(y.data[n])) right++;
  }
  return right;
}

describe.runIf(hasData())("accuracy on the simulated chip", () => {
  test("digits: 264 of 270, as the stored runs; 265 with the two steps that spikes still travel", async () => {
    const mapping = await mapped(await graphOf("digits_mlp.nir"), { dt: 1e-3, down: true }, { steps: 18 });
    const samples = samplesOf("traces/real/digits_test_xy.npz");
    expect(correct(mapping, samples, 0, 270)).toBe(264);
    expect(correct(mapping, samples, mapping.latency, 270)).toBe(265);
  });

  const all = process.env.NIRKIT_DEEP === "1";
  test(`N-MNIST CNN: ${all ? "at least 66 of 67 recordings" : "12 of the first 12 recordings"}`, async () => {
    const options = { steps: 305, encode: "clip", atoms: "3=256,6=128,10=16" } as const;
    const mapping = await mapped(await graphOf("cnn_sinabs.nir"), { dt: 1 }, options);
    const right = correct(mapping, samplesOf("events/nmnist/test_xy.npz"), mapping.latency, all ? 67 : 12);
    expect(right).toBeGreaterThanOrEqual(all ? 66 : 12);
  }, 120_000);
});
