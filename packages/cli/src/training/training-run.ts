/** A configuration as model, trainer and data. */
import type { Dataset } from "@nirkit/events";
import { graph as graphBuilder, type NirGraph, type Sample } from "@nirkit/graph";
import {
  accuracy,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  atan,
  type BuildOptions,
  boxcar,
  buildTrainable,
  type Callback,
  checkpoint,
  constant,
  cosine,
  countMSE,
  earlyStopping,
  fakeQuant,
  fastSigmoid,
  type Loss,
  membraneLastCrossEntropy,
  membraneMaxCrossEntropy,
  membraneMeanCrossEntropy,
  membraneSumCrossEntropy,
  type NodeOptions,
  type Optimizer,
  oneCycle,
  rateCrossEntropy,
  rateUpper,
  reduceOnPlateau,
  rmsprop,
  type Schedule,
  type Surrogate,
  sgd,
  sigmoid,
  spikeCountCrossEntropy,
  spikeRates,
  type TrainData,
  Trainer,
  trainData,
  triangular,
} from "@nirkit/train";
import { checkpointFolder } from "@nirkit/train/node";
import { loadPlugin } from "../plugin.ts";
import { splitScheme } from "../plugin-flags.ts";
import { parseOptions } from "../schema-flags.ts";
import { usageError } from "../usage-error.ts";
import type { LossName, NewNetwork, SurrogateConfig, TrainConfig } from "./train-config.ts";

/** Everything that a run needs. */
export interface TrainingRun {
  readonly graph: NirGraph;
  readonly trainer: Trainer;
  readonly data: TrainData;
  readonly validation: TrainData | undefined;
}

/** What stands around a configuration. */
export interface RunSurroundings {
  readonly graph: NirGraph;
  readonly train: Dataset<Sample>;
  readonly validation: Dataset<Sample> | undefined;
  readonly seed: number;
  readonly cwd: string;
  /** Folder of the checkpoints. */
  readonly checkpoints: string;
  /** Called before anything else sees a step or epoch: what it writes is there when the checkpoint is. */
  readonly log: Callback;
}

/** A new network of Affine and LIF nodes, its weights still 0. */
export function newNetwork(model: NewNetwork): NirGraph {
  const { sizes, tau, threshold } = model;
  const zeros = (rows: number, columns: number): number[][] =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(0));
  let built = graphBuilder().input("input", [sizes[0] ?? 1]);
  for (let layer = 1; layer < sizes.length; layer++) {
    const [inputs, outputs] = [sizes[layer - 1] ?? 1, sizes[layer] ?? 1];
    built = built
      .affine(`fc${layer}`, { weight: zeros(outputs, inputs), bias: new Array<number>(outputs).fill(0) })
      .lif(`lif${layer}`, { tau, r: tau, vThreshold: threshold });
  }
  return built.output("output").build();
}

/** Builds model, trainer and data of a configuration. */
export async function buildRun(config: TrainConfig, around: RunSurroundings): Promise<TrainingRun> {
  const { graph, seed, checkpoints, log, train, validation } = around;
  const model = await buildTrainable(graph, await buildOptions(config, around));
  const monitor = validation === undefined ? "accuracy" : "val.accuracy";
  const trainer = new Trainer(model, {
    loss: lossOf(config),
    optimizer: optimizerOf(config),
    schedule: scheduleOf(config),
    metrics: [accuracy(), spikeRates()],
    ...(config.rateUpper === undefined ? {} : { regularizers: [rateUpper(config.rateUpper)] }),
    ...(config.learningRates === undefined ? {} : { learningRates: config.learningRates }),
    ...(config.clipNorm === undefined ? {} : { gradClip: { norm: config.clipNorm } }),
    ...(config.microBatch === undefined ? {} : { microBatch: config.microBatch }),
    ...(config.gradientCheckpointing === undefined
      ? {}
      : { gradientCheckpointing: config.gradientCheckpointing }),
    ...(config.tbptt === undefined ? {} : { tbptt: without(config.tbptt) }),
    callbacks: [
      log,
      ...(config.earlyStopping === undefined ? [] : [earlyStopping(without(config.earlyStopping))]),
      checkpoint({
        store: checkpointFolder(checkpoints),
        keepBest: monitor,
        ...(config.checkpointSteps === undefined ? {} : { everySteps: config.checkpointSteps }),
      }),
    ],
    clock: () => performance.now(),
    identity: { seed, config: identityOf(config) },
  });
  const { batchSize } = config;
  const input = inputOf(graph);
  return {
    graph,
    trainer,
    data: trainData(train, { batchSize, seed, input }),
    validation: validation === undefined ? undefined : trainData(validation, { batchSize, input }),
  };
}

