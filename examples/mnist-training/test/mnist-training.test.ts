/** The functions of the example on images that are drawn here, and (deep) on MNIST. */
import "@tensorflow/tfjs-backend-cpu";
import { folderFiles } from "@nirkit/events/node";
import type { NirGraph } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import {
  type Digits,
  digitAccuracy,
  digitRecipe,
  digitSchemes,
  readDigits,
  shownDigits,
  someDigits,
  trainDigits,
} from "../src/index.ts";
import { namedOption, OptionError, wholeOption } from "../src/run-options.ts";
import { dataFolder, deep } from "./material.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

/** Class k is a bright bar in rows 2k + 4 and 2k + 5. */
function bars(count: number): Digits {
  const pixels = new Uint8Array(count * 784);
  const labels = Uint8Array.from({ length: count }, (_, k) => k % 10);
  for (let k = 0; k < count; k++)
    for (let y = 2 * (k % 10) + 4; y < 2 * (k % 10) + 6; y++)
      for (let x = 6; x < 22; x++) pixels[k * 784 + y * 28 + x] = 200 + ((k * 7 + x) % 56);
  return { pixels, labels };
}

describe("shownDigits", () => {
  it("spikes floor((127 + 16 v)/255) times in 16 steps", async () => {
    const digits = bars(10);
    const events = (await shownDigits(digits, { steps: 16 }).get(3)).input.get("input");
    if (events === undefined || !("start" in events)) throw new Error("no events");
    const counts = new Map<number, number>();
    for (const cell of events.index) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    for (let i = 0; i < 784; i++) {
      const v = digits.pixels[3 * 784 + i] ?? 0;
      expect(counts.get(i) ?? 0).toBe(Math.floor((127 + 16 * v) / 255));
    }
  });

  it("holds v/255 for 4 steps in the direct code", async () => {
    const digits = bars(10);
    const held = (await shownDigits(digits, { steps: 4, code: "direct" }).get(3)).input.get("input");
    if (held === undefined || !("data" in held)) throw new Error("no values");
    expect(held.shape).toEqual([4, 784]);
    for (let i = 0; i < 4 * 784; i++)
      expect(held.data[i]).toBe(Math.fround((digits.pixels[3 * 784 + (i % 784)] ?? 0) / 255));
  });

  it("shifts by at most one pixel, the same way for the same epoch", async () => {
    const digits = bars(20);
    const shown = async (epoch: number): Promise<number[]> => {
      const shift = { pixels: 1, seed: 1, epoch };
      const events = (await shownDigits(digits, { steps: 4, shift }).get(7)).input.get("input");
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
    const show = { steps: 4 };
    const test = bars(50);
    const common = { train: bars(640), validation: test, seed: 1, hidden: 16, ...show };
    const float = await trainDigits({ ...common, epochs: 12, lr: 0.02 });
    expect(await digitAccuracy(float, test, show)).toBeGreaterThan(0.9);
    const tuned = await trainDigits({
      ...common,
      from: float,
      epochs: 3,
      lr: 5e-3,
      levels: digitSchemes["pot-4"],
    });
    expect(await digitAccuracy(tuned, test, show)).toBeGreaterThan(0.85);
    const sizes = weightsOf(tuned)
      .map(Math.abs)
      .filter((w) => w > 0);
    const top = Math.max(...sizes);
    for (const size of sizes) expect(Number.isInteger(Math.log2(top / size))).toBe(true);
  }, 60_000);
});

function weightsOf(network: NirGraph): number[] {
  const fc1 = network.node("fc1");
  if (fc1.type !== "Affine") throw new Error("fc1 is no Affine");
  return [...(fc1.weight.data as Float32Array)];
}

describe("options", () => {
  it("refuses 1.5, -1 and nothing where a number from 0 is wanted", () => {
    for (const text of ["1.5", "-1", "", "x"])
      expect(() => wholeOption("seed", text, 0)).toThrow(OptionError);
    expect(wholeOption("seed", "7", 0)).toBe(7);
  });

  it("names the names that are known", () => {
    expect(() => namedOption("code", "rate", ["phase", "direct"])).toThrow(
      "--code is rate: phase, direct are known",
    );
  });
});

const folder = dataFolder("mnist");

async function mnist(): Promise<{
  readonly train: Digits;
  readonly validation: Digits;
  readonly test: Digits;
}> {
  const files = await folderFiles(folder as string);
  const all = await readDigits(files, "train");
  const { trained } = digitRecipe;
  return {
    train: someDigits(all, 0, trained),
    validation: someDigits(all, trained, all.labels.length),
    test: await readDigits(files, "t10k"),
  };
}

describe.skipIf(folder === undefined)("MNIST", () => {
  it("is read as 60 000 images, the first ten of 5 0 4 1 9 2 1 3 1 4", async () => {
    const { train, validation, test } = await mnist();
    expect([train.labels.length, validation.labels.length, test.labels.length]).toEqual([
      55_000, 5000, 10_000,
    ]);
    expect([...train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4]);
  });

  it("is right about half of 1000 test images after one epoch of 8000", async () => {
    const { train, validation, test } = await mnist();
    const network = await trainDigits({
      train: someDigits(train, 0, 8000),
      validation: someDigits(validation, 0, 500),
      epochs: 1,
      lr: 3e-3,
      seed: 1,
    });
    expect(await digitAccuracy(network, someDigits(test, 0, 1000))).toBeGreaterThan(0.5);
  }, 60_000);

  it.runIf(deep).each([
    { learned: "none", seed: 11 },
    { learned: "layer", seed: 12 },
  ] as const)(
    "reaches 97.5 % in float, loses at most 1 point with 4 bits and 2.5 with three levels (%o)",
    async ({ learned, seed }) => {
      const { test, ...parts } = await mnist();
      const { float, fewLevels } = digitRecipe;
      const common = { ...parts, learned, seed };
      const network = await trainDigits({ ...common, ...float });
      const reached = await digitAccuracy(network, test);
      expect(reached).toBeGreaterThanOrEqual(0.975);
      for (const [name, most] of [
        ["pot-4", 0.01],
        ["uniform-4", 0.01],
        ["ternary", 0.025],
      ] as const) {
        const levels = digitSchemes[name];
        const tuned = await trainDigits({ ...common, ...fewLevels, from: network, levels });
        expect(reached - (await digitAccuracy(tuned, test))).toBeLessThanOrEqual(most);
      }
    },
    3_600_000,
  );
});
