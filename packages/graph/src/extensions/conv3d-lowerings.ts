/**
 * The three ways to write a Conv3d with plain nodes. All copy weights and insert zeros, so they are exact up to the
 * order of summation.
 *
 * - `depth`: kernel height and width 1, Conv2d over `[C, D, H·W]`; no weight is added.
 * - `spatial`: positions become channels, Conv1d over `[H·W·C, D]`; a dense kernel grows by H·W·Ho·Wo/(kh·kw), one of
 *   height and width 1 is a convolution in H·W groups and grows by H·W.
 * - `spectral`: depth becomes channels, Conv2d over `[C·D, H, W]` with a banded kernel; grows by D·Do/kd.
 */

import { windowSize } from "../infer/axis-size.ts";
import type { Conv1d, Conv2d, Metadata, NirNode } from "../node.ts";
import { type Shape, sizeOf, type Tensor, zeros } from "../tensor.ts";
import { type Conv3dParams, conv3dAxes } from "./conv3d-params.ts";
import type { Lowering } from "./extension.ts";

/** Channels of input and output, channels per group, the axes, and both sizes of each. */
interface Extent {
  readonly params: Conv3dParams;
  readonly C: number;
  readonly Co: number;
  readonly Cg: number;
  readonly axes: ReturnType<typeof conv3dAxes>;
  /** D, H, W. */
  readonly size: Shape;
  readonly sizeOut: Shape;
  readonly input: Shape;
  readonly output: Shape;
  readonly metadata: Metadata | undefined;
}

/** The lowerings of a node for an input `[C, D, H, W]`, those that are impossible left out. */
export function conv3dLowerings(
  params: Conv3dParams,
  input: Shape,
  metadata: Metadata | undefined,
): readonly Lowering[] {
  const axes = conv3dAxes(params);
  const size = input.slice(1);
  const sizeOut = axes.map((axis, i) => windowSize(size[i] ?? 0, axis));
  const [Co = 0, Cg = 0] = params.weight.shape;
  const output = [Co, ...sizeOut];
  const extent = { params, C: input[0] ?? 0, Co, Cg, axes, size, sizeOut, input, output, metadata };
  return [...depth(extent), spatial(extent), spectral(extent)];
}

/** Height and width are left alone: stride 1, kernel 1, no zeros around. */
function pointwise({ axes }: Extent): boolean {
  return axes.slice(1).every((a) => a.kernel === 1 && a.stride === 1 && a.before === 0);
}

const inOrder = [0, 1, 2, 3];
const positionFirst = [2, 3, 0, 1];

function depth(e: Extent): Lowering[] {
  if (!pointwise(e)) return [];
  const { params, input, output, C, Co, Cg, axes, size, sizeOut } = e;
  const [kd = 1] = params.weight.shape.slice(2);
  const strategy = "depth";
  return [
    {
      strategy,
      input: { from: input, axes: inOrder, shape: [C, size[0] ?? 0, sizeOf(size.slice(1))] },
      output: { from: output, axes: inOrder, shape: [Co, sizeOut[0] ?? 0, sizeOf(sizeOut.slice(1))] },
      weights: params.weight.data.length,
      build: (): Conv2d => ({
        type: "Conv2d",
        weight: { ...params.weight, shape: [Co, Cg, kd, 1] },
        bias: params.bias,
        stride: [params.stride[0], 1],
        padding: typeof params.padding === "string" ? params.padding : [axes[0]?.before ?? 0, 0],
        dilation: [params.dilation[0], 1],
        groups: params.groups,
        inputShape: [size[0] ?? 0, sizeOf(size.slice(1))],
        metadata: withOrigin(e, strategy),
      }),
    },
  ];
}