/** What a continued run has to share; where it lies and how long it is may differ. */
function identityOf(config: TrainConfig): Readonly<Record<string, unknown>> {
  const { out: _, epochs: __, checkpointSteps: ___, ...identity } = config;
  return JSON.parse(JSON.stringify(identity)) as Readonly<Record<string, unknown>>;
}

async function buildOptions(config: TrainConfig, around: RunSurroundings): Promise<BuildOptions> {
  const { dt, dialect, trainable, init } = config;
  const isNew = typeof config.model !== "string";
  return {
    seed: around.seed,
    ...(dt === undefined ? (isNew ? { dt: 1 } : {}) : { dt }),
    ...(dialect === undefined ? (isNew ? { dialect: "nir-euler+subtract" } : {}) : { dialect }),
    ...(config.surrogate === undefined ? {} : { surrogate: surrogateOf(config.surrogate) }),
    ...(trainable === undefined ? {} : { trainable: without(trainable) }),
    init: init === undefined ? (isNew ? {} : "keep") : typeof init === "string" ? init : without(init),
    ...(config.qat === undefined ? {} : { nodes: await quantizedNodes(config, around) }),
  };
}

/** A fake quantizer of its own for every weight of the network. */
async function quantizedNodes(
  config: TrainConfig,
  { graph, cwd }: RunSurroundings,
): Promise<Record<string, NodeOptions>> {
  const [name, bits] = splitScheme(config.qat ?? "");
  const quantizer = await loadPlugin("quantize", name, cwd);
  const given = { ...config.qatOptions, ...(bits === undefined ? {} : { bits: Number(bits) }) };
  const asked = { key: "bits", long: `qat ${config.qat}`, flags: "", about: "", read: String };
  const params = parseOptions(quantizer.params, given, [asked]);
  const width = quantizer.bits(params);
  if (bits !== undefined && Number(bits) !== width)
    throw usageError(
      `--qat ${config.qat}`,
      `Scheme ${name} has ${width} bits`,
      `Leave the width out: --qat ${name}`,
    );
  const start = config.qatStart === undefined ? {} : { startStep: config.qatStart };
  return Object.fromEntries(
    weightPaths(graph, "").map((path) => [
      path,
      { transforms: { weight: [fakeQuant(quantizer, params, { ...start, name: `${path}/scale` })] } },
    ]),
  );
}

function weightPaths(graph: NirGraph, prefix: string): readonly string[] {
  return [...graph.nodes()].flatMap(([name, node]) =>
    node.type === "NIRGraph"
      ? weightPaths(node.graph, `${prefix}${name}/`)
      : ["Affine", "Linear", "Conv1d", "Conv2d"].includes(node.type)
        ? [prefix + name]
        : [],
  );
}

function inputOf(graph: NirGraph): string {
  for (const [name, node] of graph.nodes()) if (node.type === "Input") return name;
  return "input";
}

const losses: Readonly<Record<LossName, () => Loss>> = {
  "spike-count": spikeCountCrossEntropy,
  rate: rateCrossEntropy,
  "membrane-max": membraneMaxCrossEntropy,
  "membrane-mean": membraneMeanCrossEntropy,
  "membrane-sum": membraneSumCrossEntropy,
  "membrane-last": membraneLastCrossEntropy,
  "count-mse": countMSE,
};

function lossOf({ loss }: TrainConfig): Loss {
  return losses[loss]();
}

/** Constructors by name; what one does not take it leaves alone. */
const optimizers = { adam, adamW, sgd, rmsprop, adagrad, adadelta, adamax } as const;

function optimizerOf({ optimizer }: TrainConfig): Optimizer {
  const { name, lr, weightDecay, momentum } = optimizer;
  return optimizers[name](without({ lr, weightDecay, momentum }));
}

function scheduleOf({ schedule }: TrainConfig): Schedule {
  const { name, warmupSteps, floor } = schedule;
  if (name === "cosine") return cosine(without({ warmupSteps, floor }));
  if (name === "one-cycle") return oneCycle();
  return name === "plateau" ? reduceOnPlateau(without({ floor })) : constant();
}

function surrogateOf(given: SurrogateConfig): Surrogate {
  switch (given.name) {
    case "atan":
      return atan(without({ alpha: given.alpha }));
    case "fastSigmoid":
      return fastSigmoid(without({ k: given.k }));
    case "sigmoid":
      return sigmoid(without({ k: given.k }));
    case "triangular":
      return triangular(without({ gamma: given.gamma, w: given.w }));
    case "boxcar":
      return boxcar(without({ w: given.w }));
    default:
      return given satisfies never;
  }
}

/** An object without the keys that are undefined. */
function without<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}
