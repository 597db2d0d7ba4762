/** How far apart two tensors of one shape are. */
import { type DType, sameShape, type Tensor, type TypedArrayOf, toFloat64 } from "../tensor.ts";
import { tensorBytes } from "../tensor-bytes.ts";
import { unravel } from "../unravel.ts";

/** The numeric distance of b from a, over pairs of elements. */
export interface TensorDistance {
  readonly count: number;
  /** Pairs that are not the same value; NaN is the same as NaN, 0 is not the same as −0. */
  readonly differing: number;
  /** Index of the first of them. */
  readonly first: readonly number[];
  /** Pairs of which one is finite and the other is not, or two infinities of different sign, or NaN and infinity. */
  readonly nonFinite: number;
  /** Largest |b − a| of the finite pairs. */
  readonly maxAbs: number;
  /** √(Σ (b − a)² / count) over the finite pairs. */
  readonly rms: number;
  /** √(Σ (b − a)² / Σ a²) over the finite pairs; Infinity when a is all zero and b is not. */
  readonly relative: number;
}

/**
 * The distance of two tensors; undefined when dtype, shape and every element are equal. dtypes may differ, shapes may not.
 *
 * @throws RangeError when the shapes differ
 * @example tensorDistance([3, 4], [3, 4.5]) // differing 1, maxAbs 0.5, rms 0.354, relative 0.1
 */
export function tensorDistance(a: Tensor, b: Tensor): TensorDistance | undefined {
  if (!sameShape(a.shape, b.shape)) throw new RangeError(`tensorDistance: [${a.shape}] against [${b.shape}]`);
  if (a.dtype === b.dtype && equalBytes(tensorBytes(a), tensorBytes(b))) return undefined;
  const [x, y] = [toFloat64(a), toFloat64(b)];
  const [exactX, exactY]: [TypedArrayOf<DType>, TypedArrayOf<DType>] = [a.data, b.data];
  let [differing, first, nonFinite, maxAbs, squares, norm, finite] = [0, -1, 0, 0, 0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [p, q] = [x[i] as number, y[i] as number];
    const big = typeof exactX[i] === "bigint" && typeof exactY[i] === "bigint";
    const same = big ? exactX[i] === exactY[i] : Object.is(p, q);
    if (!same) {
      differing++;
      if (first < 0) first = i;
    }
    if (!(Number.isFinite(p) && Number.isFinite(q))) {
      if (!same) nonFinite++;
      continue;
    }
    finite++;
    // Beyond 2^53 float64 loses the difference of two integers, so it is taken before.
    const difference = big ? Number((exactY[i] as bigint) - (exactX[i] as bigint)) : q - p;
    maxAbs = Math.max(maxAbs, Math.abs(difference));
    squares += difference * difference;
    norm += p * p;
  }
  const rms = finite === 0 ? 0 : Math.sqrt(squares / finite);
  const relative = squares === 0 ? 0 : Math.sqrt(squares / norm);
  return {
    count: x.length,
    differing,
    first: first < 0 ? [] : unravel(first, a.shape),
    nonFinite,
    maxAbs,
    rms,
    relative,
  };
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
