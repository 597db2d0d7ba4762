/** Positions in a tensor. */
import type { Shape } from "./tensor.ts";

/** The index per axis of a row-major position: 5 in `[2, 3]` is `[1, 2]`. */
export function unravel(position: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length).fill(0);
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] ?? 1;
    index[axis] = rest % n;
    rest = Math.floor(rest / n);
  }
  return index;
}
