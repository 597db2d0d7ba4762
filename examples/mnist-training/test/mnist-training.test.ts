/** The functions of the example on images that are drawn here. */
import "@tensorflow/tfjs-backend-cpu";
import { pot } from "@nirkit/quantize-pot";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Digits, spikingDigits } from "../src/images.ts";
import { trainDigits } from "../src/train-digits.ts";

/** Class k is a bright bar in rows 2k + 4 and 2k + 5. */
function bars(count: number): Digits {
  const pixels = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, k) => k % 10);
  for (let k = 0; k < count; k++)
    for (let y = 2 * (k % 10) + 4; y < 2 * (k % 10) + 6; y++)
      for (let x = 6; x < 22; x++) pixels[k * 784 + y * 28 + x] = 200 + ((k * 7 + x) % 56);
  return { pixels, labels };
}

describe("spikingDigits", () => {
  it("spikes floor((127 + 16 v)/255) times in 16 steps", async () => {
    const digits = bars(10);
    const events = (await spikingDigits(digits, 16).get(3)).input.get("input");
    if (events === undefined || !("start" in events)) throw new Error("no events");
    const counts = new Map<number, number>();
    for (const cell of events.index) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    for (let i = 0; i < 784; i++) {
      const v = digits.pixels[3 * 784 + i] ?? 0;
      expect(counts.get(i) ?? 0).toBe(Math.floor((127 + 16 * v) / 255));
    }
  });

  it("shifts by at most one pixel, the same way for the same epoch", async () => {
    const digits = bars(20);
    const shown = async (epoch: number): Promise<number[]> => {
      const shift = { pixels: 1, seed: 1, epoch };
      const events = (await spikingDigits(digits, 4, shift).get(7)).input.get("input");
      if (events === undefined || !("start" in events)) throw new Error("no events");
      return [...events.index];
    };
    expect(await shown(0)).toEqual(await shown(0));
    const rows = new Set((await shown(2)).map((cell) => Math.floor(cell / 28)));
    expect(Math.min(...rows)).toBeGreaterThanOrEqual(17);
    expect(Math.max(...rows)).toBeLessThanOrEqual(20);
  });
});

describe("trainDigits", () => {
  it("learns ten bars in float and keeps them with weights of ±2^k", async () => {
    await tf.setBackend("cpu");
    const common = { train: bars(640), test: bars(50), seed: 1, steps: 4, hidden: 16 };
    const float = await trainDigits({ ...common, epochs: 12, lr: 0.02 });
    expect(float.accuracy).toBeGreaterThan(0.9);
    const scheme = { quantizer: pot as never, params: pot.params.parse({ bits: 4 }) };
    const tuned = await trainDigits({ ...common, from: float.graph, epochs: 3, lr: 5e-3, scheme });
    expect(tuned.accuracy).toBeGreaterThan(0.85);
    const fc1 = tuned.graph.node("fc1");
    if (fc1.type !== "Affine") throw new Error("fc1 is no Affine");
    const sizes = [...(fc1.weight.data as Float32Array)].map(Math.abs).filter((w) => w > 0);
    const top = Math.max(...sizes);
    for (const size of sizes) expect(Number.isInteger(Math.log2(top / size))).toBe(true);
  }, 60_000);
});
