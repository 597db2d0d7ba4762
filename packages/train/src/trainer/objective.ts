/** What a step computes: one forward pass, the loss with its terms, the gradients, the metrics. */

import * as tf from "@tensorflow/tfjs-core";
import { disposeInputs, type TrainBatch, toSequenceBatch } from "../data/train-batch.ts";
import { trainError } from "../diagnostics.ts";
import type { Loss, Target } from "../loss/loss.ts";
import { flatSequence } from "../loss/readout.ts";
import type { Measured, Metric, Sums } from "../metric/metric.ts";
import { neuronNodes, spikingNodes } from "../model/node-kinds.ts";
import { type SeqTensor, seqTensor } from "../model/seq-tensor.ts";
import type {
  ForwardResult,
  GradientCheckpointing,
  NetworkState,
  RecordSignal,
  RecordSpec,
  TrainableModel,
} from "../model/trainable-model.ts";
import type { Regularizer } from "../regularizer/regularizer.ts";
import { type TrainedVariable, trainedVariables } from "./trained-variables.ts";

/** What is minimized, and what is measured beside it. */
export interface Objective {
  readonly loss: Loss;
  readonly regularizers?: readonly Regularizer[];
  readonly metrics?: readonly Metric[];
  /** Output node that the loss reads; needed where a graph has several. */
  readonly output?: string;
  /** Memory for compute in long sequences. Default `off`. */
  readonly gradientCheckpointing?: GradientCheckpointing;
}

/** One forward pass to be made. */
export interface PassRequest {
  readonly batch: TrainBatch;
  readonly step: number;
  readonly state?: NetworkState;
  /** The loss sees the output from this step on: earlier ones were counted before. */
  readonly lossFrom?: number;
}

/** What a forward pass says about its batch. */
export interface PassResult {
  readonly loss: number;
  readonly samples: number;
  /** By metric. */
  readonly sums: Readonly<Record<string, Sums>>;
  /** Spikes of the output; undefined where it is a membrane. */
  readonly outputSpikes: number | undefined;
  readonly classes: number;
  readonly state: NetworkState;
}

