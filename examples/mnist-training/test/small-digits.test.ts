/** Digits of 8 × 8 pixels: how they are shown, and what the convolutional network reaches. */
import "@tensorflow/tfjs-backend-cpu";
import { memoryFiles } from "@nirkit/events";
import { folderFiles } from "@nirkit/events/node";
import type { Events } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { correctSamples } from "../src/fit-network.ts";
import {
  readSmallDigits,
  shownSmallDigits,
  smallDigitRecipe,
  someSmallDigits,
  trainSmallDigits,
} from "../src/small-digits.ts";
import { dataFolder, deep } from "./material.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

it("a pixel of value v spikes floor((8 + 8 v)/16) times in 8 steps", async () => {
  const pixels = Uint8Array.from({ length: 64 }, (_, k) => k % 17);
  const shown = shownSmallDigits({ pixels, labels: Uint8Array.of(4) });
  const events = (await shown.get(0)).input.get("input") as Events;
  expect(events.shape).toEqual([1, 8, 8]);
  const counts = new Int32Array(64);
  for (const cell of events.index) counts[cell] = (counts[cell] ?? 0) + 1;
  expect([...counts]).toEqual([...pixels].map((v) => Math.floor((8 + 8 * v) / 16)));
});

it("a folder without the files is refused by name", async () => {
  await expect(readSmallDigits(memoryFiles(new Map(), "here"), "test")).rejects.toThrow(
    /here\/digits_test\.npz/,
  );
});

const folder = dataFolder("traces/real");

describe.skipIf(folder === undefined)("digits", () => {
  it("are 1257 and 270; 3 epochs already tell a third of them apart", async () => {
    const files = await folderFiles(folder as string);
    const [train, test] = [await readSmallDigits(files, "train"), await readSmallDigits(files, "test")];
    expect([train.labels.length, test.labels.length]).toEqual([1257, 270]);
    const network = await trainSmallDigits({ train, validation: test, seed: 1, epochs: 3 });
    expect(await correctSamples(network, shownSmallDigits(test))).toBeGreaterThan(90);
  }, 60_000);

  it.runIf(deep).each([11, 12, 13])(
    "reach 96 %% of 270 (seed %i)",
    async (seed) => {
      const files = await folderFiles(folder as string);
      const [all, test] = [await readSmallDigits(files, "train"), await readSmallDigits(files, "test")];
      const trained = all.labels.length - smallDigitRecipe.held;
      const network = await trainSmallDigits({
        train: someSmallDigits(all, 0, trained),
        validation: someSmallDigits(all, trained, all.labels.length),
        seed,
      });
      expect((await correctSamples(network, shownSmallDigits(test))) / 270).toBeGreaterThanOrEqual(0.96);
    },
    600_000,
  );
});