function spatial(e: Extent): Lowering {
  const { params, input, output, C, Co, Cg, axes, size, sizeOut } = e;
  const [D = 0, H = 0, W = 0] = size;
  const [Do = 0, Ho = 0, Wo = 0] = sizeOut;
  const [kd = 1] = params.weight.shape.slice(2);
  const [, ay, ax] = axes;
  const grouped = pointwise(e);
  const [channels, outputs] = [H * W * C, Ho * Wo * Co];
  const perGroup = grouped ? Cg : channels;
  const strategy = "spatial";
  const build = (): Conv1d => {
    const weight = zeros(params.weight.dtype, [outputs, perGroup, kd]);
    forEachTap(e, (o, c, u, v, w, tap) => {
      if (grouped) {
        for (let p = 0; p < H * W; p++) weight.data[((p * Co + o) * Cg + c) * kd + u] = tap as never;
        return;
      }
      const channel = Math.floor(o / (Co / params.groups)) * Cg + c;
      for (let yo = 0; yo < Ho; yo++) {
        const yi = yo * params.stride[1] + v * params.dilation[1] - (ay?.before ?? 0);
        if (yi < 0 || yi >= H) continue;
        for (let xo = 0; xo < Wo; xo++) {
          const xi = xo * params.stride[2] + w * params.dilation[2] - (ax?.before ?? 0);
          if (xi < 0 || xi >= W) continue;
          const row = (yo * Wo + xo) * Co + o;
          weight.data[(row * channels + (yi * W + xi) * C + channel) * kd + u] = tap as never;
        }
      }
    });
    return {
      type: "Conv1d",
      weight,
      bias: repeated(params.bias, (i) => i % Co, outputs),
      stride: params.stride[0],
      padding: typeof params.padding === "string" ? params.padding : params.padding[0],
      dilation: params.dilation[0],
      groups: grouped ? H * W * params.groups : 1,
      inputShape: D,
      metadata: withOrigin(e, strategy),
    };
  };
  return {
    strategy,
    input: { from: input, axes: positionFirst, shape: [channels, D] },
    output: { from: output, axes: positionFirst, shape: [outputs, Do] },
    weights: outputs * perGroup * kd,
    build,
  };
}

function spectral(e: Extent): Lowering {
  const { params, input, output, C, Co, Cg, axes, size, sizeOut } = e;
  const [D = 0, H = 0, W = 0] = size;
  const [Do = 0, Ho = 0, Wo = 0] = sizeOut;
  const [, kh = 1, kw = 1] = params.weight.shape.slice(2);
  const [az, ay, ax] = axes;
  const strategy = "spectral";
  const build = (): Conv2d => {
    const weight = zeros(params.weight.dtype, [Co * Do, Cg * D, kh, kw]);
    forEachTap(e, (o, c, u, v, w, tap) => {
      for (let zo = 0; zo < Do; zo++) {
        const zi = zo * params.stride[0] + u * params.dilation[0] - (az?.before ?? 0);
        if (zi < 0 || zi >= D) continue;
        weight.data[(((o * Do + zo) * Cg * D + c * D + zi) * kh + v) * kw + w] = tap as never;
      }
    });
    return {
      type: "Conv2d",
      weight,
      bias: repeated(params.bias, (i) => Math.floor(i / Do), Co * Do),
      stride: [params.stride[1], params.stride[2]],
      padding: typeof params.padding === "string" ? params.padding : [ay?.before ?? 0, ax?.before ?? 0],
      dilation: [params.dilation[1], params.dilation[2]],
      groups: params.groups,
      inputShape: [H, W],
      metadata: withOrigin(e, strategy),
    };
  };
  return {
    strategy,
    input: { from: input, axes: inOrder, shape: [C * D, H, W] },
    output: { from: output, axes: inOrder, shape: [Co * Do, Ho, Wo] },
    weights: Co * Do * Cg * D * kh * kw,
    build,
  };
}

function forEachTap(
  { params, Co, Cg }: Extent,
  visit: (o: number, c: number, u: number, v: number, w: number, tap: number | bigint) => void,
): void {
  const [kd = 1, kh = 1, kw = 1] = params.weight.shape.slice(2);
  let at = 0;
  for (let o = 0; o < Co; o++)
    for (let c = 0; c < Cg; c++)
      for (let u = 0; u < kd; u++)
        for (let v = 0; v < kh; v++)
          for (let w = 0; w < kw; w++) visit(o, c, u, v, w, params.weight.data[at++] ?? 0);
}

function repeated(source: Tensor, from: (i: number) => number, length: number): Tensor {
  const result = zeros(source.dtype, [length]);
  for (let i = 0; i < length; i++) result.data[i] = (source.data[from(i)] ?? 0) as never;
  return result;
}

/** Metadata that says what the node was, so that tied weights can be told and the node be folded back. */
function withOrigin(
  { params, input, output, metadata }: Extent,
  strategy: string,
): NonNullable<NirNode["metadata"]> {
  const { stride, padding, dilation, groups } = params;
  const kernel = params.weight.shape.slice(2);
  const origin = { v: 1, strategy, input, output, kernel, stride, padding, dilation, groups };
  const entries = new Map(metadata).set("nirkit:conv3d", JSON.stringify(origin));
  entries.delete("nirkit:extension");
  return entries;
}
