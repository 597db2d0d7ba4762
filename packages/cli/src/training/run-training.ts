/** Runs a training: progress, metrics file, checkpoints, report, network. */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { renderReport } from "@nirkit/report";
import { type EpochEvent, restoreCheckpoint, type StepEvent } from "@nirkit/train";
import { checkpointFolder } from "@nirkit/train/node";
import * as tf from "@tensorflow/tfjs-core";
import { cliDiagnostic } from "../diagnostics.ts";
import type { Invocation } from "../invocation.ts";
import { openModel, saveModel } from "../model-file.ts";
import type { TrainConfig } from "./train-config.ts";
import { openTrainingData } from "./training-data.ts";
import { progressLine, shareText, trainingProgress } from "./training-progress.ts";
import { type TrainedEpoch, trainingReport } from "./training-report.ts";
import { buildRun, newNetwork, type TrainingRun } from "./training-run.ts";

/** How to run a configuration. */
export interface RunFlags {
  readonly resume: boolean;
  readonly force: boolean;
  /** Where the network is written beside the folder of the run. */
  readonly model?: string;
}

/** What a training ended with. */
interface Ending {
  readonly aborted: boolean;
  readonly epochs: readonly TrainedEpoch[];
  readonly losses: readonly (readonly [step: number, loss: number])[];
}

/**
 * Trains and writes `metrics.jsonl`, `report.html`, `model.nir` and `checkpoints/` into the folder of the run.
 *
 * @throws NirkitError `E_EXISTS` for a folder with a run in it, without `resume` or `force`
 */
export async function runTraining(
  invocation: Invocation,
  config: TrainConfig,
  flags: RunFlags,
): Promise<number> {
  const { model: source } = config;
  const out = invocation.path(config.out);
  const checkpoints = join(out, "checkpoints");
  // Without it tfjs greets on standard error.
  tf.enableProdMode();
  await tf.setBackend("cpu");
  const graph = typeof source === "string" ? await modelOf(invocation, source) : newNetwork(source);
  await prepareFolder(out, checkpoints, flags);
  const run = await openRun(invocation, config, graph, checkpoints);
  try {
    return await trainAndWrite(invocation, config, run, { ...flags, out, checkpoints });
  } finally {
    run.trainer.model.dispose();
  }
}

async function trainAndWrite(
  invocation: Invocation,
  config: TrainConfig,
  run: TrainingRun,
  flags: RunFlags & { readonly out: string; readonly checkpoints: string },
): Promise<number> {
  const { out, checkpoints } = flags;
  const from = flags.resume ? await resume(run, checkpoints) : 0;
  if (from > 0) invocation.say(`continues after step ${from}`);
  const ending = await loop(invocation, config, run, join(out, "metrics.jsonl"), from);
  const trained = run.trainer.model.toNir();
  await saveModel(join(out, "model.nir"), trained, true);
  if (flags.model !== undefined) await saveModel(flags.model, trained, true);
  const report = trainingReport(config, trained, ending.epochs, ending.losses);
  await writeFile(join(out, "report.html"), renderReport(report));
  return conclude(invocation, config, run, ending);
}

async function modelOf(invocation: Invocation, file: string): Promise<NirGraph> {
  const { graph, diagnostics } = await openModel(invocation.path(file));
  await invocation.note(diagnostics);
  return graph;
}

async function prepareFolder(out: string, checkpoints: string, { resume, force }: RunFlags): Promise<void> {
  const store = checkpointFolder(checkpoints);
  await mkdir(out, { recursive: true }).catch((error: Error) => {
    throw new NirkitError([cliDiagnostic("E_FILE_WRITE", out, { reason: error.message })]);
  });
  const there = await readFile(join(out, "metrics.jsonl"), "utf8").catch(() => undefined);
  if (there === undefined || resume) return;
  if (!force) throw new NirkitError([cliDiagnostic("E_EXISTS", out, {})]);
  await store.clear();
}

