/** A ReLU network of MNIST as integrate-and-fire neurons, with a report. Usage: node dist/convert.js --help */
import "@tensorflow/tfjs-backend-wasm";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderFiles } from "@nirkit/events/node";
import { writeNir } from "@nirkit/hdf5";
import { type ConversionReport, conversionReport, convertAnn } from "@nirkit/train";
import * as tf from "@tensorflow/tfjs-core";
import { readDigits, someDigits } from "./images.ts";
import { pixelRows, trainRelu } from "./relu-network.ts";
import { cpuSeconds, percent, runCommand, say } from "./run-log.ts";
import { namedOption, OptionError, readOptions, wholeOption } from "./run-options.ts";
import { digitRecipe } from "./train-digits.ts";

const methods = ["thresholdBalance", "percentileNorm", "maxNorm"] as const;

const help = `node dist/convert.js [options]
  --data DIR      folder of the four idx files of MNIST, packed or not (default mnist in $NIRKIT_DATA)
  --out DIR       relu.nir, converted.nir and conversion.json (default mnist-converted)
  --seed N        of weights, order and shifts (default 1)
  --epochs N      of the ReLU network (default 8)
  --method NAME   ${methods.join(", ")} (default ${methods[0]})
  --percentile P  of the activations that become a rate of 1 (default 99.9; maxNorm takes 100)
  --images N      training images (default ${digitRecipe.trained})
`;

const values = readOptions({
  data: { type: "string", default: join(process.env.NIRKIT_DATA ?? "../shared/data", "mnist") },
  out: { type: "string", default: "mnist-converted" },
  seed: { type: "string", default: "1" },
  epochs: { type: "string", default: "8" },
  method: { type: "string", default: methods[0] },
  percentile: { type: "string", default: "99.9" },
  images: { type: "string", default: String(digitRecipe.trained) },
  help: { type: "boolean", default: false },
});

/** Training images whose activations set the thresholds. */
const calibrated = 2000;

async function main(): Promise<void> {
  if (values.help) return say(help);
  const method = namedOption("method", values.method, methods);
  const percentile = Number(values.percentile);
  if (!(percentile > 0 && percentile <= 100))
    throw new OptionError(`--percentile is ${values.percentile}: more than 0, at most 100 is wanted`);
  const seed = wholeOption("seed", values.seed, 0);
  const epochs = wholeOption("epochs", values.epochs, 1);
  const images = Math.min(digitRecipe.trained, wholeOption("images", values.images, 1));

  // Without it tfjs greets on standard error.
  tf.enableProdMode();
  await tf.setBackend("wasm");
  const start = process.cpuUsage();
  const files = await folderFiles(values.data);
  const all = await readDigits(files, "train");
  const train = someDigits(all, 0, images);
  const relu = await trainRelu({
    train,
    validation: someDigits(all, digitRecipe.trained, all.labels.length),
    epochs,
    seed,
    onEpoch: (epoch, validation) => say(`epoch ${epoch + 1}/${epochs}: validation ${percent(validation)}`),
  });
  const calibration = pixelRows(someDigits(train, 0, Math.min(calibrated, images)));
  const converted = await convertAnn(relu, calibration, { method, percentile });
  const test = await readDigits(files, "t10k");
  const report = await conversionReport(relu, converted, { inputs: pixelRows(test), labels: test.labels });
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, "relu.nir"), await writeNir(relu));
  await writeFile(join(values.out, "converted.nir"), await writeNir(converted.graph));
  await writeFile(join(values.out, "conversion.json"), `${JSON.stringify(report, null, 2)}\n`);
  say(reportText(report));
  say(`seed ${seed}, ${method}, percentile ${percentile}, ${cpuSeconds(start).toFixed(0)} s of CPU`);
}

function reportText({ samples, ann, steps, layers }: ConversionReport): string {
  return [
    `ReLU network ${percent(ann)} of ${samples}`,
    "steps   spiking  same class",
    ...steps.map(
      ({ steps: count, snn, agreement }) =>
        `${String(count).padStart(5)} ${percent(snn).padStart(9)} ${percent(agreement).padStart(11)}`,
    ),
    "layer  activation of rate 1  mean rate  correlation of rates and activations",
    ...layers.map(
      ({ name, scale, rate, correlation }) =>
        `${name.padEnd(6)} ${scale.toFixed(4).padStart(20)} ${rate.toFixed(4).padStart(10)} ${correlation.toFixed(4).padStart(12)}`,
    ),
  ].join("\n");
}

await runCommand(main);
