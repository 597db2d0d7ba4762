/** Synapses of a projection by source, in the order of the kernels' memory. */
import { sizeOf } from "@nirkit/graph";
import type { PoolOp, Projection } from "../network.ts";
import { eachVolumeSynapse } from "../volume-window.ts";
import { convWindow, eachWindowSynapse, poolWindow } from "../window.ts";
import type { Layout } from "./layout.ts";

/** Visits the targets of a source with the weight; a target may come up more than once. */
export type EachTarget = (source: number, visit: (target: number, weight: number) => void) => void;

/** Targets `target[start[s] … start[s+1] − 1]` of source s with their weights. */
export interface Columns {
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
}

/** The synapses of a projection by NIR index, zero weights included, without the shift. */
export function eachTarget(projection: Projection, sources: number, targets: number): EachTarget {
  const { pool } = projection;
  if (pool === undefined) return opTargets(projection, sources, targets);
  return throughPool(pool, opTargets(projection, sizeOf(pool.outShape), targets));
}

function throughPool(pool: PoolOp, inner: EachTarget): EachTarget {
  const window = poolWindow(pool);
  return (source, visit) => eachWindowSynapse(window, source, (cell) => inner(cell, visit));
}

function opTargets({ op, weights }: Projection, sources: number, targets: number): EachTarget {
  const { ints, shape } = weights;
  const weighted =
    (visit: (target: number, weight: number) => void) =>
    (target: number, at: number): void =>
      visit(target, ints[at] as number);
  switch (op.kind) {
    case "dense":
      return (source, visit) => {
        for (let i = 0; i < targets; i++) visit(i, ints[i * sources + source] as number);
      };
    case "identity":
      return (source, visit) => visit(source, ints[0] as number);
    case "sparse": {
      const rows: [number, number][][] = Array.from({ length: sources }, () => []);
      for (let i = 0; i < targets; i++)
        for (let k = op.rowStart[i] as number; k < (op.rowStart[i + 1] as number); k++)
          rows[op.columns[k] as number]?.push([i, ints[k] as number]);
      return (source, visit) => {
        for (const [target, weight] of rows[source] ?? []) visit(target, weight);
      };
    }
    case "conv2d": {
      const window = convWindow(op, shape);
      return (source, visit) => eachWindowSynapse(window, source, weighted(visit));
    }
    case "pool": {
      const window = poolWindow(op);
      return (source, visit) => eachWindowSynapse(window, source, weighted(visit));
    }
    case "conv3d":
      return (source, visit) => eachVolumeSynapse(op, shape, source, weighted(visit));
    default:
      return op satisfies never;
  }
}

/** Non-zero weights that an event of each source meets, by NIR index. */
export function synapseCounts(
  { op, pool, weights }: Projection,
  each: EachTarget,
  sources: number,
): Uint32Array {
  const counts = new Uint32Array(sources);
  if (op.kind === "dense" && pool === undefined) {
    const { ints } = weights;
    for (let k = 0, s = 0; k < ints.length; k++, s = s + 1 === sources ? 0 : s + 1)
      if (ints[k] !== 0) counts[s] = (counts[s] as number) + 1;
    return counts;
  }
  for (let s = 0; s < sources; s++) {
    let count = 0;
    each(s, (_, weight) => {
      if (weight !== 0) count++;
    });
    counts[s] = count;
  }
  return counts;
}

/** The non-zero synapses as lists, sources and targets in the given orders, weights times 2^shift. */
export function columnsOf(each: EachTarget, from: Layout, to: Layout, factor: number): Columns {
  const target: number[] = [];
  const weight: number[] = [];
  const start = new Uint32Array(from.size + 1);
  for (let position = 0; position < from.size; position++) {
    each(from.toNir === undefined ? position : (from.toNir[position] as number), (nir, w) => {
      if (w === 0) return;
      target.push(to.fromNir === undefined ? nir : (to.fromNir[nir] as number));
      weight.push(w * factor);
    });
    start[position + 1] = target.length;
  }
  return { start, target: Uint32Array.from(target), weight: Int32Array.from(weight) };
}