async function openRun(
  invocation: Invocation,
  config: TrainConfig,
  graph: NirGraph,
  checkpoints: string,
): Promise<TrainingRun> {
  const { data } = config;
  const shared = { options: data.options, graph, cwd: invocation.terminal.cwd };
  const train = await openTrainingData({ ...shared, argument: data.train, part: "train", limit: data.limit });
  const validation =
    data.validation === undefined
      ? undefined
      : await openTrainingData({
          ...shared,
          argument: data.validation,
          part: "test",
          limit: data.validationLimit,
        });
  const { cwd } = shared;
  return buildRun(config, { graph, train, validation, seed: invocation.flags.seed, cwd, checkpoints });
}

async function resume({ trainer }: TrainingRun, checkpoints: string): Promise<number> {
  const files = await checkpointFolder(checkpoints).load("last");
  if (files !== undefined) await restoreCheckpoint(trainer, files);
  return trainer.position.step;
}

async function loop(
  invocation: Invocation,
  config: TrainConfig,
  { trainer, data, validation }: TrainingRun,
  file: string,
  from: number,
): Promise<Ending> {
  const records = await keptRecords(file, from);
  await writeFile(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
  const progress = trainingProgress(invocation.terminal, invocation.flags.quiet);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  let pending = "";
  try {
    const options = { epochs: config.epochs, signal: stop.signal };
    for await (const event of trainer.fit(
      data,
      validation === undefined ? options : { ...options, validation },
    )) {
      const record = recordOf(event);
      records.push(record);
      pending += `${JSON.stringify(record)}\n`;
      if (event.kind === "step") {
        if (event.diagnostics.length > 0) await invocation.note(event.diagnostics);
        progress.step(event);
        continue;
      }
      progress.epoch(event);
      await appendFile(file, pending);
      pending = "";
    }
  } finally {
    process.off("SIGINT", interrupt);
    progress.end();
    await appendFile(file, pending);
  }
  const { epoch } = trainer.position;
  const epochs = records.flatMap((record) => (record.kind === "epoch" ? [record] : []));
  return {
    aborted: stop.signal.aborted && epoch < config.epochs,
    epochs,
    losses: records.flatMap((record) =>
      record.kind === "step" ? [[record.step, record.loss] as const] : [],
    ),
  };
}

type StepRecord = Omit<StepEvent, "diagnostics"> & { readonly diagnostics?: readonly string[] };
type RunRecord = StepRecord | (EpochEvent & TrainedEpoch);

/** Lines of an earlier part of the run, up to the step where it continues. */
async function keptRecords(file: string, from: number): Promise<RunRecord[]> {
  if (from === 0) return [];
  const text = await readFile(file, "utf8").catch(() => "");
  return text.split("\n").flatMap((line): RunRecord[] => {
    try {
      const record = JSON.parse(line) as RunRecord;
      return record.step <= from ? [record] : [];
    } catch {
      // A line that a kill cut off.
      return [];
    }
  });
}

function recordOf(event: StepEvent | EpochEvent): RunRecord {
  if (event.kind === "epoch") return event;
  const { diagnostics, ...rest } = event;
  return diagnostics.length === 0 ? rest : { ...rest, diagnostics: diagnostics.map(({ code }) => code) };
}

async function conclude(
  invocation: Invocation,
  config: TrainConfig,
  { trainer }: TrainingRun,
  { aborted, epochs }: Ending,
): Promise<number> {
  const last = epochs.at(-1);
  const means = last?.validation ?? last?.train;
  const weights = await trainer.weights();
  const hash = createHash("sha256");
  for (const [key, values] of weights) hash.update(key).update(new Uint8Array(values.slice().buffer));
  invocation.document({
    ok: !aborted,
    aborted,
    out: config.out,
    step: trainer.position.step,
    epochs: epochs.length,
    train: last?.train,
    validation: last?.validation,
    stopped: last?.stopped,
    weightsSha256: hash.digest("hex"),
    diagnostics: invocation.noted(),
  });
  if (aborted) {
    invocation.print(`stopped after step ${trainer.position.step}; continue with --resume`);
    return 1;
  }
  for (const epoch of epochs) invocation.print(progressLine(epoch));
  const accuracy = means?.metrics.accuracy;
  if (accuracy !== undefined) invocation.print(`accuracy ${shareText(accuracy)}, written to ${config.out}`);
  return 0;
}
