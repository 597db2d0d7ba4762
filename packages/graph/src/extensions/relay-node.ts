/** A plain node that works on a value in another arrangement. */
import { flattenShape } from "../infer/flatten-shape.ts";
import { elementwiseParams } from "../infer/neuron-shape.ts";
import type { Flatten, MetadataValue, NirNode } from "../node.ts";
import { type Shape, sameShape, sizeOf } from "../tensor.ts";
import { isPlain, keepsOrder, type Layout, relayMatrix, relayTensor } from "./layout.ts";

/** True for nodes whose output is arranged as their input: neurons, Scale, Threshold, Delay, Input, Output. */
export function isElementwise(node: NirNode): boolean {
  return (
    node.type === "Scale" ||
    node.type === "Input" ||
    node.type === "Output" ||
    elementwiseParams(node).length > 0
  );
}

/**
 * The node for an input and an output that are arranged so, undefined for as before.
 *
 * @param shape what the node took before
 * @returns why there is none, as a text
 */
export function relayNode(
  name: string,
  node: NirNode,
  input: Layout | undefined,
  output: Layout | undefined,
  shape: Shape | undefined,
): NirNode | string {
  const noted = [...(node.metadata?.keys() ?? [])].some((key) => key.startsWith("nirkit:"));
  const port = node.type === "Input" || node.type === "Output";
  if (noted && !port) return `"${name}" carries nirkit's annotations, whose order would change`;
  const layout = input ?? output;
  if (layout === undefined) return node;
  if (port) return relayPort(node, layout);
  if (isElementwise(node)) return relayParams(node, layout);
  if (node.type === "Flatten" && "startDim" in node) return relayFlatten(name, node, input, shape);
  if ((node.type === "Affine" || node.type === "Linear") && "weight" in node) {
    const ranks = [input, output].every((side) => side === undefined || side.shape.length === 1);
    if (node.weight.shape.length !== 2 || !ranks) return `"${name}" works on one axis of the value`;
    const weight = relayMatrix(node.weight, output, input);
    if (!("bias" in node)) return { ...node, weight };
    const narrow = output === undefined || sizeOf(node.bias.shape) === 1;
    return { ...node, weight, bias: narrow ? node.bias : relayTensor(node.bias, output) };
  }
  return `"${name}" of type ${node.type} takes the value as it was`;
}

/** What a Flatten makes of a layout: undefined when its output is as it was before, a text when it cannot be. */
export function flattenedLayout(
  name: string,
  node: Flatten,
  input: Layout,
  shape: Shape | undefined,
): Layout | undefined | string {
  const before = flattenShape(shape ?? input.from, node.startDim, node.endDim);
  if (!("shape" in before)) return `"${name}" flattens axes that the value lacks`;
  if (keepsOrder(input)) {
    if (mergeTo(input.shape, before.shape) !== undefined) return undefined;
    return `"${name}" needs axes that the lowered value has merged`;
  }
  if (before.shape.length > 1) return `"${name}" keeps axes of a value whose order changes`;
  return { from: input.from, axes: input.axes, shape: before.shape };
}

/** First and last axis to merge to get from one shape to another; undefined when one merge does not. */
export function mergeTo(shape: Shape, target: Shape): readonly [start: number, end: number] | undefined {
  for (let start = 0; start < shape.length; start++)
    for (let end = start; end < shape.length; end++) {
      const merged = flattenShape(shape, start, end);
      if ("shape" in merged && sameShape(merged.shape, target)) return [start, end];
    }
  return undefined;
}

function relayPort(node: NirNode, layout: Layout): NirNode {
  if (isPlain(layout)) return node;
  const { from, axes } = layout;
  const metadata = new Map<string, MetadataValue>(node.metadata);
  metadata.set("nirkit:layout", JSON.stringify({ v: 1, from, axes }));
  return { ...node, shape: layout.shape, metadata } as NirNode;
}

function relayParams(node: NirNode, layout: Layout): NirNode {
  const scale = node.type === "Scale" && "scale" in node ? [["scale", node.scale] as const] : [];
  const single = (s: Shape): boolean => s.length === 0 || (s.length === 1 && s[0] === 1);
  const wide = [...elementwiseParams(node), ...scale].filter(([, value]) => !single(value.shape));
  const changed = wide.map(([param, value]) => [param, relayTensor(value, layout)]);
  return { ...node, ...Object.fromEntries(changed) };
}

function relayFlatten(
  name: string,
  node: Flatten,
  input: Layout | undefined,
  shape: Shape | undefined,
): NirNode | string {
  if (input === undefined) return `"${name}" cannot give the value in another arrangement`;
  const before = flattenShape(shape ?? input.from, node.startDim, node.endDim);
  if (!("shape" in before)) return `"${name}" flattens axes that the value lacks`;
  const merge = keepsOrder(input) ? mergeTo(input.shape, before.shape) : [0, input.shape.length - 1];
  if (merge === undefined) return `"${name}" needs axes that the lowered value has merged`;
  const [startDim = 0, endDim = 0] = merge;
  return { ...node, startDim, endDim, inputType: input.shape };
}
