/** A pointwise map taken into the weights and bias of the node before it: s ⊙ (W x + b) + c = (s W) x + (s b + c). */
import type { NirNode } from "../node.ts";
import { broadcastTo, type Tensor, toFloat64, zeros } from "../tensor.ts";
import { ExactValues, isFloat } from "./exact.ts";
import type { FoldedNode, Pointwise } from "./fold-pointwise.ts";

/** The node with the map behind it taken in. */
export function foldAfter(node: NirNode, pointwise: Pointwise): FoldedNode {
  if (node.type === "Scale" && "scale" in node) return mergedScale(node.scale, node, pointwise);
  if (node.type === "Affine" || node.type === "Linear") {
    if (!("weight" in node)) return "it has no weight";
    const output = [...node.weight.shape.slice(0, -2), node.weight.shape.at(-2) ?? 1];
    const bias = "bias" in node ? broadcastTo(node.bias, output) : zeros(node.weight.dtype, output);
    const folded = scaleRows(node.weight, bias, pointwise.scale, pointwise.shift);
    if (typeof folded === "string") return folded;
    const { weight, rounded } = folded;
    if (node.type === "Linear" && !pointwise.shifts) return { node: { ...node, weight }, rounded };
    return { node: { ...node, type: "Affine", weight, bias: folded.bias }, rounded };
  }
  if ((node.type === "Conv1d" || node.type === "Conv2d") && "weight" in node) {
    const channels = node.weight.shape[0] ?? 1;
    const [scale, shift] = [perChannel(pointwise.scale, channels), perChannel(pointwise.shift, channels)];
    if (scale === undefined || shift === undefined) return "the scale differs within a channel";
    const folded = scaleRows(node.weight, node.bias, scale, shift);
    if (typeof folded === "string") return folded;
    const { weight, bias, rounded } = folded;
    return { node: { ...node, weight, bias }, rounded };
  }
  return `a ${node.type} takes no scale`;
}

/** Weights `[row, ...]` times a factor per row, bias times the same factor plus a shift. */
function scaleRows(
  weight: Tensor,
  bias: Tensor,
  scale: Float64Array,
  shift: Float64Array,
): { weight: Tensor; bias: Tensor; rounded: number } | string {
  if (!(isFloat(weight.dtype) && isFloat(bias.dtype))) return `its weights are ${weight.dtype}`;
  const [w, b] = [toFloat64(weight), toFloat64(bias)];
  const width = w.length / scale.length;
  const [weights, biases] = [new ExactValues(w.length), new ExactValues(b.length)];
  for (let i = 0; i < w.length; i++) weights.product(i, w[i] ?? 0, scale[Math.floor(i / width)] ?? 0);
  for (let i = 0; i < b.length; i++) {
    biases.product(i, b[i] ?? 0, scale[i] ?? 0);
    biases.add(i, shift[i] ?? 0);
  }
  const [first, second] = [weights.tensor(weight.dtype, weight.shape), biases.tensor(bias.dtype, bias.shape)];
  return { weight: first.tensor, bias: second.tensor, rounded: first.rounded + second.rounded };
}

/** A Scale with another one taken in. */
export function mergedScale(scale: Tensor, node: NirNode, { scale: factor, shifts }: Pointwise): FoldedNode {
  if (shifts) return "a Scale takes no shift";
  if (!isFloat(scale.dtype)) return `its scale is ${scale.dtype}`;
  const values = new ExactValues(factor.length);
  for (const [i, s] of toFloat64(scale).entries()) values.product(i, s, factor[i] ?? 0);
  const { tensor, rounded } = values.tensor(scale.dtype, scale.shape);
  return { node: { ...node, scale: tensor } as NirNode, rounded };
}

/** One value per channel of `[channels, ...]`; undefined when values differ within one. */
export function perChannel(values: Float64Array, channels: number): Float64Array | undefined {
  const size = values.length / channels;
  if (!Number.isInteger(size)) return undefined;
  const first = Float64Array.from({ length: channels }, (_, c) => values[c * size] ?? 0);
  return values.every((v, i) => v === first[Math.floor(i / size)]) ? first : undefined;
}
