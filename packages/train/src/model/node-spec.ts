/** Every node of a network as the executors run it, with its parameters. */
import {
  type Conv1d,
  type Conv2d,
  type ExtensionNode,
  type Pair,
  type PrimitiveNode,
  type Shape,
  sizeOf,
  toFloat64,
} from "@nirkit/graph";
import type { ConvGeometry } from "@nirkit/kernels";
import { trainError } from "../diagnostics.ts";
import type { StatesOf, TrainableNodeRules } from "../extension/trainable-node.ts";
import { constantOf } from "../neuron/neuron-constants.ts";
import { learner, mergedOptions, type NeuronSpec, neuronSpec } from "../neuron/neuron-spec.ts";
import { createParameter, type ModelParameter } from "../parameter/parameter.ts";
import { identity } from "../parameter/reparametrize.ts";
import { atan, type Surrogate } from "../surrogate/surrogate.ts";
import type { BuildOptions, NodeOptions } from "./build-options.ts";
import type { Plan, PlanNode } from "./plan.ts";
import type { ParameterRole } from "./trainable-model.ts";

/** y = W x + b for each of `matrices` rows of the input. */
export interface DenseSpec {
  readonly kind: "dense";
  readonly weight: ModelParameter;
  readonly bias: ModelParameter | undefined;
  readonly matrices: number;
  readonly inputs: number;
  readonly outputs: number;
}
/** A convolution; 1-d ones have height 1. */
export interface ConvSpec {
  readonly kind: "conv";
  readonly weight: ModelParameter;
  readonly bias: ModelParameter | undefined;
  readonly geometry: Required<Omit<ConvGeometry, "eventOrder">>;
}
/** Window sums times `scale`. */
export interface PoolSpec {
  readonly kind: "pool";
  readonly scale: number;
  readonly geometry: Required<Omit<ConvGeometry, "eventOrder">>;
}
/** y = s ⊙ x. */
export interface ScaleSpec {
  readonly kind: "scale";
  readonly gain: ModelParameter;
}
/** s = H(x − θ) without state. */
interface ThresholdSpec {
  readonly kind: "threshold";
  readonly threshold: number | Float64Array;
  readonly learned: ModelParameter | undefined;
  readonly surrogate: Surrogate;
}
/** y[t] = x[t − steps]. */
interface DelaySpec {
  readonly kind: "delay";
  readonly steps: Int32Array;
}
/** y = x in another shape. */
interface PassSpec {
  readonly kind: "pass";
}
/** A node of a third party. */
export interface ExtensionSpec {
  readonly kind: "extension";
  readonly node: ExtensionNode;
  readonly dt: number;
  readonly rules: TrainableNodeRules;
  readonly states: StatesOf<Shape>;
  readonly parameters: readonly ModelParameter[];
}
/** What a node does. */
export type NodeSpec =
  | DenseSpec
  | ConvSpec
  | PoolSpec
  | ScaleSpec
  | ThresholdSpec
  | DelaySpec
  | PassSpec
  | ExtensionSpec
  | { readonly kind: "neuron"; readonly neuron: NeuronSpec };

/** A plan with the spec of every node. */
export interface NetworkSpec {
  readonly plan: Plan;
  readonly specs: ReadonlyMap<string, NodeSpec>;
  readonly parameters: readonly ModelParameter[];
}

/**
 * Specs of all nodes.
 *
 * @throws E_TRAIN_UNKNOWN for options of nodes that are not there, E_GRANULARITY, E_PARAMETRIZATION, E_TRAIN_DT
 */
export function networkSpec(plan: Plan, options: BuildOptions): NetworkSpec {
  const own = new Map<string, NodeOptions>(
    options.nodes instanceof Map ? options.nodes : Object.entries(options.nodes ?? {}),
  );
  for (const name of own.keys())
    if (!plan.nodes.has(name))
      throw trainError("E_TRAIN_UNKNOWN", `nodes.${name}`, { known: [...plan.nodes.keys()] });
  const specs = new Map(
    [...plan.nodes.values()].map((at) => [at.name, nodeSpec(plan, at, options, own.get(at.name) ?? {})]),
  );
  return { plan, specs, parameters: [...specs.values()].flatMap(parametersOf) };
}

function parametersOf(spec: NodeSpec): ModelParameter[] {
  const found = (...all: readonly (ModelParameter | undefined)[]): ModelParameter[] =>
    all.filter((parameter) => parameter !== undefined);
  switch (spec.kind) {
    case "dense":
    case "conv":
      return found(spec.weight, spec.bias);
    case "scale":
      return [spec.gain];
    case "threshold":
      return found(spec.learned);
    case "neuron": {
      const { leak, synLeak, threshold, vReset } = spec.neuron;
      return found(leak?.parameter, synLeak?.parameter, threshold, vReset);
    }
    case "extension":
      return [...spec.parameters];
    default:
      return [];
  }
}

function extensionSpec(plan: Plan, at: PlanNode, options: BuildOptions): ExtensionSpec | undefined {
  const own = (options.extensions ?? []).find(({ type }) => type.type === at.node.type);
  if (own === undefined) return undefined;
  const node = at.node as ExtensionNode;
  const { dt } = plan;
  const values = Object.entries(own.rules.discretize?.(node, { dt }) ?? {});
  return {
    kind: "extension",
    node,
    dt,
    rules: own.rules,
    states: own.rules.states?.(node, at.inputShape) ?? {},
    parameters: values.map(([word, { value, trainable = true }]) =>
      createParameter({
        nodeId: at.name,
        role: "extension",
        word,
        initial: toFloat64(value),
        shape: value.shape,
        trainable,
        prefix: options.name ?? "model",
      }),
    ),
  };
}