/** A pass with gradients, by key of the trained variable; absent where the loss does not depend on it. */
export interface GradientResult extends PassResult {
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** Tensors that outlive the tape, to be read after it. */
interface Kept {
  readonly loss: tf.Tensor;
  readonly readout: tf.Tensor;
  readonly counts: tf.Tensor;
  readonly sequence: tf.Tensor | undefined;
  readonly recorded: ReadonlyMap<string, tf.Tensor>;
  readonly result: ForwardResult;
  readonly kind: SeqTensor["kind"];
}

/** Loss, metrics and gradients of one batch. */
export async function gradientPass(
  model: TrainableModel,
  objective: Objective,
  request: PassRequest,
): Promise<GradientResult> {
  const trained = trainedVariables(model);
  const open = openTensors(request.batch);
  // tfjs refuses a loss that depends on no variable at all, as one of a single step may.
  const anchor = tf.tidy(() => tf.variable(tf.scalar(0)));
  let kept: Kept | undefined;
  try {
    const { value, grads } = tf.variableGrads(() => {
      kept = forwardPass(model, objective, request, open, true);
      return tf.add(kept.loss, anchor) as tf.Scalar;
    }, [...trained.map(({ variable }) => variable), anchor]);
    value.dispose();
    grads[anchor.name]?.dispose();
    const gradients = await readGradients(trained, grads);
    return { ...(await measure(kept as Kept, model, objective, request.batch)), gradients };
  } finally {
    anchor.dispose();
    disposeKept(kept);
    open.dispose();
  }
}

/** Loss and metrics of one batch, without gradients. */
export async function evaluationPass(
  model: TrainableModel,
  objective: Objective,
  request: PassRequest,
): Promise<PassResult> {
  const open = openTensors(request.batch);
  let kept: Kept | undefined;
  try {
    tf.tidy(() => {
      kept = forwardPass(model, objective, request, open, false);
    });
    return await measure(kept as Kept, model, objective, request.batch);
  } finally {
    disposeKept(kept);
    open.dispose();
  }
}

interface OpenTensors {
  readonly inputs: ReturnType<typeof toSequenceBatch>;
  readonly target: Target;
  dispose(): void;
}

function openTensors(batch: TrainBatch): OpenTensors {
  const inputs = toSequenceBatch(batch);
  const host = [batch.sequence, batch.teacher].map((part) =>
    part === undefined ? undefined : tf.tensor(part.data, [...part.shape], "float32"),
  );
  const [sequence, teacher] = host;
  const target = {
    labels: batch.labels,
    ...(sequence === undefined ? {} : { sequence }),
    ...(teacher === undefined ? {} : { teacher }),
  };
  return {
    inputs,
    target,
    dispose: () => {
      disposeInputs(inputs);
      for (const tensor of host) tensor?.dispose();
    },
  };
}

function forwardPass(
  model: TrainableModel,
  objective: Objective,
  request: PassRequest,
  { inputs, target }: OpenTensors,
  training: boolean,
): Kept {
  const { loss, regularizers = [], metrics = [] } = objective;
  const { step, state, lossFrom = 0 } = request;
  const signals = new Set<RecordSignal>(regularizers.flatMap(({ records }) => records ?? []));
  const needs = new Set(metrics.flatMap((metric) => metric.needs ?? []));
  if (needs.has("counts")) signals.add("spikes");
  const result = model.forward(inputs, {
    training,
    step,
    checkpointing: objective.gradientCheckpointing ?? "off",
    ...(state === undefined ? {} : { state }),
    ...(signals.size === 0 ? {} : { record: recordOf(model, signals) }),
  });
  const output = lastSteps(outputOf(result, objective.output), lossFrom);
  const terms = training ? regularizers.map((term) => term.term(result, model)) : [];
  const added = training ? transformTerms(model) : [];
  const total = [...terms, ...added].reduce<tf.Scalar>(
    (sum, term) => tf.add(sum, term),
    loss.compute(output, target),
  );
  const spiking = new Set(spikingNodes(model.graph).map((node) => `${node}.spikes`));
  const spikes = [...result.recorded].filter(([key]) => needs.has("counts") && spiking.has(key));
  return {
    loss: tf.keep(tf.clone(total)),
    readout: tf.keep(tf.clone(loss.readout(output))),
    counts: tf.keep(tf.clone(output.counts())),
    sequence: needs.has("sequence") ? tf.keep(tf.clone(flatSequence(output))) : undefined,
    recorded: new Map(spikes.map(([key, train]) => [key.slice(0, -7), tf.keep(tf.clone(train.counts()))])),
    result,
    kind: output.kind,
  };
}

/** Spikes of the nodes that spike, membranes of all neurons. */
function recordOf({ graph }: TrainableModel, signals: ReadonlySet<RecordSignal>): RecordSpec {
  const nodes = signals.has("membrane") ? neuronNodes(graph) : spikingNodes(graph);
  return { nodes, signals: [...signals] };
}

function transformTerms({ parameters }: TrainableModel): tf.Scalar[] {
  return [...parameters.values()].flatMap(({ transforms }) =>
    transforms.flatMap((transform) => transform.regularizer?.() ?? []),
  );
}

function outputOf({ outputs }: ForwardResult, name: string | undefined): SeqTensor {
  const [first, ...others] = outputs.keys();
  const wanted = name ?? (others.length === 0 ? first : undefined);
  const output = wanted === undefined ? undefined : outputs.get(wanted);
  if (output !== undefined) return output;
  throw trainError("E_TRAIN_OPTION", "output", {
    why: name === undefined ? "The graph has several outputs" : `There is no Output node ${name}`,
    hint: `Choose one of ${[...outputs.keys()].join(", ")}`,
  });
}

function lastSteps(output: SeqTensor, from: number): SeqTensor {
  if (from === 0) return output;
  const dense = output.dense();
  const [steps = 0, ...rest] = dense.shape;
  return seqTensor(output.kind, tf.slice(dense, [from, ...rest.map(() => 0)], [steps - from, ...rest]));
}

async function readGradients(
  trained: readonly TrainedVariable[],
  grads: tf.NamedTensorMap,
): Promise<ReadonlyMap<string, Float32Array>> {
  const read = await Promise.all(
    trained.map(async ({ key, variable }): Promise<[string, Float32Array][]> => {
      const gradient = grads[variable.name];
      if (gradient === undefined || gradient === null) return [];
      const data = (await gradient.data()) as Float32Array;
      gradient.dispose();
      return [[key, data]];
    }),
  );
  return new Map(read.flat());
}

async function measure(
  kept: Kept,
  model: TrainableModel,
  objective: Objective,
  batch: TrainBatch,
): Promise<PassResult> {
  await kept.result.settled();
  const floats = async (tensor: tf.Tensor): Promise<Float32Array> => (await tensor.data()) as Float32Array;
  const [loss, readout, counts] = await Promise.all([kept.loss, kept.readout, kept.counts].map(floats));
  const classes = kept.readout.shape[1] ?? 0;
  const sequence = kept.sequence === undefined ? undefined : await floats(kept.sequence);
  const recorded = new Map<string, Float32Array>();
  for (const [node, tensor] of kept.recorded) recorded.set(node, await floats(tensor));
  const measured: Measured = {
    readout: readout as Float32Array,
    labels: batch.labels,
    batch: batch.batch,
    classes,
    steps: batch.steps,
    activity: kept.result.activity,
    spiking: spikingNodes(model.graph),
    counts: recorded,
    ...(sequence === undefined ? {} : { sequence }),
  };
  return {
    loss: loss?.[0] ?? Number.NaN,
    samples: batch.batch,
    classes,
    sums: Object.fromEntries((objective.metrics ?? []).map((m) => [m.name, m.measure(measured)])),
    outputSpikes: kept.kind === "spikes" ? (counts as Float32Array).reduce((a, b) => a + b, 0) : undefined,
    state: kept.result.state,
  };
}

function disposeKept(kept: Kept | undefined): void {
  if (kept === undefined) return;
  for (const tensor of [kept.loss, kept.readout, kept.counts, kept.sequence, ...kept.recorded.values()])
    tensor?.dispose();
}
