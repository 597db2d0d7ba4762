/** Usage: node dist/main.js [DATA] [OUT] [SEED] [none|layer|neuron]: trains in float, then with few levels; prints a table. */
import "@tensorflow/tfjs-backend-cpu";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderFiles } from "@nirkit/events/node";
import type { NirGraph } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import type { WeightQuantizer } from "@nirkit/quantize";
import { pot } from "@nirkit/quantize-pot";
import { ternary, uniform } from "@nirkit/quantize-uniform";
import * as tf from "@tensorflow/tfjs-core";
import { readDigits } from "./images.ts";
import { type DigitRun, trainDigits } from "./train-digits.ts";

const data = process.env.NIRKIT_DATA ?? "../shared/data";
const [folder = join(data, "mnist"), out = "mnist-training", seedText = "1", learned = "none"] =
  process.argv.slice(2);
if (learned !== "none" && learned !== "layer" && learned !== "neuron")
  throw new Error(`learned is ${learned}: none, layer or neuron`);
const seed = Number(seedText);
// Without it tfjs greets on standard error.
tf.enableProdMode();
await tf.setBackend("cpu");
const files = await folderFiles(folder);
const [train, test] = [await readDigits(files, "train"), await readDigits(files, "t10k")];
await mkdir(out, { recursive: true });

async function report(name: string, run: Omit<DigitRun, "train" | "test" | "seed">): Promise<NirGraph> {
  const start = performance.now();
  const { accuracy, graph } = await trainDigits({
    ...run,
    train,
    test,
    seed,
    onEpoch: (epoch, fitted, tested) =>
      console.error(
        `${name} epoch ${epoch + 1}/${run.epochs}: train ${percent(fitted)}, test ${percent(tested)}, ${seconds(start)} s`,
      ),
  });
  await writeFile(join(out, `${name}.nir`), await writeNir(graph));
  console.log(`${name.padEnd(14)} ${percent(accuracy)}  ${seconds(start)} s`);
  return graph;
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const seconds = (start: number): string => ((performance.now() - start) / 1000).toFixed(0);

const scheme = (quantizer: unknown, options: object): NonNullable<DigitRun["scheme"]> => {
  const known = quantizer as WeightQuantizer<unknown>;
  return { quantizer: known, params: known.params.parse(options) };
};
const schemes = {
  "pot-4": scheme(pot, { bits: 4 }),
  "uniform-4": scheme(uniform, { bits: 4 }),
  ternary: scheme(ternary, {}),
};

const suffix = learned === "none" ? "" : `-${learned}`;
const float = await report(`float${suffix}`, { epochs: 14, lr: 3e-3, learned });
for (const [name, chosen] of Object.entries(schemes))
  await report(`${name}${suffix}`, { from: float, epochs: 4, lr: 1e-3, learned, scheme: chosen });
