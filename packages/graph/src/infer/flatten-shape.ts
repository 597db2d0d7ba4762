/** The shape a Flatten node gives. */
import { type Shape, sameShape } from "../tensor.ts";

/** The flattened shape, or which bound is wrong and why. */
export type FlattenedShape =
  | { readonly shape: Shape }
  | { readonly param: "startDim" | "endDim" | undefined; readonly found: string; readonly expected: string };

/**
 * Joins axes `startDim` … `endDim` (inclusive, counted without batch, negative from the end) into one.
 *
 * @example flattenShape([2, 3, 4], 1, -1) // { shape: [2, 12] }
 * @example flattenShape([2, 3, 4], 0, -2) // { shape: [6, 4] }
 */
export function flattenShape(shape: Shape, startDim: number, endDim: number): FlattenedShape {
  const rank = shape.length;
  const start = startDim < 0 ? startDim + rank : startDim;
  const end = endDim < 0 ? endDim + rank : endDim;
  const range = `-${rank} to ${rank - 1} for shape [${shape.join(", ")}]`;
  if (start < 0 || start >= rank) return { param: "startDim", found: `${startDim}`, expected: range };
  if (end < 0 || end >= rank) return { param: "endDim", found: `${endDim}`, expected: range };
  if (start > end)
    return {
      param: undefined,
      found: `start_dim ${startDim} after end_dim ${endDim}`,
      expected: "start_dim at or before end_dim",
    };
  const joined = shape.slice(start, end + 1).reduce((a, n) => a * n, 1);
  return { shape: [...shape.slice(0, start), joined, ...shape.slice(end + 1)] };
}

/**
 * The shape that flattens to `output`, where `pattern` leaves at most one of its sizes open (undefined).
 *
 * @returns undefined when the sizes do not divide, contradict each other or leave a choice
 * @example splitShape([24], [8, undefined], 0, -1) // [8, 3]
 */
export function splitShape(
  output: Shape,
  pattern: readonly (number | undefined)[],
  startDim: number,
  endDim: number,
): Shape | undefined {
  const open = pattern.flatMap((n, axis) => (n === undefined ? [axis] : []));
  if (open.length > 1) return undefined;
  const [axis] = open;
  const known = sizesOf(pattern, 1);
  const product = (shape: Shape): number => shape.reduce((a, n) => a * n, 1);
  const candidate = axis === undefined ? known : sizesOf(pattern, product(output) / product(known));
  if (!candidate.every((n) => Number.isSafeInteger(n) && n >= 1)) return undefined;
  const result = flattenShape(candidate, startDim, endDim);
  return "shape" in result && sameShape(result.shape, output) ? candidate : undefined;
}

function sizesOf(pattern: readonly (number | undefined)[], open: number): Shape {
  return pattern.map((n) => n ?? open);
}
