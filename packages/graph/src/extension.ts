/** Node types outside the 19 of NIR, as plain records that are passed in where they are needed. */
import type * as z from "zod";
import type { ExtensionNode, NirNode } from "./node.ts";
import type { Shape } from "./tensor.ts";

/** State of one extension node while it is stepped: flat float arrays by name. */
export type ExtensionState = ReadonlyMap<string, Float32Array | Float64Array>;

/** What nirkit needs to know of an extension type. Only `infer` is needed; what is missing is refused where it is needed. */
export interface ExtensionRules {
  /** Output shape for an input shape; undefined when the input does not fit. */
  infer(node: ExtensionNode, input: Shape): Shape | undefined;
  /** Shape the parameters alone fix, if they do. */
  inputShape?(node: ExtensionNode): Shape | undefined;
  /** One step in float: writes the output of this step for the summed input of this step. */
  step?(
    node: ExtensionNode,
    input: Float32Array | Float64Array,
    output: Float32Array | Float64Array,
    state: ExtensionState,
    dt: number,
  ): void;
  /** Plain nodes (in a chain, in order) that compute the same. */
  lower?(
    node: ExtensionNode,
    input: Shape,
  ): readonly (readonly [suffix: string, node: NirNode])[] | undefined;
  /** Axis of `input` that counts channels, for per-channel quantizing and pruning. */
  channelAxes?(node: ExtensionNode): { readonly input: number; readonly output: number };
}

/** An extension type: its wire name, the schema of its nodes and its rules. */
export interface ExtensionNodeType {
  readonly type: `${string}:${string}`;
  readonly schema: z.ZodType<ExtensionNode>;
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
  schema: z.ZodType<ExtensionNode>,
  rules: ExtensionRules,
): ExtensionNodeType {
  return { type, schema, rules };
}
