/** Sliding windows seen from the input: which outputs one pixel reaches, and through which weight. */
import type { Shape } from "@nirkit/graph";
import type { Conv2dOp, PoolOp } from "./network.ts";

/** A convolution or a window sum over `[C, H, W]`. Pairs are height, width. */
export interface Window {
  readonly inShape: readonly [number, number, number];
  readonly outShape: readonly [number, number, number];
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;
  /** A window sum has one weight for all. */
  readonly oneWeight: boolean;
}

/** The window of a convolution whose weights have the shape `[O, I/groups, kh, kw]`, or `[O, I/groups, k]` at height 1. */
export function convWindow(op: Conv2dOp, weightShape: Shape): Window {
  const kernelWidth = weightShape.at(-1) ?? 1;
  const kernelHeight = weightShape.length === 4 ? (weightShape[2] as number) : 1;
  return { ...op, kernel: [kernelHeight, kernelWidth], oneWeight: false };
}

/** The window of a window sum: every channel for itself. */
export function poolWindow(op: PoolOp): Window {
  return { ...op, dilation: [1, 1], groups: op.inShape[0], oneWeight: true };
}

/**
 * Visits the targets of one pixel of y[o,p,q] = sum W[o,c,i,j] · x[c, p·sH − padH + i·dH, q·sW − padW + j·dW]:
 * p = (y + padH − i·dH) / sH where that is a whole number inside the output, and likewise q.
 *
 * @param source row-major index in `inShape`
 * @param visit gets the row-major index in `outShape` and the index of the weight
 */
export function eachWindowSynapse(
  window: Window,
  source: number,
  visit: (target: number, weight: number) => void,
): void {
  const [channelsIn, height, width] = window.inShape;
  const [channelsOut, outHeight, outWidth] = window.outShape;
  const [kernelHeight, kernelWidth] = window.kernel;
  const perGroupIn = channelsIn / window.groups;
  const perGroupOut = channelsOut / window.groups;
  const channel = Math.floor(source / (height * width));
  const firstOut = Math.floor(channel / perGroupIn) * perGroupOut;
  for (let i = 0; i < kernelHeight; i++) {
    const p = position(window, 0, Math.floor(source / width) % height, i);
    if (p < 0 || p >= outHeight) continue;
    for (let j = 0; j < kernelWidth; j++) {
      const q = position(window, 1, source % width, j);
      if (q < 0 || q >= outWidth) continue;
      for (let o = firstOut; o < firstOut + perGroupOut; o++) {
        const row = o * perGroupIn + (channel % perGroupIn);
        const weight = window.oneWeight ? 0 : (row * kernelHeight + i) * kernelWidth + j;
        visit((o * outHeight + p) * outWidth + q, weight);
      }
    }
  }
}

/** Output coordinate along one axis, or −1 where the stride skips it. */
function position(window: Window, axis: 0 | 1, input: number, tap: number): number {
  const distance = input + window.padding[axis] - tap * window.dilation[axis];
  return distance >= 0 && distance % window.stride[axis] === 0 ? distance / window.stride[axis] : -1;
}