function nodeSpec(plan: Plan, at: PlanNode, options: BuildOptions, own: NodeOptions): NodeSpec {
  const extension = extensionSpec(plan, at, options);
  if (extension !== undefined) return extension;
  const node = at.node as PrimitiveNode;
  const merged = mergedOptions(options, own);
  const tensorParameter = (role: ParameterRole, source: "weight" | "bias" | "scale"): ModelParameter => {
    const tensor = (node as unknown as Record<string, import("@nirkit/graph").Tensor>)[source];
    if (tensor === undefined)
      throw trainError("E_TRAIN_NODE", `nodes.${at.name}`, { type: node.type, known: [] });
    const trained =
      role === "weight" ? merged.weight : role === "bias" ? merged.bias : (merged.gain ?? false);
    const transforms = role === "gain" ? [] : (own.transforms?.[role as "weight" | "bias"] ?? []);
    return createParameter({
      nodeId: at.name,
      role,
      initial: toFloat64(tensor),
      shape: tensor.shape,
      trainable: trained ?? true,
      transforms,
      prefix: options.name ?? "model",
    });
  };
  switch (node.type) {
    case "Linear":
    case "Affine": {
      const { shape } = node.weight;
      const dropped = at.recurrent && plan.dialect.recurrentBias === "dropped";
      return {
        kind: "dense",
        weight: tensorParameter("weight", "weight"),
        bias: node.type === "Affine" && !dropped ? tensorParameter("bias", "bias") : undefined,
        matrices: sizeOf(shape.slice(0, -2)),
        inputs: shape.at(-1) ?? 0,
        outputs: shape.at(-2) ?? 0,
      };
    }
    case "Conv1d":
    case "Conv2d":
      return {
        kind: "conv",
        weight: tensorParameter("weight", "weight"),
        bias: tensorParameter("bias", "bias"),
        geometry: convGeometry(node, at),
      };
    case "AvgPool2d":
    case "SumPool2d":
      return {
        kind: "pool",
        scale: node.type === "SumPool2d" ? 1 : 1 / (node.kernelSize[0] * node.kernelSize[1]),
        geometry: {
          input: image(at.inputShape),
          output: image(at.outputShape),
          kernel: node.kernelSize,
          stride: node.stride,
          padding: node.padding,
          dilation: [1, 1],
          groups: at.inputShape[0] ?? 1,
        },
      };
    case "Scale":
      return { kind: "scale", gain: tensorParameter("gain", "scale") };
    case "Threshold":
      return thresholdSpec(at, options, own);
    case "Delay":
      return { kind: "delay", steps: at.delays ?? new Int32Array(sizeOf(at.outputShape)) };
    case "Input":
    case "Output":
    case "Flatten":
      return { kind: "pass" };
    case "NIRGraph":
      throw trainError("E_TRAIN_NODE", `nodes.${at.name}`, { type: node.type, known: [] });
    default:
      return { kind: "neuron", neuron: neuronSpec(plan, at, options, own) };
  }
}

function thresholdSpec(at: PlanNode, options: BuildOptions, own: NodeOptions): ThresholdSpec {
  if (at.node.type !== "Threshold")
    throw trainError("E_TRAIN_NODE", at.name, { type: at.node.type, known: [] });
  const threshold = constantOf(at.node.threshold, at.outputShape);
  const asked = mergedOptions(options, own).threshold;
  const granularity = typeof asked === "string" ? asked : (asked?.granularity ?? "none");
  const learn = learner(at, options.name ?? "model");
  return {
    kind: "threshold",
    threshold,
    learned: learn("threshold", granularity, threshold, () => identity),
    surrogate: own.surrogate ?? options.surrogate ?? atan(),
  };
}

/** [C, L] as [C, 1, L]. */
function image(shape: Shape): readonly [number, number, number] {
  const [c = 1, second = 1, third] = shape;
  return third === undefined ? [c, 1, second] : [c, second, third];
}

function convGeometry(node: Conv1d | Conv2d, at: PlanNode): ConvSpec["geometry"] {
  const pair = (value: number | Pair): Pair => (typeof value === "number" ? [1, value] : value);
  const kernel: Pair =
    node.type === "Conv1d"
      ? [1, node.weight.shape[2] ?? 1]
      : [node.weight.shape[2] ?? 1, node.weight.shape[3] ?? 1];
  const dilation = pair(node.dilation);
  return {
    input: image(at.inputShape),
    output: image(at.outputShape),
    kernel,
    stride: pair(node.stride),
    dilation,
    padding: paddingBefore(node, kernel, dilation),
    groups: node.groups,
  };
}

/** Zeros before each axis; `same` puts the smaller half of d·(K − 1) there. */
function paddingBefore({ padding }: Conv1d | Conv2d, kernel: Pair, dilation: Pair): Pair {
  if (padding === "valid") return [0, 0];
  if (padding === "same")
    return [Math.floor((dilation[0] * (kernel[0] - 1)) / 2), Math.floor((dilation[1] * (kernel[1] - 1)) / 2)];
  return typeof padding === "number" ? [0, padding] : padding;
}
