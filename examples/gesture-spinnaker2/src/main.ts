/** Usage: node dist/main.js [--cache DIR] [--out DIR] [--model FILE] [--dvs DIR] …, see `help`. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { emitS2 } from "@nirkit/backend-spinnaker2";
import { dvsGestureDataset } from "@nirkit/events";
import { folderFiles } from "@nirkit/events/node";
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { readNir, writeNir } from "@nirkit/hdf5";
import type { EpochEvent } from "@nirkit/train";
import { gesturePart } from "./gesture-parts.ts";
import { gestureReport, gestureTable } from "./gesture-report.ts";
import { runGestures } from "./gesture-run.ts";
import { type Recordings, recordingsOf } from "./recordings.ts";
import { testSamples } from "./samples.ts";
import { type TrainChoices, trainFloat, trainQuantized } from "./train-network.ts";

const help = `node dist/main.js [options]
  --cache DIR      recordings, made once (default gestures-cache)
  --out DIR        networks, program for the chip, report.html (default gestures-out)
  --model FILE     a float .nir in place of training
  --dvs DIR        a folder of DVS128 Gesture in place of synthetic recordings
  --epochs N       of the float network (default 30)
  --finetune N     epochs with weights of 8 bit (default 8; 0 leaves them out)
  --seed N         of the weights, the order and the cuts (default 1)
  --train N        synthetic recordings of each training user and class (default 3)
  --test N         and of each test user (default 8)
  --calibrate N    training samples of the search (default 66)
  --tick MS        milliseconds of a step on the chip (default 1)
`;

const { values } = parseArgs({
  options: {
    cache: { type: "string", default: "gestures-cache" },
    out: { type: "string", default: "gestures-out" },
    model: { type: "string" },
    dvs: { type: "string" },
    epochs: { type: "string", default: "30" },
    finetune: { type: "string", default: "8" },
    seed: { type: "string", default: "1" },
    train: { type: "string", default: "3" },
    test: { type: "string", default: "8" },
    calibrate: { type: "string", default: "66" },
    tick: { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});

const say = (text: string): void => void process.stdout.write(`${text}\n`);
async function recordings(part: "train" | "test"): Promise<Recordings> {
  if (values.dvs !== undefined)
    return recordingsOf(await dvsGestureDataset(await folderFiles(values.dvs), part));
  return gesturePart(values.cache, part, Number(part === "train" ? values.train : values.test), say);
}

async function floatNetwork(training: Recordings): Promise<NirGraph> {
  if (values.model !== undefined) return (await readNir(await readFile(values.model))).graph;
  return trainFloat(training, choicesOf(values.epochs), told);
}

/** The network after quantization-aware training; nothing where it is left out. */
async function trainedNetwork(graph: NirGraph, training: Recordings): Promise<{ trained?: NirGraph }> {
  const choices = choicesOf(values.finetune);
  return choices.epochs === 0 ? {} : { trained: await trainQuantized(graph, training, choices, told) };
}

const choicesOf = (epochs: string): TrainChoices => ({ epochs: Number(epochs), seed: Number(values.seed) });

const told = ({ epoch, epochs, train }: EpochEvent): void =>
  say(`epoch ${epoch + 1} of ${epochs}: loss ${train.loss.toFixed(3)}, ${percentOf(train.metrics.accuracy)}`);

const percentOf = (share: number | undefined): string => `${(100 * (share ?? 0)).toFixed(1)} %`;

async function main(): Promise<void> {
  if (values.help) return say(help);
  const training = await recordings("train");
  const test = testSamples(await recordings("test"));
  say(`${training.labels.length} recordings to train, ${test.length} to test`);
  const graph = await floatNetwork(training);
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, "float.nir"), await writeNir(graph));
  const choices = {
    calibration: spread(testSamples(training), Number(values.calibrate)),
    test,
    tickMs: Number(values.tick),
    ...(await trainedNetwork(graph, training)),
  };
  const run = await runGestures(graph, choices, ({ quantized, chip }) =>
    say(`${quantized.name}: ${chip.correct} of ${test.length} on the chip`),
  );
  if (choices.trained !== undefined)
    await writeFile(join(values.out, "trained-8-bit.nir"), await writeNir(choices.trained));
  await writeFile(join(values.out, "spinnaker2.nir"), await writeNir(run.chosen.quantized.graph));
  for (const { path, content } of emitS2(run.chosen.chip.mapping)) {
    const file = join(values.out, "chip", path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  const source = values.dvs === undefined ? "synthetic recordings" : "DVS128 Gesture recordings";
  await writeFile(join(values.out, "report.html"), gestureReport(run, source));
  say(gestureTable(run));
  say(`${join(values.out, "report.html")} has the chip map, the memories and spikes`);
}

/** `count` entries at equal distances. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  const step = Math.max(1, list.length / count);
  return list.filter((_, k) => Math.floor(k / step) !== Math.floor((k - 1) / step));
}

try {
  await main();
} catch (error) {
  if (!(error instanceof NirkitError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
