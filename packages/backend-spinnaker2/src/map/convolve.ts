/** Convolutions of the network in the form of the chip, or the reason why they have none. */
import { type Diagnostic, sizeOf } from "@nirkit/graph";
import type { Conv2dOp, PoolOp, Projection } from "@nirkit/network";
import { s2Diagnostic } from "../diagnostics.ts";
import type { DraftConvolution } from "./draft.ts";

/** A convolution for the chip with what its lowering cost. */
export interface LoweredConvolution {
  readonly conv: DraftConvolution;
  readonly diagnostics: readonly Diagnostic[];
}

/** What keeps a pool from standing in front of anything: kernel ≠ stride, or padding. */
export function poolErrors({ pool, op, name }: Projection): readonly Diagnostic[] {
  const pools = [...(pool === undefined ? [] : [pool]), ...(op.kind === "pool" ? [op] : [])];
  return pools.flatMap(({ kernel, stride, padding }) =>
    kernel[0] === stride[0] && kernel[1] === stride[1] && padding[0] === 0 && padding[1] === 0
      ? []
      : [s2Diagnostic("E_S2_POOL_SHAPE", `nodes.${name}`, { kernel, stride, padding })],
  );
}

/** E_S2_ASYMMETRIC for strides and pools that differ between the axes. */
export function asymmetryErrors({ pool, op, name }: Projection): readonly Diagnostic[] {
  if (op.kind !== "conv2d") return [];
  const stride = chipStride(op);
  const kernel = pool?.kernel ?? [1, 1];
  if (stride[0] === stride[1] && kernel[0] === kernel[1]) return [];
  return [s2Diagnostic("E_S2_ASYMMETRIC", `nodes.${name}`, { stride, pool: kernel })];
}

/** An image of height 1 has no second row, so its vertical stride may be any: a Conv1d takes that of its length. */
function chipStride({ inShape, outShape, stride }: Conv2dOp): readonly [number, number] {
  return inShape[1] === 1 && outShape[1] === 1 ? [stride[1], stride[1]] : stride;
}

/**
 * The chip's form: groups become a block-diagonal kernel, dilation a kernel with zeros between its taps, weights
 * `[c_in][c_out][k_h][k_w]`.
 *
 * @returns with H_S2_CONV_GROWTH where the kernel takes more memory than that of the node
 */
export function chipConvolution(projection: Projection, op: Conv2dOp): LoweredConvolution {
  const { weights, pool, shift = 0, name } = projection;
  const kernel = weights.shape.length === 3 ? [1, weights.shape[2] ?? 1] : weights.shape.slice(2);
  const [kh, kw] = [kernel[0] ?? 1, kernel[1] ?? 1];
  const shape = [
    op.inShape[0],
    op.outShape[0],
    op.dilation[0] * (kh - 1) + 1,
    op.dilation[1] * (kw - 1) + 1,
  ] as const;
  const made = new Int32Array(sizeOf(shape));
  const perGroupIn = op.inShape[0] / op.groups;
  const perGroupOut = op.outShape[0] / op.groups;
  for (let o = 0; o < shape[1]; o++)
    for (let c = 0; c < perGroupIn; c++)
      for (let r = 0; r < kh; r++)
        for (let s = 0; s < kw; s++) {
          const input = Math.floor(o / perGroupOut) * perGroupIn + c;
          const at = ((input * shape[1] + o) * shape[2] + r * op.dilation[0]) * shape[3] + s * op.dilation[1];
          const from = ((o * perGroupIn + c) * kh + r) * kw + s;
          made[at] = (weights.ints[from] as number) * 2 ** shift;
        }
  const growth = made.length / weights.ints.length;
  return {
    conv: { shape, weights: made, params: convParams(op, pool, shape) },
    diagnostics:
      growth > 1
        ? [
            s2Diagnostic("H_S2_CONV_GROWTH", `nodes.${name}`, {
              groups: op.groups,
              dilation: op.dilation,
              growth,
              bytes: made.length,
            }),
          ]
        : [],
  };
}

function convParams(
  op: Conv2dOp,
  pool: PoolOp | undefined,
  shape: readonly [number, number, number, number],
): DraftConvolution["params"] {
  const [, height, width] = pool?.inShape ?? op.inShape;
  const stride = chipStride(op);
  // The zeros behind an axis are those that the last window needs, whatever the node asked for.
  const behind = (axis: 0 | 1): number => {
    const last = (op.outShape[1 + axis] as number) - 1;
    const end = last * stride[axis] + (shape[2 + axis] as number);
    return Math.max(0, end - (op.inShape[1 + axis] as number) - op.padding[axis]);
  };
  return {
    in_height: height,
    in_width: width,
    stride_x: stride[1],
    stride_y: stride[0],
    pool_x: pool?.kernel[1] ?? 1,
    pool_y: pool?.kernel[0] ?? 1,
    pad_top: op.padding[0],
    pad_bottom: behind(0),
    pad_left: op.padding[1],
    pad_right: behind(1),
  };
}
