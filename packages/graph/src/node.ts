/**
 * The NIR node types (nir.md section 2) as a union discriminated on `type`.
 *
 * Types are spelt as on the wire; parameters are camelCase here and snake_case in a file. Numeric tensors keep
 * the dtype and shape of the file; shapes, strides and paddings are plain numbers.
 */
import type { NirGraph } from "./graph.ts";
import { isTensor, type Shape, type Tensor } from "./tensor.ts";

/** A value of a metadata tree (nir.md 2.5). */
export type MetadataValue = string | number | boolean | bigint | Tensor | readonly string[] | Metadata;
/** String-keyed metadata; a map because keys come from files. */
export interface Metadata extends ReadonlyMap<string, MetadataValue> {}

/** A value of a parameter: a tensor, a size, a word of padding, a shape or a pair. */
export type ParamValue = Tensor | number | string | readonly number[];

interface NodeBase<T extends string> {
  readonly type: T;
  readonly metadata?: Metadata;
}

/** Entry of the graph: passes data through. `shape` is `[...features]`, no batch, no time. */
export interface Input extends NodeBase<"Input"> {
  readonly shape: Shape;
}
/** Exit of the graph: passes the sum of its incoming edges through. Without `shape` it is inferred. */
export interface Output extends NodeBase<"Output"> {
  readonly shape?: Shape;
}
/** y = W x + b; `weight` `[..., out, in]`, `bias` broadcastable to the output. */
export interface Affine extends NodeBase<"Affine"> {
  readonly weight: Tensor;
  readonly bias: Tensor;
}
/** y = W x; `weight` `[..., out, in]`. */
export interface Linear extends NodeBase<"Linear"> {
  readonly weight: Tensor;
}
/** y = s ⊙ x. */
export interface Scale extends NodeBase<"Scale"> {
  readonly scale: Tensor;
}
/** One axis of padding as a number of zeros on both sides, or PyTorch's words. */
export type Padding<P> = P | "same" | "valid";
/** Cross-correlation over `[C, L]`; `weight` `[C_out, C_in/groups, K]`. */
export interface Conv1d extends NodeBase<"Conv1d"> {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly stride: number;
  readonly padding: Padding<number>;
  readonly dilation: number;
  readonly groups: number;
  /** Spatial length of the input; inferred when absent. */
  readonly inputShape?: number;
}
/** Height, then width. */
export type Pair = readonly [number, number];
/** Cross-correlation over `[C, H, W]`; `weight` `[C_out, C_in/groups, KH, KW]`. */
export interface Conv2d extends NodeBase<"Conv2d"> {
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly stride: Pair;
  readonly padding: Padding<Pair>;
  readonly dilation: Pair;
  readonly groups: number;
  /** (H, W) of the input; inferred when absent. */
  readonly inputShape?: Pair;
}
interface Pool<T extends string> extends NodeBase<T> {
  readonly kernelSize: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}
