/** Node types outside the 19 of NIR, as plain records that are passed in where they are needed. */
import type * as z from "zod";
import type * as mini from "zod/mini";
import type { ExtensionNode, NirNode } from "../node.ts";
import type { Shape } from "../tensor.ts";
import type { Layout } from "./layout.ts";

/** State of one extension node while it is stepped: flat float arrays by name. */
export type ExtensionState = ReadonlyMap<string, Float32Array | Float64Array>;

/**
 * One way to write an extension node with a plain one, on values that are arranged otherwise. All nodes of an extension
 * between which values are passed on elementwise take the strategy of one name, the cheapest that fits all around.
 */
export interface Lowering {
  readonly strategy: string;
  readonly input: Layout;
  readonly output: Layout;
  /** Number of weights of the plain node. */
  readonly weights: number;
  /** Makes the plain node; only called for the strategy that is taken. */
  build(): NirNode;
}

/** What nirkit needs to know of an extension type. Only `infer` is needed; what is missing is refused where it is needed. */
export interface ExtensionRules {
  /** Output shape for an input shape; undefined when the input does not fit. */
  infer(node: ExtensionNode, input: Shape): Shape | undefined;
  /** Shape the parameters alone fix, if they do. */
  inputShape?(node: ExtensionNode): Shape | undefined;
  /** Input shape for an output shape, where only one gives it. */
  inferInput?(node: ExtensionNode, output: Shape): Shape | undefined;
  /** One step in float: writes the output of this step for the summed input of this step, of shape `shape`. */
  step?(
    node: ExtensionNode,
    input: Float32Array | Float64Array,
    output: Float32Array | Float64Array,
    state: ExtensionState,
    dt: number,
    shape: Shape,
  ): void;
  /** Plain nodes (in a chain, in order) that compute the same on the same shapes; suffix "" keeps the name of the node. */
  lower?(
    node: ExtensionNode,
    input: Shape,
  ): readonly (readonly [suffix: string, node: NirNode])[] | undefined;
  /** Plain nodes that compute the same on values in another arrangement, where none does on the same shapes. */
  lowerings?(node: ExtensionNode, input: Shape): readonly Lowering[];
  /** Axes of the parameter `weight` that count input and output channels, for per-channel quantizing and pruning. */
  channelAxes?(node: ExtensionNode): { readonly input: number; readonly output: number };
}

/** Schema of the nodes of a type, of zod or zod/mini. */
export type ExtensionSchema = z.ZodType<ExtensionNode> | mini.ZodMiniType<ExtensionNode>;

/** An extension type: its wire name, the schema of its nodes and its rules. */
export interface ExtensionNodeType {
  readonly type: `${string}:${string}`;
  readonly schema: ExtensionSchema;
  readonly rules: ExtensionRules;
}

/**
 * Declares an extension type.
 *
 * @param type wire name, spelt `vendor:Name`
 * @example defineExtension("acme:Gain", z.custom<ExtensionNode>(), { infer: (_node, input) => input })
 */
export function defineExtension(
  type: `${string}:${string}`,
  schema: ExtensionSchema,
  rules: ExtensionRules,
): ExtensionNodeType {
  return { type, schema, rules };
}
