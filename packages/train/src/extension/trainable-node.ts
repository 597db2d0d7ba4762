/** Node types of third parties: what training needs to know of them beside their inference. */
import type { ExtensionNode, ExtensionNodeType, Shape, Tensor } from "@nirkit/graph";
import type * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";

/** States of a node between two steps, at most two of them; `[B, ...shape]`. */
export interface StatesOf<T> {
  readonly v?: T;
  readonly i?: T;
}

/** One step of a node; arrays are row-major with the samples first. */
export interface NodeStep<T> {
  readonly node: ExtensionNode;
  readonly dt: number;
  readonly batch: number;
  /** `[B, ...inputShape]`. */
  readonly x: T;
  /** Before the step; zeros at the start. */
  readonly state: StatesOf<T>;
  /** Present values by name. */
  readonly parameters: Readonly<Record<string, T>>;
}

/** What a step gives. */
export interface NodeStepResult<T> {
  /** `[B, ...outputShape]`. */
  readonly y: T;
  /** After the step, of the states that there are. */
  readonly state?: StatesOf<T>;
}

/** Gradients of what a step gave. */
export interface NodeStepGradient {
  readonly dy: Float32Array;
  readonly dState: StatesOf<Float32Array>;
}

/** Gradients of what a step was given; what is missing is 0. */
export interface NodeBackResult {
  readonly dx: Float32Array;
  readonly dState?: StatesOf<Float32Array>;
  readonly parameters?: Readonly<Record<string, Float32Array>>;
}

/** A value of a node. */
export interface NodeParameter {
  /** What to start from. */
  readonly value: Tensor;
  /** Default true. */
  readonly trainable?: boolean;
}

/** How a node type is trained: one step in tfjs operations, or one step and its gradient on typed arrays. */
export interface TrainableNodeRules {
  /** Values by name; exported into the `params` of the same name. Default none. */
  discretize?(node: ExtensionNode, context: { readonly dt: number }): Readonly<Record<string, NodeParameter>>;
  /** Shapes of the states of one sample. Default none. */
  states?(node: ExtensionNode, input: Shape): StatesOf<Shape>;
  /** One step, differentiable by tfjs; on every backend. */
  composite?(step: NodeStep<tf.Tensor>): NodeStepResult<tf.Tensor>;
  /** One step on typed arrays, which are not to be changed. Taken where there is no `composite`. */
  forward?(step: NodeStep<Float32Array>): NodeStepResult<Float32Array>;
  /** The gradient of `forward`. */
  backward?(step: NodeStep<Float32Array>, gradient: NodeStepGradient): NodeBackResult;
}

/** A type that `buildTrainable` takes in `extensions`. */
export interface TrainableNode {
  /** As `defineExtension` of `@nirkit/graph` made it. */
  readonly type: ExtensionNodeType;
  readonly rules: TrainableNodeRules;
}

/**
 * Declares how an extension type is trained. It is passed to `buildTrainable`; there is no registry.
 *
 * @throws E_TRAIN_OPTION without `composite` and without both of `forward` and `backward`
 * @example defineTrainableNode(square, { composite: ({ x }) => ({ y: tf.square(x) }) })
 */
export function defineTrainableNode(type: ExtensionNodeType, rules: TrainableNodeRules): TrainableNode {
  const complete =
    rules.composite !== undefined || (rules.forward !== undefined && rules.backward !== undefined);
  if (!complete)
    throw trainError("E_TRAIN_OPTION", `extensions.${type.type}`, {
      why: "The type has no step with a gradient",
      hint: "Give composite, or forward and backward",
    });
  return { type, rules };
}
