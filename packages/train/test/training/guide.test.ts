/** Every `ts` block of the pages on training, and of the README, runs as it stands. */
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, it } from "vitest";

afterEach(() => {
  // The examples name their variables as every program does: the next one may take the same names.
  tf.disposeVariables();
});

it.each([
  "../../../../docs/guide/train.md.example-0.ts",
  "../../../../docs/guide/train.md.example-1.ts",
  "../../../../docs/guide/train.md.example-2.ts",
  "../../../../docs/guide/training-results.md.example-0.ts",
  "../../README.example.ts",
])("the example %s runs to its end", async (example) => {
  const file = new URL(example, import.meta.url).pathname;
  await expect(import(/* @vite-ignore */ file)).resolves.toBeDefined();
});
