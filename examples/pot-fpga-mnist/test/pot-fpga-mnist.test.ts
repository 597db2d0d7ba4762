import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ToolRunner } from "@nirkit/backend";
import { processTools } from "@nirkit/backend/node";
import { datasetOf } from "@nirkit/events";
import type { Sample, Tensor } from "@nirkit/graph";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import {
  classify,
  countCycles,
  designDigits,
  estimateDigits,
  laneChoices,
  proveDigits,
  quantizeDigits,
} from "../src/digit-design.ts";
import { digitReport } from "../src/digit-report.ts";
import { type Digits, movedDigits, readDigits, steps } from "../src/digits.ts";
import { publishedDesigns } from "../src/published.ts";
import { fullRecipe, type Recipe } from "../src/train-digits.ts";
import { cachedDigits } from "../src/trained-digits.ts";

const isDeep = process.env.NIRKIT_DEEP === "1";
const isStrict = process.env.NIRKIT_STRICT === "1";
const folder = join(process.env.NIRKIT_DATA ?? "../shared/data", "mnist");
const hasDigits = existsSync(folder);
if (!hasDigits && !isStrict) process.stderr.write(`skipped: MNIST is not in ${folder}\n`);

/** One pixel of 0.5 at row 3, column 5, in every step. */
const dot: Sample = (() => {
  const data = new Float32Array(steps * 784);
  for (let t = 0; t < steps; t++) data[t * 784 + 3 * 28 + 5] = 0.5;
  const shown: Tensor = { dtype: "float32", shape: [steps, 784], data };
  return { input: new Map([["input", shown]]), label: 7 };
})();

test("a pixel moves by -1, 0 or 1 along each axis, the same way in all 8 steps; the same epoch gives the same image", async () => {
  const places = new Set<number>();
  for (let epoch = 0; epoch < 60; epoch++) {
    const moved = movedDigits(
      datasetOf(1, () => dot),
      1,
      epoch,
    );
    const { data } = (await moved.get(0)).input.get("input") as Tensor;
    const set = [...data].flatMap((value, at) => (value === 0.5 ? [at] : []));
    expect(set).toHaveLength(steps);
    const [at = 0] = set;
    expect(set).toEqual(Array.from({ length: steps }, (_, t) => at + 784 * t));
    expect(Math.abs(Math.floor(at / 28) - 3)).toBeLessThanOrEqual(1);
    expect(Math.abs((at % 28) - 5)).toBeLessThanOrEqual(1);
    expect((await moved.get(0)).input.get("input")).toEqual((await moved.get(0)).input.get("input"));
    places.add(at);
  }
  expect(places.size).toBe(9);
});

test("6 published rows of MNIST at most, none without a source", () => {
  expect(publishedDesigns.length).toBeLessThanOrEqual(6);
  for (const { source } of publishedDesigns) expect(source).toMatch(/^arXiv \d{4}\.\d{5}$/);
});

const noTools: ToolRunner = {
  version: async () => undefined,
  workspace: () => Promise.reject(new Error("there are no tools")),
};

describe.runIf(hasDigits || isStrict)("MNIST", () => {
  let digits: Digits;
  let out: string;
  beforeAll(async () => {
    tf.enableProdMode();
    await tf.setBackend("cpu");
    digits = await readDigits(folder);
    out = await mkdtemp(join(tmpdir(), "nirkit-pot-fpga-mnist-"));
  });
  afterAll(async () => rm(out, { recursive: true, force: true }));

  const small: Recipe = { seed: 1, hidden: 24, batchSize: 16, epochs: { float: 3, pot: 1 }, images: 1024 };

  test("24 hidden neurons, 4 epochs of 1024 images: over 60 % of 500 test images, emitted files equal on 6, kept in a folder", async () => {
    const said: string[] = [];
    const { pot } = await cachedDigits(out, digits, small, (text) => said.push(text));
    expect(said).toHaveLength(4);
    const first = await readFile(join(out, "pot-4.nir"));
    const again = await cachedDigits(out, digits, small, (text) => said.push(text));
    expect(said).toHaveLength(4);
    expect(await readFile(join(out, "pot-4.nir"))).toEqual(first);

    const graph = await quantizeDigits(again.pot);
    expect(graph.hash()).toBe((await quantizeDigits(pot)).hash());
    const design = designDigits(graph, laneChoices[0]);
    const some = datasetOf(500, (k) => digits.test.get(k));
    const accuracy = await classify(design, some);
    expect(accuracy.correct).toBeGreaterThan(300);
    expect(accuracy.pixels).toBeGreaterThan(50);

    const samples = await Promise.all([0, 1, 2, 3, 4, 5].map((k) => digits.test.get(k)));
    const cycles = countCycles(design, samples);
    // Every pixel takes 3 words of 8 neurons, once for all steps.
    expect(cycles.mean).toBeGreaterThan(3 * 50);
    const proof = await proveDigits(design, samples, noTools);
    expect(proof.ok).toBe(true);
    expect(proof.runs[0]).toMatchObject({ engine: "load", ok: true, samples: 6 });
    const estimate = estimateDigits(design, cycles.activity);
    const text = digitReport(accuracy, [{ lanes: design.lanes, cycles, proof, area: undefined, estimate }]);
    expect(text).toContain("yosys is not installed");
    expect(text.indexOf("Measured")).toBeLessThan(text.indexOf("Estimated"));
    expect(text.indexOf("Estimated")).toBeLessThan(text.indexOf("Published"));
  }, 120_000);

  test.runIf(isDeep)(
    "the recipe of the example: 97.2 % of 10 000 images, Verilog equal on 200 with both lane choices",
    async () => {
      const { pot } = await cachedDigits(join(out, "full"), digits, fullRecipe, () => {});
      const graph = await quantizeDigits(pot);
      const samples = await Promise.all(Array.from({ length: 200 }, (_, k) => digits.test.get(k)));
      for (const lanes of laneChoices) {
        const design = designDigits(graph, lanes);
        if (lanes === laneChoices[0])
          expect((await classify(design, digits.test)).correct).toBeGreaterThanOrEqual(9720);
        const proof = await proveDigits(design, samples, processTools());
        expect(proof.ok).toBe(true);
        for (const run of proof.runs) if (run.skipped === undefined) expect(run.samples).toBe(200);
      }
    },
    3_600_000,
  );
});
