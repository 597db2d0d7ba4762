/**
 * Networks of ReLU layers to integrate-and-fire neurons by normalising activations (Rueckauer and others 2017): the
 * rate of a neuron stands for its activation.
 */
import {
  type Affine,
  type Conv1d,
  type Conv2d,
  hasWeight,
  type IF,
  type Linear,
  NirGraph,
  type NirNode,
  type Tensor,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { percentile } from "@nirkit/quantize";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { PlanNode } from "../model/plan.ts";
import type { NetworkState, NodeState } from "../model/trainable-model.ts";
import { valuesNow } from "../tfjs/read-values.ts";
import { registerGradients } from "../tfjs/register-gradients.ts";
import { annActivations, leadsToWeight } from "./ann-activations.ts";

/** How to convert. */
export interface ConvertOptions {
  /**
   * `maxNorm`, `percentileNorm`: weights are scaled so that every threshold is 1. `thresholdBalance`: thresholds are the
   * largest activations, weights take the size of the spikes before them.
   */
  readonly method?: "maxNorm" | "percentileNorm" | "thresholdBalance";
  /** Of the activations of a layer. Default 99.9. */
  readonly percentile?: number;
  /** Time step of the new graph. Default 1. */
  readonly dt?: number;
}

/** A converted network. Neurons reset by subtraction: run it as `nir-euler+subtract`. */
export interface Converted {
  readonly graph: NirGraph;
  /** Time step of the graph. */
  readonly dt: number;
  /** Activation that a rate of 1 stands for, by weight node. */
  readonly scales: ReadonlyMap<string, number>;
  /** Membranes of half a threshold for a batch, which take the mean error of rates away. */
  startState(batch: number): NetworkState;
}

/**
 * Converts a feed-forward graph of weights, pools and Flatten, in which a ReLU follows every weight node but the last
 * ones; those become accumulators (I) whose membranes are the outputs.
 *
 * @param calibration inputs `[samples, ...shape]` of the only Input
 * @throws E_CONVERT for other nodes, several inputs, or sums of layers with different scales
 * @example z 0.37, threshold 1, 8 steps: rate 2/8 from rest, 3/8 from half a threshold
 */
export async function convertAnn(
  ann: NirGraph,
  calibration: tf.Tensor,
  options: ConvertOptions = {},
): Promise<Converted> {
  const { method = "percentileNorm", percentile: share = 99.9, dt = 1 } = options;
  await registerGradients();
  const flat = ann.flatten();
  for (const [name, node] of flat.nodes())
    if (!(hasWeight(node) || passing.has(node.type)))
      throw trainError("E_CONVERT", `nodes.${name}`, {
        why: `${node.type} has no rate that stands for it`,
        hint: "Use Affine, Linear, Conv, AvgPool2d, SumPool2d and Flatten; fold batch normalisation first",
      });
  const scales = activationScales(flat, calibration, method === "maxNorm" ? 100 : share);
  const nodes: (readonly [string, NirNode])[] = [];
  const edges = [...flat.edges()].map(([from, to]): readonly [string, string] => [
    hasWeight(flat.node(from)) ? `${from}_if` : from,
    to,
  ]);
  const sizes = new Map<string, readonly [size: number, threshold: number]>();
  for (const [name, node] of flat.nodes()) {
    if (!hasWeight(node)) {
      nodes.push([name, node]);
      continue;
    }
    const own = scales.get(name) as LayerScale;
    const balance = method === "thresholdBalance";
    const last = own.last;
    const factor = last || balance ? own.before : own.before / own.after;
    nodes.push([name, scaled(node, factor, last || balance ? 1 : 1 / own.after)]);
    const shape = flat.types().outputShape(name) ?? [];
    const size = shape.reduce((a, b) => a * b, 1);
    const threshold = balance ? own.after : 1;
    // A gain of 1 per step: the weights are the drive.
    const r = tensor("float32", shape, new Float32Array(size).fill(1 / dt));
    if (!last) sizes.set(`${name}_if`, [size, threshold]);
    nodes.push([`${name}_if`, last ? { type: "I", r } : ifNode(r, threshold)]);
    edges.push([name, `${name}_if`]);
  }
  return {
    graph: NirGraph.from({ nodes, edges, metadata: ann.metadata }),
    dt,
    scales: new Map([...scales].map(([name, { after }]) => [name, after])),
    startState: (batch) =>
      new Map(
        [...sizes].map(([name, [size, threshold]]): [string, NodeState] => [
          name,
          { v: new Float32Array(batch * size).fill(threshold / 2) },
        ]),
      ),
  };
}

const passing: ReadonlySet<string> = new Set(["Input", "Output", "AvgPool2d", "SumPool2d", "Flatten"]);

function ifNode(r: Tensor, threshold: number): IF {
  const all = (value: number): Tensor =>
    tensor("float32", r.shape, new Float32Array(toFloat64(r).length).fill(value));
  return { type: "IF", r, vThreshold: all(threshold), vReset: all(0) };
}

function scaled<N extends Affine | Linear | Conv1d | Conv2d>(node: N, weight: number, bias: number): N {
  const times = (source: Tensor, factor: number): Tensor =>
    tensor(
      "float32",
      source.shape,
      toFloat64(source).map((value) => value * factor),
    );
  const next = { ...node, weight: times(node.weight, weight) };
  return "bias" in node ? { ...next, bias: times(node.bias, bias) } : next;
}

interface LayerScale {
  /** Activation per spike before the layer, and after it. */
  readonly before: number;
  readonly after: number;
  /** True where no ReLU follows. */
  readonly last: boolean;
}

/** Runs the ReLU network and picks the scale of every layer. */
function activationScales(flat: NirGraph, calibration: tf.Tensor, share: number): Map<string, LayerScale> {
  const found = new Map<string, LayerScale>();
  const units = new Map<string, number>();
  tf.tidy(() => {
    annActivations(flat, calibration, (at, value) => {
      const unit = unitBefore(at, units);
      let after = unit;
      if (hasWeight(at.node)) {
        const last = !leadsToWeight(flat, at.name);
        const top = last ? 1 : percentile(Float64Array.from(valuesNow(value, "convertAnn")), share);
        after = top > 0 ? top : 1;
        found.set(at.name, { before: unit, after, last });
      }
      units.set(at.name, after);
    });
  });
  return found;
}

function unitBefore(at: PlanNode, units: ReadonlyMap<string, number>): number {
  const before = new Set(at.sources.map(({ name }) => units.get(name) ?? 1));
  if (before.size > 1)
    throw trainError("E_CONVERT", `nodes.${at.name}`, {
      why: `It sums layers of different scales: ${[...before].join(", ")}`,
      hint: "Give each branch a weight node of its own before the sum",
    });
  return [...before][0] ?? 1;
}
