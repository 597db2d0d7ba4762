/** Pool nodes as window sums. */
import { type AvgPool2d, InternalError, type Shape, type SumPool2d, sizeOf } from "@nirkit/graph";
import type { PoolOp } from "../network.ts";

/** The window sum of a pool; sizes round down, so cells that a window would leave are not read. */
export function poolOp(node: AvgPool2d | SumPool2d, input: Shape): PoolOp {
  const [channels, height, width] = input;
  if (channels === undefined || height === undefined || width === undefined)
    throw new InternalError(`a pool on [${input}] passed type inference`);
  const { kernelSize: kernel, stride, padding } = node;
  const out = ([height, width] as const).map((n, axis) => {
    const a = axis as 0 | 1;
    return Math.floor((n + 2 * padding[a] - kernel[a]) / stride[a]) + 1;
  }) as [number, number];
  return {
    kind: "pool",
    inShape: [channels, height, width],
    outShape: [channels, ...out],
    kernel,
    stride,
    padding,
  };
}

/** Real value of 1 of the window sum: an average counts its padding, so it always divides by KH·KW. */
export function poolUnit(node: AvgPool2d | SumPool2d): number {
  return node.type === "AvgPool2d" ? 1 / sizeOf(node.kernelSize) : 1;
}

/**
 * Several window sums in a row as one, where one does the same.
 *
 * Windows that neither overlap nor reach over a border multiply: the sizes rounded down in turn are the size rounded
 * down at once.
 *
 * @returns undefined where no single window sum does
 * @example 2 × 2 and then 3 × 3 is 6 × 6
 */
export function joinPools(pools: readonly PoolOp[]): PoolOp | undefined {
  const [first, ...rest] = pools;
  if (first === undefined || rest.length === 0) return first;
  if (!pools.every(isTiling)) return undefined;
  const product = (axis: 0 | 1): number => pools.reduce((p, { kernel }) => p * kernel[axis], 1);
  const kernel = [product(0), product(1)] as const;
  const last = rest.at(-1) as PoolOp;
  return { ...first, outShape: last.outShape, kernel, stride: kernel };
}

function isTiling({ kernel, stride, padding }: PoolOp): boolean {
  return kernel.every((k, axis) => k === stride[axis]) && padding.every((p) => p === 0);
}
