/** The one-step update of a node, compiled for a graph, a dialect and a precision. */
import type { NirNode, Shape, Signal } from "@nirkit/graph";
import type { Dialect } from "../dialect.ts";
import type { FloatArray, Precision } from "../float-array.ts";
import type { ConvolutionPlan } from "./convolution.ts";
import type { NeuronModel } from "./neuron-model.ts";

/** What a node is compiled for. */
export interface StepContext {
  /** Path of the node, `block/lif` for a nested one. */
  readonly name: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly dialect: Dialect;
  readonly dt: number;
  readonly precision: Precision;
  /** Steps of each element, for Delay nodes. */
  readonly delaySteps: Int32Array | undefined;
  /** The node lies on a loop. */
  readonly recurrent: boolean;
  /** What a projection into a population is scaled with, where the dialect links populations (`links: one-step`). */
  readonly projection: ProjectionScale | undefined;
}

/** Scale of the weights into one population, and the biases that reach it. */
export interface ProjectionScale {
  /** Weight units per 1: 127 / max|W| over all projections into the population, or 1. */
  readonly weightScale: number;
  /** Sum of the biases of all incoming weights, one value per neuron of the population. */
  readonly bias: Float64Array;
}

/** A compiled node: its output of the current step, its state, and how both move on. */
export interface Step {
  /** Output of the current step; keeps the last one until the node runs again. */
  readonly out: FloatArray;
  /** Further signals that can be recorded. */
  readonly signals: ReadonlyMap<Signal, FloatArray>;
  /** Back to the start of a sample of `steps` steps. */
  reset(steps: number): void;
  /** One step with the summed input `x`; writes `out`. */
  step(x: FloatArray, t: number): void;
  /** Only where the output of a step does not need its input: writes `out`; `step` then only takes `x` in. */
  readonly emit?: (t: number) => void;
  /** True when the node holds state, so that silence has to be assumed before step 0. */
  readonly dynamic: boolean;
  /** State to carry over to a later run, by name; live arrays. */
  readonly state?: ReadonlyMap<string, FloatArray>;
  /** What a Delay has taken in and not given out yet. */
  readonly history?: History;
  /** Weights that each input element reaches; the cost of one event. */
  readonly fanOut?: Int32Array;
  /** The numbers behind the step, for whoever computes it otherwise. */
  readonly plan?: StepPlan;
}

/** A dense layer on one row of inputs. */
export interface DensePlan {
  readonly inputs: number;
  readonly outputs: number;
  /** `[inputs, outputs]` */
  readonly weight: FloatArray;
  readonly bias: FloatArray | undefined;
}

/** A pool whose division is exact. */
export interface PoolPlan {
  readonly input: readonly [c: number, h: number, w: number];
  readonly output: readonly [c: number, h: number, w: number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly scale: number;
}

/** What a step is made of. */
type StepPlan =
  | ({ readonly kind: "dense" } & DensePlan)
  | ({ readonly kind: "convolution" } & ConvolutionPlan)
  | ({ readonly kind: "pool" } & PoolPlan)
  | { readonly kind: "neuron"; readonly model: NeuronModel };

/** Inputs of the last steps, oldest first, `[steps, size]`; what is older is silence, or will not come out any more. */
export interface History {
  /** As they stand before step t. */
  save(t: number): FloatArray;
  /** Puts them before step 0. */
  load(values: FloatArray): void;
}

/** Makes the step of one node type. */
export type StepOf<T extends NirNode["type"]> = (
  node: Extract<NirNode, { type: T }>,
  context: StepContext,
) => Step;

/** No signals but the output. */
export const noSignals: ReadonlyMap<Signal, FloatArray> = new Map();