/** Window sum divided by KH·KW, padded zeros counted. */
export interface AvgPool2d extends Pool<"AvgPool2d"> {}
/** Window sum. */
export interface SumPool2d extends Pool<"SumPool2d"> {}
/** Row-major reshape of axes `startDim` … `endDim` (inclusive, counted without batch; negative from the end). */
export interface Flatten extends NodeBase<"Flatten"> {
  readonly startDim: number;
  readonly endDim: number;
  readonly inputType?: Shape;
}
/** y(t) = x(t − delay), elementwise; unit as tau. */
export interface Delay extends NodeBase<"Delay"> {
  readonly delay: Tensor;
}
/** y = 1 if x > threshold else 0; no state. */
export interface Threshold extends NodeBase<"Threshold"> {
  readonly threshold: Tensor;
}
/** dv/dt = r x; y = v. */
export interface I extends NodeBase<"I"> {
  readonly r: Tensor;
}
/** tau dv/dt = (v_leak − v) + r x; y = v. */
export interface LI extends NodeBase<"LI"> {
  readonly tau: Tensor;
  readonly r: Tensor;
  readonly vLeak: Tensor;
}
/** dv/dt = r x; spike when v > v_threshold, then v ← v_reset. */
export interface IF extends NodeBase<"IF"> {
  readonly r: Tensor;
  readonly vThreshold: Tensor;
  readonly vReset: Tensor;
}
/** tau dv/dt = (v_leak − v) + r x; spike and reset as IF. */
export interface LIF extends NodeBase<"LIF"> {
  readonly tau: Tensor;
  readonly r: Tensor;
  readonly vLeak: Tensor;
  readonly vThreshold: Tensor;
  readonly vReset: Tensor;
}
/** tau_syn dI/dt = −I + w_in x; tau_mem dv/dt = (v_leak − v) + r I; y = v. */
export interface CubaLI extends NodeBase<"CubaLI"> {
  readonly tauSyn: Tensor;
  readonly tauMem: Tensor;
  readonly r: Tensor;
  readonly vLeak: Tensor;
  readonly wIn: Tensor;
}
/** CubaLI with spike and reset as IF. */
export interface CubaLIF extends NodeBase<"CubaLIF"> {
  readonly tauSyn: Tensor;
  readonly tauMem: Tensor;
  readonly r: Tensor;
  readonly vLeak: Tensor;
  readonly vThreshold: Tensor;
  readonly vReset: Tensor;
  readonly wIn: Tensor;
}
/** A graph used as a node; its ports are its Input and Output nodes. */
export interface NirSubgraph extends NodeBase<"NIRGraph"> {
  readonly graph: NirGraph;
}
/** A node outside the 19 wire types, spelt `vendor:Name`; readable only with its extension passed in. */
export interface ExtensionNode extends NodeBase<`${string}:${string}`> {
  readonly params: ReadonlyMap<string, ParamValue>;
}

/** A node of one of the 19 wire types. */
export type PrimitiveNode =
  | Input
  | Output
  | Affine
  | Linear
  | Scale
  | Conv1d
  | Conv2d
  | AvgPool2d
  | SumPool2d
  | Flatten
  | Delay
  | Threshold
  | I
  | LI
  | IF
  | LIF
  | CubaLI
  | CubaLIF
  | NirSubgraph;

/** Any node of a graph. */
export type NirNode = PrimitiveNode | ExtensionNode;

/** Wire name of a primitive. */
export type NodeType = PrimitiveNode["type"];

/** All wire names, case sensitive. */
export const nodeTypes: readonly NodeType[] = [
  "Input",
  "Output",
  "NIRGraph",
  "Affine",
  "Linear",
  "Scale",
  "Conv1d",
  "Conv2d",
  "AvgPool2d",
  "SumPool2d",
  "Flatten",
  "Delay",
  "Threshold",
  "I",
  "IF",
  "LI",
  "LIF",
  "CubaLI",
  "CubaLIF",
];

/**
 * A parameter of a primitive by its name, for code that goes by tables of names; undefined where there is none.
 *
 * @example nodeParam(node, "vThreshold") // the tensor of an IF, undefined for a Linear
 */
export function nodeParam(node: NirNode, name: string): ParamValue | undefined {
  if (name === "type" || name === "metadata" || name === "graph" || !Object.hasOwn(node, name))
    return undefined;
  return Reflect.get(node, name) as ParamValue | undefined;
}

/** A parameter of one value per neuron or per weight; undefined where the node has no such tensor. */
export function tensorParam(node: NirNode, name: string): Tensor | undefined {
  const value = nodeParam(node, name);
  return isTensor(value) ? value : undefined;
}

/** True for a node that carries state and no parameters of other neurons: I, LI, IF, LIF, CubaLI, CubaLIF. */
export function isNeuron(node: NirNode): node is I | LI | IF | LIF | CubaLI | CubaLIF {
  return (
    node.type === "I" ||
    node.type === "LI" ||
    node.type === "IF" ||
    node.type === "LIF" ||
    node.type === "CubaLI" ||
    node.type === "CubaLIF"
  );
}

/** True for Affine, Linear, Conv1d and Conv2d: the nodes whose `weight` is quantised and pruned. */
export function hasWeight(node: NirNode): node is Affine | Linear | Conv1d | Conv2d {
  return node.type === "Affine" || node.type === "Linear" || node.type === "Conv1d" || node.type === "Conv2d";
}
