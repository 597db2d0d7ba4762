/** The convolutional network on digits of 8 × 8 pixels. Usage: node dist/digits.js --help */
import "@tensorflow/tfjs-backend-cpu";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderFiles } from "@nirkit/events/node";
import { writeNir } from "@nirkit/hdf5";
import * as tf from "@tensorflow/tfjs-core";
import { correctSamples } from "./fit-network.ts";
import { cpuSeconds, percent, runCommand, runLog, say } from "./run-log.ts";
import { readOptions, wholeOption } from "./run-options.ts";
import {
  readSmallDigits,
  shownSmallDigits,
  smallDigitRecipe,
  someSmallDigits,
  trainSmallDigits,
} from "./small-digits.ts";

const help = `node dist/digits.js [options]
  --data DIR   folder of digits_train.npz and digits_test.npz (default traces/real in $NIRKIT_DATA)
  --out DIR    cnn.nir and cnn.jsonl (default digits-out)
  --seed N     of weights and order (default 1)
  --epochs N   default ${smallDigitRecipe.epochs}
`;

const values = readOptions({
  data: { type: "string", default: join(process.env.NIRKIT_DATA ?? "../shared/data", "traces/real") },
  out: { type: "string", default: "digits-out" },
  seed: { type: "string", default: "1" },
  epochs: { type: "string", default: String(smallDigitRecipe.epochs) },
  help: { type: "boolean", default: false },
});

await runCommand(async () => {
  if (values.help) return say(help);
  const seed = wholeOption("seed", values.seed, 0);
  const epochs = wholeOption("epochs", values.epochs, 1);
  // Without it tfjs greets on standard error.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const start = process.cpuUsage();
  const files = await folderFiles(values.data);
  const all = await readSmallDigits(files, "train");
  const test = await readSmallDigits(files, "test");
  const trained = all.labels.length - smallDigitRecipe.held;
  await mkdir(values.out, { recursive: true });
  const network = await trainSmallDigits({
    train: someSmallDigits(all, 0, trained),
    validation: someSmallDigits(all, trained, all.labels.length),
    seed,
    epochs,
    callbacks: await runLog(values.out, "cnn"),
  });
  await writeFile(join(values.out, "cnn.nir"), await writeNir(network));
  const correct = await correctSamples(network, shownSmallDigits(test));
  const count = test.labels.length;
  say(`test ${percent(correct / count)}: ${correct} of ${count}`);
  say(`seed ${seed}, ${epochs} epochs, ${cpuSeconds(start).toFixed(0)} s of CPU`);
});
