/** A three-dimensional convolution as a two-dimensional one: depth joins the channels, in row-major order as it is. */
import type { QuantTensor } from "@nirkit/quantize";
import type { Conv2dOp, Conv3dOp } from "../network.ts";
import { derivedWeights } from "./derived-weights.ts";

/**
 * Conv2d over `[C·D, H, W]` with a banded kernel, exact for any integers.
 *
 * `[C, D, H, W]` read as `[C·D, H, W]` is the same memory, so nothing is permuted. Where height and width are left
 * alone (kernel and stride 1, no zeros around) it is a Conv2d over `[C, D, H·W]` that needs no zeros either.
 *
 * @param weights `[O, I/groups, kd, kh, kw]`
 */
export function bandedConv3d(
  op: Conv3dOp,
  weights: QuantTensor,
): { readonly op: Conv2dOp; readonly weights: QuantTensor } {
  return isPointwise(op, weights) ? flatPlane(op, weights) : banded(op, weights);
}

function isPointwise({ stride, padding }: Conv3dOp, { shape }: QuantTensor): boolean {
  return [1, 2].every((axis) => shape[2 + axis] === 1 && stride[axis] === 1 && padding[axis] === 0);
}

function flatPlane(
  op: Conv3dOp,
  weights: QuantTensor,
): { readonly op: Conv2dOp; readonly weights: QuantTensor } {
  const [channels, depth, height, width] = op.inShape;
  const [outputs, outDepth] = op.outShape;
  const [, perGroup = 1, kd = 1] = weights.shape;
  return {
    op: {
      kind: "conv2d",
      inShape: [channels, depth, height * width],
      outShape: [outputs, outDepth, height * width],
      stride: [op.stride[0], 1],
      padding: [op.padding[0], 0],
      dilation: [op.dilation[0], 1],
      groups: op.groups,
    },
    weights: { ...weights, shape: [outputs, perGroup, kd, 1] },
  };
}

function banded(
  op: Conv3dOp,
  weights: QuantTensor,
): { readonly op: Conv2dOp; readonly weights: QuantTensor } {
  const [channels, depth, height, width] = op.inShape;
  const [outputs, outDepth, outHeight, outWidth] = op.outShape;
  const [, perGroup = 1, kd = 1, kh = 1, kw = 1] = weights.shape;
  const taps = kh * kw;
  const rows = outputs * outDepth;
  const columns = perGroup * depth;
  const ints = new Int32Array(rows * columns * taps);
  for (let o = 0; o < outputs; o++)
    for (let z = 0; z < outDepth; z++)
      for (let c = 0; c < perGroup; c++)
        for (let u = 0; u < kd; u++) {
          const d = z * op.stride[0] - op.padding[0] + u * op.dilation[0];
          if (d < 0 || d >= depth) continue;
          const from = ((o * perGroup + c) * kd + u) * taps;
          const to = ((o * outDepth + z) * columns + c * depth + d) * taps;
          for (let k = 0; k < taps; k++) ints[to + k] = weights.ints[from + k] as number;
        }
  const { scheme } = weights;
  const scale =
    weights.scale.length === 1
      ? weights.scale
      : Float64Array.from({ length: rows }, (_, i) => weights.scale[Math.floor(i / outDepth)] ?? 1);
  return {
    op: {
      kind: "conv2d",
      inShape: [channels * depth, height, width],
      outShape: [rows, outHeight, outWidth],
      stride: [op.stride[1], op.stride[2]],
      padding: [op.padding[1], op.padding[2]],
      dilation: [op.dilation[1], op.dilation[2]],
      groups: op.groups,
    },
    weights: derivedWeights(ints, { scheme, shape: [rows, columns, kh, kw], scale }),
  };
}
