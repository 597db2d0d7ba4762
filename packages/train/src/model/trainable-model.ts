/** What a trainable model is to losses, optimizers, quantizers and pruners. */
import type { EventBatch } from "@nirkit/events";
import type { Activity, Affine, Conv1d, Conv2d, Linear, NirGraph } from "@nirkit/graph";
import type * as tf from "@tensorflow/tfjs-core";
import type { Compacted } from "../compact/compact-graph.ts";
import type { SynapticOps } from "./count-ops.ts";
import type { SeqTensor } from "./seq-tensor.ts";

/** What a parameter is in the equations of its node. */
export type ParameterRole =
  | "weight"
  | "bias"
  | "gain"
  | "leak"
  | "syn-leak"
  | "threshold"
  | "reset"
  | "extension";

/** What a transform may look at. */
export interface TransformContext {
  /** Optimizer step, for schedules. */
  readonly step: number;
  readonly training: boolean;
  readonly role: ParameterRole;
  /** Path of the node, `block/fc1` for nested ones. */
  readonly node: string;
  /** Mask of the parameter, which its values have been multiplied with. */
  readonly mask?: tf.Tensor | undefined;
}

/** A differentiable map of a parameter between its mask and the network: a fake quantizer, a noise. */
export interface ParamTransform {
  readonly name: string;
  /** Values in the shape of the parameter; non-differentiable steps bring their own gradient. */
  apply(value: tf.Tensor, context: TransformContext): tf.Tensor;
  /** Learned values of its own (a scale), trained with the parameters. */
  variables?(): readonly tf.Variable[];
  /** A term to add to the loss. */
  regularizer?(): tf.Scalar;
  /** Stops whatever it adapts by itself. */
  freeze?(): void;
  /** Plain JSON that {@link ParamTransform.restore} takes back. */
  state(): unknown;
  /** Takes back what {@link ParamTransform.state} gave. */
  restore?(state: unknown): void;
  /** Writes what it did to the values into the node, where an exported graph can say so. */
  annotate?(node: WeightNode, value: Float32Array): WeightNode;
}

/** A node that carries a weight. */
export type WeightNode = Affine | Linear | Conv1d | Conv2d;

/** One trained or constant quantity of a node. */
export interface Parameter {
  /** `fc1.weight`, `lif1.leak`; `block/fc1.weight` for nested nodes. */
  readonly name: string;
  readonly nodeId: string;
  readonly role: ParameterRole;
  /** Raw values: weights and biases in the shape of the file, the others as their parametrization has them. */
  readonly variable: tf.Variable;
  readonly trainable: boolean;
  /** 1 keeps an entry, 0 prunes it; in the shape of the variable. */
  mask?: tf.Tensor | undefined;
  readonly transforms: readonly ParamTransform[];
  /** Values after parametrization, mask and transforms, differentiable. */
  value(options?: { readonly training?: boolean; readonly step?: number }): tf.Tensor;
  /** Puts the raw values back where the parametrization allows them (after an optimizer step). */
  project(): void;
}

/** State of one node between two sequences; arrays are row-major `[B, ...shape]` in the order of the file. */
export interface NodeState {
  readonly v?: Float32Array;
  readonly i?: Float32Array;
  /** What the node put out in the last step, where a feedback edge reads it. */
  readonly out?: Float32Array;
  /** The last inputs of a Delay, oldest first. */
  readonly history?: Float32Array;
}

/** States by node path; detached. An empty map is rest. */
export type NetworkState = ReadonlyMap<string, NodeState>;

/** Inputs by Input node: dense `[T, B, ...features]`, or events over rows t·B + b (`collate` of `@nirkit/events`). */
export type SequenceBatch = ReadonlyMap<string, tf.Tensor | EventBatch>;

/** Signals to keep besides the outputs. */
export type RecordSignal = "spikes" | "membrane" | "current";

/** Which signals of which nodes (by path) to keep. */
export interface RecordSpec {
  readonly nodes: "all" | readonly string[];
  readonly signals: readonly RecordSignal[];
}

/** Options of one forward pass. */
export interface ForwardOptions {
  /** Where the neurons start; rest where left out. */
  readonly state?: NetworkState;
  readonly record?: RecordSpec;
  /** Passed to the transforms. */
  readonly training?: boolean;
  readonly step?: number;
  /** Lets gradients flow to dense inputs on the fused path, which leaves that work out otherwise. */
  readonly inputGradient?: boolean;
  /** Keeps only the state between segments of time for the way back, which runs each segment again. Default `off`. */
  readonly checkpointing?: GradientCheckpointing;
}

/**
 * Steps of a segment of which only the state is kept, `auto` the whole number at or above √T: memory for about 2√T steps
 * in place of T, for one more forward pass. Values and gradients of drives stay as they are bit for bit; sums over time in
 * the gradients of parameters are added by segment. On the composite path nothing changes.
 */
export type GradientCheckpointing = "off" | "auto" | { readonly every: number };

/** What a forward pass gives. */
export interface ForwardResult {
  /** By Output node. */
  readonly outputs: ReadonlyMap<string, SeqTensor>;
  /** By `path.signal`: `lif1.spikes`, `lif1.membrane` (before the reset), `lif1.current`. */
  readonly recorded: ReadonlyMap<string, SeqTensor>;
  /** After the last step, detached. @throws E_SYNC_READ before {@link settled} on the backend webgpu */
  readonly state: NetworkState;
  /** @throws E_SYNC_READ before {@link settled} on the backend webgpu */
  readonly activity: Activity;
  /** Fulfilled when state and activity are there: at once but on the backend webgpu, whose values have to be awaited. */
  settled(): Promise<void>;
}

/** A network whose parameters are tfjs variables. */
export interface TrainableModel {
  readonly graph: NirGraph;
  readonly dt: number;
  /** Which implementation runs. */
  readonly execution: "fused" | "composite";
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Bytes that the kernels' memory holds for this model at most so far; 0 on the composite path. */
  readonly memoryBytes: number;
  /** @throws E_TRAIN_INPUT where inputs are missing, or of the wrong shape */
  forward(input: SequenceBatch, options?: ForwardOptions): ForwardResult;
  /**
   * The graph with the trained values; `apply: "none"` leaves transforms out.
   *
   * @throws E_SYNC_READ on the backend webgpu: there it is {@link downloadNir}
   */
  toNir(options?: { readonly apply?: "transforms" | "none" }): NirGraph;
  /**
   * The same on every backend. On webgpu the values are computed by the backend cpu, which has to be registered too
   * (import `@tensorflow/tfjs-backend-cpu`).
   *
   * @throws E_BACKEND where it is not
   */
  downloadNir(options?: { readonly apply?: "transforms" | "none" }): Promise<NirGraph>;
  /**
   * {@link toNir} without the channels that masks left nothing of; build a model of it to train on.
   *
   * @throws E_SYNC_READ as {@link toNir}
   */
  compact(): Compacted;
  /** Operations of passes, by node: what {@link ForwardResult.activity} says, with what dense products would have done. */
  countOps(activity: Activity): SynapticOps;
  /** State after the last forward pass. @throws E_SYNC_READ as {@link ForwardResult.state} */
  state(): NetworkState;
  /** Forgets the carried state. */
  resetState(): void;
  /** Frees the parameters and everything held for them. */
  dispose(): void;
}
