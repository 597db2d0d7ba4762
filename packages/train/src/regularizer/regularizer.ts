/** Terms added to the loss: rates, operations, weights, membranes. */
import { type NirGraph, sizeOf } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { spikingNodes } from "../model/node-kinds.ts";
import type { ForwardResult, RecordSignal, TrainableModel } from "../model/trainable-model.ts";

/** One term. */
export interface Regularizer {
  readonly name: string;
  /** Signal of all neurons that has to be recorded for it. */
  readonly records?: RecordSignal;
  /** What it adds to the loss. */
  term(result: ForwardResult, model: TrainableModel): tf.Scalar;
}

/** Options of rate terms. */
export interface RateOptions {
  /** Spikes per step that are not punished. */
  readonly target: number;
  readonly weight: number;
}

/** weight · mean over neurons of max(0, r − target)², summed over the layers; r = mean over steps and batch. */
export function rateUpper({ target, weight }: RateOptions): Regularizer {
  return rateTerm("rate-upper", weight, (rate) => tf.mean(tf.square(tf.relu(tf.sub(rate, target)))));
}

/** weight · mean over neurons of max(0, target − r)²: keeps neurons from falling silent. Target 0.01 is a start. */
export function rateLower({ target, weight }: RateOptions): Regularizer {
  return rateTerm("rate-lower", weight, (rate) => tf.mean(tf.square(tf.relu(tf.sub(target, rate)))));
}

/** weight · mean over neurons of r, summed over the layers. */
export function l1Rate({ weight }: { readonly weight: number }): Regularizer {
  return rateTerm("l1-rate", weight, (rate) => tf.mean(rate));
}

function rateTerm(name: string, weight: number, punish: (rate: tf.Tensor) => tf.Tensor): Regularizer {
  return {
    name,
    records: "spikes",
    term: (result, { graph }) => {
      const terms = spikeTrains(result, graph).map(([, train]) =>
        punish(tf.div(meanCounts(train), stepsOf(train))),
      );
      return tf.mul(sum(terms), weight);
    },
  };
}

/**
 * weight · (SynOps / budget)², SynOps per sample = Σ spikes × fan-out of the neurons of the graph; the fan-out counts
 * the synapses of the next weights.
 */
export function synopBudget({
  budget,
  weight,
}: {
  readonly budget: number;
  readonly weight: number;
}): Regularizer {
  return {
    name: "synop-budget",
    records: "spikes",
    term: (result, { graph }) => {
      const terms = spikeTrains(result, graph).map(([node, train]) =>
        tf.mul(tf.sum(meanCounts(train)), fanOut(graph, node)),
      );
      return tf.mul(tf.square(tf.div(sum(terms), budget)), weight);
    },
  };
}

/** weight · Σ w² over the weights after their transforms. */
export function weightDecay({ weight }: { readonly weight: number }): Regularizer {
  return {
    name: "weight-decay",
    term: (_, { parameters }) => {
      const terms = [...parameters.values()]
        .filter(({ role, trainable }) => role === "weight" && trainable)
        .map((parameter) => tf.sum(tf.square(parameter.value({ training: true }))));
      return tf.mul(sum(terms), weight);
    },
  };
}

/** weight · mean(max(0, |u| − limit)²): keeps membranes inside the range of an integer register. */
export function membraneRange({
  limit,
  weight = 1,
}: {
  readonly limit: number;
  readonly weight?: number;
}): Regularizer {
  return {
    name: "membrane-range",
    records: "membrane",
    term: ({ recorded }) => {
      const terms = [...recorded]
        .filter(([key]) => key.endsWith(".membrane"))
        .map(([, membrane]) => tf.mean(tf.square(tf.relu(tf.sub(tf.abs(membrane.dense()), limit)))));
      return tf.mul(sum(terms), weight);
    },
  };
}

type Train = ForwardResult["recorded"] extends ReadonlyMap<string, infer S> ? S : never;

/** Trains of the nodes that spike; others may be recorded beside them. */
function spikeTrains({ recorded }: ForwardResult, graph: NirGraph): [node: string, train: Train][] {
  return spikingNodes(graph).flatMap((node): [string, Train][] => {
    const train = recorded.get(`${node}.spikes`);
    return train === undefined ? [] : [[node, train]];
  });
}

function stepsOf(train: Train): number {
  return train.dense().shape[0] ?? 1;
}

function meanCounts(train: Train): tf.Tensor {
  return tf.mean(train.counts(), 0);
}

function sum(terms: readonly tf.Tensor[]): tf.Scalar {
  return terms.reduce<tf.Tensor>((total, term) => tf.add(total, term), tf.scalar(0)) as tf.Scalar;
}

/** Synapses that a spike of a node reaches, counted through pools and reshapes; borders of convolutions are not cut. */
function fanOut(graph: NirGraph, path: string): number {
  const flat = graph.flatten();
  const name = flat.nodes().has(path) ? path : path.replaceAll("/", ".");
  return flat.successors(name).reduce((total, next) => total + reached(flat, next), 0);
}

function reached(flat: NirGraph, name: string): number {
  const node = flat.node(name);
  switch (node?.type) {
    case "Affine":
    case "Linear":
      return node.weight.shape.at(-2) ?? 0;
    case "Conv1d":
    case "Conv2d": {
      const stride = typeof node.stride === "number" ? node.stride : node.stride[0] * node.stride[1];
      const [channels = 0, , ...kernel] = node.weight.shape;
      return (channels * sizeOf(kernel)) / (node.groups * stride);
    }
    case "SumPool2d":
    case "AvgPool2d":
    case "Flatten":
    case "Scale":
    case "Delay":
      return flat.successors(name).reduce((total, next) => total + reached(flat, next), 0);
    default:
      return 0;
  }
}
