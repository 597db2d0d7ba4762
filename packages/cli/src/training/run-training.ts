/** Runs a training: progress, metrics file, checkpoints, report, network. */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import "@tensorflow/tfjs-backend-cpu";
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { renderReport } from "@nirkit/report";
import { restoreCheckpoint } from "@nirkit/train";
import { checkpointFolder, type MetricsLog, metricsLog } from "@nirkit/train/node";
import * as tf from "@tensorflow/tfjs-core";
import { floatDialect } from "../annotated-dialect.ts";
import { cliDiagnostic } from "../diagnostics.ts";
import type { Invocation } from "../invocation.ts";
import { openModel, saveModel } from "../model-file.ts";
import { isFolder } from "../staging.ts";
import { type Readout, withReadout } from "../trained-dialect.ts";
import { writeReason } from "../write-reason.ts";
import type { TrainConfig } from "./train-config.ts";
import { openTrainingData } from "./training-data.ts";
import { progressLine, shareText, trainingProgress } from "./training-progress.ts";
import { type TrainedEpoch, trainingReport } from "./training-report.ts";
import { buildRun, newNetwork, type RunSurroundings, type TrainingRun } from "./training-run.ts";

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
  await assertFree(out, flags);
  const log = metricsLog(join(out, "metrics.jsonl"));
  const told = await dialectOf(invocation, config, graph);
  const run = await openRun(invocation, told, graph, { checkpoints, log: log.callback });
  try {
    await prepareFolder(out, checkpoints, flags);
    return await trainAndWrite(invocation, config, run, { ...flags, out, checkpoints, log });
  } finally {
    run.trainer.model.dispose();
  }
}

async function trainAndWrite(
  invocation: Invocation,
  config: TrainConfig,
  run: TrainingRun,
  flags: RunFlags & { readonly out: string; readonly checkpoints: string; readonly log: MetricsLog },
): Promise<number> {
  const { out, checkpoints, log } = flags;
  const from = flags.resume ? await resume(run, checkpoints) : 0;
  if (from > 0) invocation.say(`continues after step ${from}`);
  await log.open(from);
  const ending = await loop(invocation, config, run, log);
  const trained = withReadout(run.trainer.model.toNir(), readoutOf(config));
  await saveModel(join(out, "model.nir"), trained, true);
  if (flags.model !== undefined) await saveModel(flags.model, trained, true);
  const report = trainingReport(config, trained, ending.epochs, ending.losses);
  await writeFile(join(out, "report.html"), renderReport(report));
  return conclude(invocation, config, run, ending);
}

/** How the loss reads a class. */
function readoutOf({ loss }: TrainConfig): Readout {
  return loss === "membrane-max" ? "max" : loss === "membrane-last" ? "last" : "sum";
}

async function modelOf(invocation: Invocation, file: string): Promise<NirGraph> {
  const { graph, diagnostics } = await openModel(invocation.path(file));
  await invocation.note(diagnostics);
  return graph;
}

/** `auto` as the label it stands for. */
async function dialectOf(invocation: Invocation, config: TrainConfig, graph: NirGraph): Promise<TrainConfig> {
  if (config.dialect !== "auto") return config;
  const { dialect, diagnostics } = floatDialect(graph, "auto");
  await invocation.note(diagnostics);
  return { ...config, dialect };
}

/** @throws NirkitError `E_EXISTS` */
async function assertFree(out: string, { resume, force }: RunFlags): Promise<void> {
  const there = await readFile(join(out, "metrics.jsonl"), "utf8").catch(() => undefined);
  if (there !== undefined && !resume && !force) throw new NirkitError([cliDiagnostic("E_EXISTS", out, {})]);
}

/** A recursive mkdir of Node tries for ever in folders that take no new entry (/proc). */
async function makeFolders(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (await isFolder(path)) return;
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolders(dirname(path));
    await mkdir(path);
  }
}

async function prepareFolder(out: string, checkpoints: string, { resume }: RunFlags): Promise<void> {
  await makeFolders(resolve(out)).catch((error: unknown) => {
    throw new NirkitError([cliDiagnostic("E_FILE_WRITE", out, { reason: writeReason(error) })]);
  });
  if (!resume) await checkpointFolder(checkpoints).clear();
}

async function openRun(
  invocation: Invocation,
  config: TrainConfig,
  graph: NirGraph,
  kept: Pick<RunSurroundings, "checkpoints" | "log">,
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
  return buildRun(config, { graph, train, validation, seed: invocation.flags.seed, cwd, ...kept });
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
  log: MetricsLog,
): Promise<Ending> {
  const progress = trainingProgress(invocation.terminal, invocation.flags.quiet);
  const stop = new AbortController();
  const interrupt = (): void => stop.abort();
  process.once("SIGINT", interrupt);
  const stopped = new Map<number, string>();
  // Said once: it would be said at every step until the output spikes.
  const told = new Set<string>();
  try {
    const options = { epochs: config.epochs, signal: stop.signal };
    const given = validation === undefined ? options : { ...options, validation };
    for await (const event of trainer.fit(data, given)) {
      if (event.kind === "step") {
        await invocation.note(event.diagnostics.filter(({ code }) => !told.has(code)));
        for (const { code } of event.diagnostics) if (code === "W_DEAD_OUTPUT") told.add(code);
        progress.step(event);
        continue;
      }
      progress.epoch(event);
      if (event.stopped !== undefined) stopped.set(event.epoch, event.stopped);
    }
  } finally {
    process.off("SIGINT", interrupt);
    progress.end();
  }
  const { records } = log;
  return {
    aborted: stop.signal.aborted && trainer.position.epoch < config.epochs,
    epochs: records.flatMap((record): TrainedEpoch[] => {
      if (record.kind !== "epoch") return [];
      const why = stopped.get(record.epoch);
      return [why === undefined ? record : { ...record, stopped: why }];
    }),
    losses: records.flatMap((record) =>
      record.kind === "step" ? [[record.step, record.loss] as const] : [],
    ),
  };
}

async function conclude(
  invocation: Invocation,
  config: TrainConfig,
  { trainer, validation }: TrainingRun,
  { aborted, epochs }: Ending,
): Promise<number> {
  const last = epochs.at(-1);
  // The best weights were put back, which are not those of the last epoch.
  const restored = config.earlyStopping !== undefined && validation !== undefined && !aborted;
  const measured = restored ? await trainer.evaluate(validation) : last?.validation;
  const means = measured ?? last?.train;
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
    validation: measured,
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
  const of = restored ? " of the best epoch" : "";
  if (accuracy !== undefined)
    invocation.print(`accuracy ${shareText(accuracy)}${of}, written to ${config.out}`);
  return 0;
}
