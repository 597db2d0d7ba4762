/** Weights scaled layer by layer until the neurons after them spike as often as wanted (training.md 7). */
import { hasWeight, isNeuron, type NirGraph, schedule } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { spikingNodes } from "./node-kinds.ts";
import type { SequenceBatch, TrainableModel } from "./trainable-model.ts";

/** How to calibrate. */
export interface CalibrateOptions {
  /** Spikes per neuron and step. Default 0.05. */
  readonly targetRate?: number;
  /** Relative distance from the rate at which a layer is left. Default 0.2. */
  readonly tolerance?: number;
  /** Runs per layer at most. Default 12. */
  readonly iterations?: number;
}

/** What happened to one layer. */
export interface CalibratedLayer {
  /** Factor of the weights and biases that feed it. */
  readonly gain: number;
  readonly before: number;
  readonly after: number;
  /** Runs of the network that it took. */
  readonly iterations: number;
}

/**
 * Scales the weights before every spiking node, in the order of the network, by bisection of one gain per layer.
 *
 * @returns by spiking node; a weight that feeds several is scaled with the first
 * @throws E_TRAIN_OPTION for rates that are none
 * @example await calibrateInit(model, new Map([["in", x]])) // about one spike in 20 steps everywhere
 */
export function calibrateInit(
  model: TrainableModel,
  batch: SequenceBatch,
  options: CalibrateOptions = {},
): ReadonlyMap<string, CalibratedLayer> {
  const { targetRate = 0.05, tolerance = 0.2, iterations = 12 } = options;
  if (!(targetRate > 0 && targetRate < 1))
    throw trainError("E_TRAIN_OPTION", "targetRate", {
      why: `It is ${targetRate}`,
      hint: "A rate is a share of steps, more than 0 and less than 1",
    });
  const spiking = new Set(spikingNodes(model.graph));
  const { order, graph } = schedule(model.graph, { dt: model.dt });
  const scaled = new Set<string>();
  const found = new Map<string, CalibratedLayer>();
  for (const node of order) {
    if (!spiking.has(node)) continue;
    const feeding = weightsBefore(graph, node).filter((name) => !scaled.has(name));
    for (const name of feeding) scaled.add(name);
    if (feeding.length === 0) continue;
    const layer = new Layer(model, feeding, () => rateOf(model, batch, node));
    found.set(node, layer.calibrate(targetRate, tolerance, iterations));
    layer.dispose();
  }
  return found;
}

/** Weights from which a node is reached without passing another neuron. */
function weightsBefore(graph: NirGraph, node: string): readonly string[] {
  const seen = new Set(graph.predecessors(node));
  for (const name of seen) {
    const before = graph.node(name);
    if (hasWeight(before) || isNeuron(before) || before.type === "Threshold") continue;
    for (const next of graph.predecessors(name)) seen.add(next);
  }
  return [...seen].filter((name) => hasWeight(graph.node(name)));
}

function rateOf(model: TrainableModel, batch: SequenceBatch, node: string): number {
  return tf.tidy(() => {
    const seen = model.forward(batch).activity.get(node);
    return seen === undefined ? 0 : seen.eventsOut / (seen.neurons * seen.samples * seen.steps);
  });
}

/** The variables before one node, and what they were. */
class Layer {
  readonly #variables: readonly tf.Variable[];
  readonly #first: readonly tf.Tensor[];
  readonly #rate: () => number;

  constructor(model: TrainableModel, nodes: readonly string[], rate: () => number) {
    this.#variables = nodes.flatMap((name) =>
      ["weight", "bias"].flatMap((part) => model.parameters.get(`${name}.${part}`)?.variable ?? []),
    );
    this.#first = this.#variables.map((variable) => variable.clone());
    this.#rate = rate;
  }

  calibrate(target: number, tolerance: number, most: number): CalibratedLayer {
    const before = this.#rate();
    let [low, high] = [0, Number.POSITIVE_INFINITY];
    let best = { gain: 1, rate: before };
    let [gain, rate, iterations] = [1, before, 1];
    while (Math.abs(rate / target - 1) > tolerance && iterations < most) {
      if (rate < target) low = gain;
      else high = gain;
      gain = high === Number.POSITIVE_INFINITY ? 2 * gain : low === 0 ? gain / 2 : Math.sqrt(low * high);
      this.#scale(gain);
      rate = this.#rate();
      iterations += 1;
      if (Math.abs(rate - target) < Math.abs(best.rate - target)) best = { gain, rate };
    }
    this.#scale(best.gain);
    return { gain: best.gain, before, after: best.rate, iterations };
  }

  #scale(gain: number): void {
    tf.tidy(() => {
      for (const [k, variable] of this.#variables.entries())
        variable.assign(tf.mul(this.#first[k] as tf.Tensor, gain));
    });
  }

  dispose(): void {
    for (const tensor of this.#first) tensor.dispose();
  }
}
