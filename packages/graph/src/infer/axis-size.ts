/** Sizes of windows that slide along an axis: convolution and pooling (PyTorch's formula). */
import type { Padding } from "../node.ts";

/** One axis of a sliding window. */
export interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: Padding<number>;
  readonly dilation: number;
}

/**
 * Output size along one axis: floor((n + 2p − d·(K − 1) − 1) / s + 1); `valid` is p = 0, `same` gives n.
 *
 * @param n input size, ≥ 1
 * @returns the size; ≤ 0 when the window does not fit
 * @example windowSize(17, { kernel: 3, stride: 2, padding: 2, dilation: 3 }) // 8
 * @see torch.nn.Conv2d, "Shape"
 */
export function windowSize(n: number, { kernel, stride, padding, dilation }: AxisWindow): number {
  if (padding === "same") return n;
  const p = padding === "valid" ? 0 : padding;
  return Math.floor((n + 2 * p - dilation * (kernel - 1) - 1) / stride + 1);
}

/** The input size that gives `size`, where only one does (stride 1); undefined otherwise. */
export function inverseWindowSize(
  size: number,
  { kernel, stride, padding, dilation }: AxisWindow,
): number | undefined {
  if (padding === "same") return size;
  if (stride !== 1) return undefined;
  const n = size - 2 * (padding === "valid" ? 0 : padding) + dilation * (kernel - 1);
  return n >= 1 ? n : undefined;
}
