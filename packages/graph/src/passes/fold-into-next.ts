/** A pointwise map taken into the node behind it: W (s ⊙ x + c) + b = (W s) x + (W c + b). */
import { elementwiseParams } from "../infer/neuron-shape.ts";
import type { NirNode } from "../node.ts";
import { broadcastTo, type Shape, sizeOf, type Tensor, toFloat64, zeros } from "../tensor.ts";
import { ExactValues, isFloat } from "./exact.ts";
import { mergedScale, perChannel } from "./fold-into-previous.ts";
import type { FoldedNode, FoldOptions, Pointwise } from "./fold-pointwise.ts";

/** The node with the map before it taken in. */
export function foldBefore(node: NirNode, pointwise: Pointwise, { neurons }: FoldOptions): FoldedNode {
  if (node.type === "Scale" && "scale" in node) return mergedScale(node.scale, node, pointwise);
  if (node.type === "Affine" || node.type === "Linear") {
    if (!("weight" in node)) return "it has no weight";
    const [rows = 1, columns = 1] = node.weight.shape.slice(-2);
    const output = [...node.weight.shape.slice(0, -2), rows];
    const bias = "bias" in node ? broadcastTo(node.bias, output) : zeros(node.weight.dtype, output);
    // Element i of the weight stands in batch b, row o, column k; the map has one entry per batch and column.
    const input = (i: number): number => Math.floor(i / (rows * columns)) * columns + (i % columns);
    const folded = scaleColumns(node.weight, bias, pointwise, input, (i) => Math.floor(i / columns));
    if (typeof folded === "string") return folded;
    const { weight, rounded } = folded;
    if (!pointwise.shifts) return { node: { ...node, weight }, rounded: folded.roundedWeights };
    return { node: { ...node, type: "Affine", weight, bias: folded.bias }, rounded };
  }
  if ((node.type === "Conv1d" || node.type === "Conv2d") && "weight" in node)
    return foldConv(node, pointwise);
  const gain = node.type === "CubaLI" || node.type === "CubaLIF" ? "wIn" : "r";
  const params = elementwiseParams(node);
  const value = params.find(([param]) => param === gain)?.[1];
  if (value === undefined) return `a ${node.type} takes no scale`;
  if (!neurons) return "gains of neurons are left alone";
  if (pointwise.shifts) return "a neuron takes no shift";
  if (!isFloat(value.dtype)) return `its ${gain} is ${value.dtype}`;
  // All others may be single values: the shape of the population is that of the widest.
  const shape = params.map(([, v]) => v.shape).reduce(widest);
  if (sizeOf(shape) !== pointwise.scale.length) return "its parameters are one value for many neurons";
  const values = new ExactValues(pointwise.scale.length);
  for (const [i, r] of toFloat64(broadcastTo(value, shape)).entries())
    values.product(i, r, pointwise.scale[i] ?? 0);
  const { tensor, rounded } = values.tensor(value.dtype, shape);
  return { node: { ...node, [gain]: tensor } as NirNode, rounded };
}

function foldConv(
  node: Extract<NirNode, { type: "Conv1d" | "Conv2d"; weight: Tensor }>,
  pointwise: Pointwise,
): FoldedNode {
  const { weight, groups } = node;
  const [outputs = 1, perGroup = 1] = weight.shape;
  const scale = perChannel(pointwise.scale, perGroup * groups);
  const shift = perChannel(pointwise.shift, perGroup * groups);
  if (scale === undefined || shift === undefined) return "the scale differs within a channel";
  const padded =
    node.padding !== "valid" && (node.padding === "same" || [node.padding].flat().some((p) => p !== 0));
  if (pointwise.shifts && padded) return "a shift does not reach the zeros around its input";
  const taps = sizeOf(weight.shape.slice(2));
  const row = (i: number): number => Math.floor(i / (perGroup * taps));
  const channel = (i: number): number =>
    Math.floor(row(i) / (outputs / groups)) * perGroup + (Math.floor(i / taps) % perGroup);
  const folded = scaleColumns(weight, node.bias, { ...pointwise, scale, shift }, channel, row);
  if (typeof folded === "string") return folded;
  if (!pointwise.shifts) return { node: { ...node, weight: folded.weight }, rounded: folded.roundedWeights };
  return { node: { ...node, weight: folded.weight, bias: folded.bias }, rounded: folded.rounded };
}

function scaleColumns(
  weight: Tensor,
  bias: Tensor,
  { scale, shift }: Pointwise,
  columnOf: (i: number) => number,
  rowOf: (i: number) => number,
): { weight: Tensor; bias: Tensor; rounded: number; roundedWeights: number } | string {
  if (!(isFloat(weight.dtype) && isFloat(bias.dtype))) return `its weights are ${weight.dtype}`;
  const [w, b] = [toFloat64(weight), toFloat64(bias)];
  const [weights, biases] = [new ExactValues(w.length), new ExactValues(b.length)];
  biases.values.set(b);
  for (let i = 0; i < w.length; i++) {
    const column = columnOf(i);
    weights.product(i, w[i] ?? 0, scale[column] ?? 0);
    biases.addProduct(rowOf(i), w[i] ?? 0, shift[column] ?? 0);
  }
  const [first, second] = [weights.tensor(weight.dtype, weight.shape), biases.tensor(bias.dtype, bias.shape)];
  return {
    weight: first.tensor,
    bias: second.tensor,
    rounded: first.rounded + second.rounded,
    roundedWeights: first.rounded,
  };
}

function widest(a: Shape, b: Shape): Shape {
  return sizeOf(b) > sizeOf(a) || (sizeOf(b) === sizeOf(a) && b.length > a.length) ? b : a;
}
