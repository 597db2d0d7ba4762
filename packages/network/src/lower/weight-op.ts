/** Weight nodes as operations on integers: which sources meet which targets through which weight. */
import { type Conv1d, type Conv2d, InternalError, type NirNode, type Shape } from "@nirkit/graph";
import type { QuantTensor } from "@nirkit/quantize";
import type { Conv2dOp, ProjectionOp } from "../network.ts";
import { bandedConv3d } from "./banded-conv3d.ts";
import { conv3dWindow } from "./conv3d-window.ts";
import { derivedWeights } from "./derived-weights.ts";

/** An operation and its integers; `scale` of the weights is per target channel, as annotated. */
export interface WeightOp {
  readonly op: ProjectionOp;
  readonly weights: QuantTensor;
}

/** The operation of a weight node on an input of the given shape. */
export function weightOp(
  node: NirNode,
  weights: QuantTensor,
  input: Shape,
  conv3d: "keep" | "lower",
): WeightOp {
  switch (node.type) {
    case "Affine":
    case "Linear":
      return weights.shape.length === 2 ? { op: { kind: "dense" }, weights } : blockDiagonal(weights);
    case "Conv1d":
      return { op: conv1dOp(node, input), weights };
    case "Conv2d":
      return { op: conv2dOp(node, input), weights };
    case "nirkit:Conv3d": {
      const op = conv3dWindow(node, input);
      return conv3d === "keep" ? { op, weights } : bandedConv3d(op, weights);
    }
    default:
      throw new InternalError(`a ${node.type} has no weights`);
  }
}

/** Batched matrices `[..., out, in]` act on the last axis: one block of weights for each leading index. */
function blockDiagonal(weights: QuantTensor): WeightOp {
  const [rows = 1, columns = 1] = weights.shape.slice(-2);
  const total = weights.ints.length / Math.max(1, columns);
  const rowStart = Uint32Array.from({ length: total + 1 }, (_, i) => i * columns);
  const from = Uint32Array.from(
    { length: weights.ints.length },
    (_, k) => Math.floor(k / (rows * columns)) * columns + (k % columns),
  );
  const { scale, ints, scheme } = weights;
  return {
    op: { kind: "sparse", rowStart, columns: from },
    weights: derivedWeights(ints, { scheme, shape: [ints.length], scale }),
  };
}

/** Zeros before an axis: `same` puts the floor half of d·(k − 1) in front, `valid` none. */
function zerosBefore(padding: number | "same" | "valid", kernel: number, dilation: number): number {
  if (padding === "same") return Math.floor((dilation * (kernel - 1)) / 2);
  return padding === "valid" ? 0 : padding;
}

function outSize(n: number, node: Conv1d | Conv2d, axis: 0 | 1): number {
  const pick = (value: number | readonly [number, number]): number =>
    typeof value === "number" ? value : value[axis];
  const kernel = node.weight.shape[2 + axis] ?? 1;
  if (node.padding === "same") return n;
  const padding = node.padding === "valid" ? 0 : pick(node.padding);
  return Math.floor((n + 2 * padding - pick(node.dilation) * (kernel - 1) - 1) / pick(node.stride)) + 1;
}

/** Conv1d is a convolution of height 1. */
function conv1dOp(node: Conv1d, [channels = 1, length = 1]: Shape): Conv2dOp {
  const { weight, stride, padding, dilation, groups } = node;
  return {
    kind: "conv2d",
    inShape: [channels, 1, length],
    outShape: [weight.shape[0] ?? 1, 1, outSize(length, node, 0)],
    stride: [1, stride],
    padding: [0, zerosBefore(padding, weight.shape[2] ?? 1, dilation)],
    dilation: [1, dilation],
    groups,
  };
}

function conv2dOp(node: Conv2d, [channels = 1, height = 1, width = 1]: Shape): Conv2dOp {
  const { weight, stride, padding, dilation, groups } = node;
  const before = (axis: 0 | 1): number =>
    zerosBefore(
      typeof padding === "string" ? padding : padding[axis],
      weight.shape[2 + axis] ?? 1,
      dilation[axis],
    );
  return {
    kind: "conv2d",
    inShape: [channels, height, width],
    outShape: [weight.shape[0] ?? 1, outSize(height, node, 0), outSize(width, node, 1)],
    stride,
    padding: [before(0), before(1)],
    dilation,
    groups,
  };
}
