/** MNIST in float, then with weights of few levels; prints a table. Usage: node dist/main.js --help */
import "@tensorflow/tfjs-backend-cpu";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { folderFiles } from "@nirkit/events/node";
import type { NirGraph } from "@nirkit/graph";
import { writeNir } from "@nirkit/hdf5";
import * as tf from "@tensorflow/tfjs-core";
import { readDigits, someDigits } from "./images.ts";
import { cpuSeconds, percent, runCommand, runLog, say } from "./run-log.ts";
import { namedOption, readOptions, wholeOption } from "./run-options.ts";
import { type DigitRun, digitAccuracy, digitRecipe, digitSchemes, trainDigits } from "./train-digits.ts";

const { float, fewLevels, trained } = digitRecipe;

const help = `node dist/main.js [options]
  --data DIR      folder of the four idx files of MNIST, packed or not (default mnist in $NIRKIT_DATA)
  --out DIR       networks (.nir) and metrics (.jsonl) (default mnist-out)
  --seed N        of weights, order and shifts (default 1)
  --epochs N      in float (default ${float.epochs})
  --tune N        more epochs with weights of few levels (default ${fewLevels.epochs})
  --schemes LIST  some of ${Object.keys(digitSchemes).join(",")} (default all; "none" for float alone)
  --learned HOW   leak and threshold learned by layer or neuron (default none)
  --code CODE     phase: spikes; direct: pixels as values held for all steps (default phase)
  --images N      training images (default ${trained}, the rest of the 60000 is for validation)
`;

const values = readOptions({
  data: { type: "string", default: join(process.env.NIRKIT_DATA ?? "../shared/data", "mnist") },
  out: { type: "string", default: "mnist-out" },
  seed: { type: "string", default: "1" },
  epochs: { type: "string", default: String(float.epochs) },
  tune: { type: "string", default: String(fewLevels.epochs) },
  schemes: { type: "string", default: Object.keys(digitSchemes).join() },
  learned: { type: "string", default: "none" },
  code: { type: "string", default: "phase" },
  images: { type: "string", default: String(trained) },
  help: { type: "boolean", default: false },
});

interface Row {
  readonly name: string;
  readonly epochs: number;
  readonly validation: number;
  readonly test: number;
  readonly cpu: number;
}

async function main(): Promise<void> {
  if (values.help) return say(help);
  const names = Object.keys(digitSchemes) as (keyof typeof digitSchemes)[];
  const listed = values.schemes === "none" ? [] : values.schemes.split(",");
  const schemes = listed.map((name) => namedOption("schemes", name, names));
  const learned = namedOption("learned", values.learned, ["none", "layer", "neuron"]);
  const code = namedOption("code", values.code, ["phase", "direct"]);
  const seed = wholeOption("seed", values.seed, 0);
  const [epochs, tune] = [wholeOption("epochs", values.epochs, 1), wholeOption("tune", values.tune, 1)];
  const images = Math.min(trained, wholeOption("images", values.images, 1));

  // Without it tfjs greets on standard error.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const files = await folderFiles(values.data);
  const all = await readDigits(files, "train");
  const test = await readDigits(files, "t10k");
  const common = {
    train: someDigits(all, 0, images),
    validation: someDigits(all, trained, all.labels.length),
    seed,
    learned,
    code,
  };
  await mkdir(values.out, { recursive: true });
  const rows: Row[] = [];
  const run = async (
    name: string,
    own: Pick<DigitRun, "from" | "epochs" | "lr" | "levels">,
  ): Promise<NirGraph> => {
    const start = process.cpuUsage();
    const graph = await trainDigits({ ...common, ...own, callbacks: await runLog(values.out, name) });
    await writeFile(join(values.out, `${name}.nir`), await writeNir(graph));
    const cpu = cpuSeconds(start);
    const validation = await digitAccuracy(graph, common.validation, { code });
    rows.push({
      name,
      epochs: own.epochs,
      validation,
      test: await digitAccuracy(graph, test, { code }),
      cpu,
    });
    return graph;
  };
  const graph = await run("float", { epochs, lr: float.lr });
  for (const name of schemes)
    await run(name, { from: graph, epochs: tune, lr: fewLevels.lr, levels: digitSchemes[name] });
  say(table(rows));
  say(`seed ${seed}, leak and threshold learned: ${learned}, ${cpuSeconds().toFixed(0)} s of CPU in all`);
}

function table(rows: readonly Row[]): string {
  const float = rows[0]?.test ?? 0;
  const line = (cells: readonly string[]): string =>
    cells.map((cell, k) => (k === 0 ? cell.padEnd(10) : cell.padStart(12))).join("");
  return [
    line(["weights", "validation", "test", "below float", "epochs", "CPU s"]),
    ...rows.map(({ name, validation, test, epochs, cpu }) =>
      line([
        name,
        percent(validation),
        percent(test),
        (100 * (float - test)).toFixed(2),
        String(epochs),
        cpu.toFixed(0),
      ]),
    ),
  ].join("\n");
}

await runCommand(main);
