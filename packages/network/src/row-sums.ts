/** Sums of |weight| by target: what bounds an accumulator, borders of windows included. */
import type { Projection, ProjectionOp } from "./network.ts";
import { eachVolumeSynapse } from "./volume-window.ts";
import { convWindow, eachWindowSynapse, poolWindow } from "./window.ts";

/**
 * Largest |sum| that each target can get through one projection, the shift left out, when every source gives at most
 * `value`.
 *
 * Counted over the synapses that exist: an output at the border of a padded image has fewer of them.
 *
 * @returns one entry per target, exact integers below 2^53
 * @example weights [[64, -32, 4], [-32, 8, -2]] and value 1: [100, 42]
 */
export function magnitudeSums(
  projection: Projection,
  sources: number,
  targets: number,
  value: number,
): Float64Array {
  const reach = new Float64Array(sources).fill(value);
  const { pool } = projection;
  return spread(
    projection.op,
    projection,
    pool === undefined ? reach : pooled(projection, reach, sizeOf3(pool.outShape)),
    targets,
  );
}

function sizeOf3([channels, height, width]: readonly [number, number, number]): number {
  return channels * height * width;
}

function pooled({ pool }: Projection, reach: Float64Array, cells: number): Float64Array {
  const sums = new Float64Array(cells);
  if (pool === undefined) return sums;
  const window = poolWindow(pool);
  for (let s = 0; s < reach.length; s++)
    eachWindowSynapse(window, s, (cell) => {
      sums[cell] = (sums[cell] as number) + (reach[s] as number);
    });
  return sums;
}

function spread(
  op: ProjectionOp,
  projection: Projection,
  reach: Float64Array,
  targets: number,
): Float64Array {
  const { ints, shape } = projection.weights;
  const sums = new Float64Array(targets);
  const visit =
    (source: number) =>
    (target: number, at: number): void => {
      sums[target] = (sums[target] as number) + Math.abs(ints[at] as number) * (reach[source] as number);
    };
  switch (op.kind) {
    case "dense":
      for (let i = 0, k = 0; i < targets; i++) {
        let sum = 0;
        for (let j = 0; j < reach.length; j++, k++) sum += Math.abs(ints[k] as number) * (reach[j] as number);
        sums[i] = sum;
      }
      return sums;
    case "sparse":
      for (let i = 0; i < targets; i++)
        for (let k = op.rowStart[i] as number; k < (op.rowStart[i + 1] as number); k++)
          visit(op.columns[k] as number)(i, k);
      return sums;
    case "identity":
      for (let s = 0; s < targets; s++) visit(s)(s, 0);
      return sums;
    case "conv2d":
    case "pool": {
      const window = op.kind === "pool" ? poolWindow(op) : convWindow(op, shape);
      for (let s = 0; s < reach.length; s++) eachWindowSynapse(window, s, visit(s));
      return sums;
    }
    case "conv3d":
      for (let s = 0; s < reach.length; s++) eachVolumeSynapse(op, shape, s, visit(s));
      return sums;
    default:
      return op satisfies never;
  }
}
