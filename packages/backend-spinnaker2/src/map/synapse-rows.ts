/** Projections multiplied out to synapses by source. */
import { type Projection, projectionMatrix } from "@nirkit/network";
import type { SynapseRows } from "./draft.ts";

/** All synapses of a projection, its pool and shift included. */
export function synapseRows(projection: Projection, sources: number, targets: number): SynapseRows {
  const { rowStart, columns, weights } = projectionMatrix(projection, sources, targets);
  const factor = 2 ** (projection.shift ?? 0);
  const start = new Uint32Array(sources + 1);
  for (const source of columns) start[source + 1] = (start[source + 1] as number) + 1;
  for (let s = 0; s < sources; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const next = start.slice();
  const target = new Uint32Array(columns.length);
  const weight = new Int32Array(columns.length);
  for (let row = 0; row < targets; row++)
    for (let k = rowStart[row] as number; k < (rowStart[row + 1] as number); k++) {
      const source = columns[k] as number;
      const at = next[source] as number;
      next[source] = at + 1;
      target[at] = row;
      weight[at] = (weights[k] as number) * factor;
    }
  return { start, target, weight };
}

/** Neuron i to neuron i with weight 1. */
export function oneToOne(size: number): SynapseRows {
  return {
    start: Uint32Array.from({ length: size + 1 }, (_, k) => k),
    target: Uint32Array.from({ length: size }, (_, k) => k),
    weight: new Int32Array(size).fill(1),
  };
}
