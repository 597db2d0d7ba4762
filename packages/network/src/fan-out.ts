/** Projections turned around: from one source to all its targets, so that a silent source costs nothing. */
import { sizeOf } from "@nirkit/graph";
import type { IntArray } from "@nirkit/quantize";
import type { PoolOp, Projection, SparseOp } from "./network.ts";
import { eachVolumeSynapse } from "./volume-window.ts";
import { convWindow, eachWindowSynapse, poolWindow, type Window } from "./window.ts";

/** Sums of one population: int32 where the static bound allows, otherwise float64 holding integers below 2^53. */
export type Accumulator = Int32Array | Float64Array;

/** The synapses of one projection by source. */
export interface FanOut {
  /** acc[i] += w[i, source] · value for every target i. The caller guarantees that no sum leaves the accumulator. */
  add(acc: Accumulator, source: number, value: number): void;
  /** Synapses with a non-zero weight, by source. */
  readonly synapses: Uint32Array;
}

/** What a fan-out is made from. */
export interface FanOutRequest {
  readonly projection: Projection;
  readonly sources: number;
  readonly targets: number;
}

/** Builds the fan-out of a projection; the shift is left to the caller, who applies it to the value. */
export function createFanOut({ projection, sources, targets }: FanOutRequest): FanOut {
  const { pool } = projection;
  if (pool === undefined) return opFanOut(projection, sources, targets);
  return pooledFanOut(pool, opFanOut(projection, sizeOf(pool.outShape), targets), sources);
}

function opFanOut({ op, weights }: Projection, sources: number, targets: number): FanOut {
  const { ints, shape } = weights;
  switch (op.kind) {
    case "dense":
      return denseFanOut(ints, sources, targets);
    case "sparse":
      return columnFanOut(sparseColumns(op, ints, sources));
    case "identity":
      return identityFanOut(ints[0] as number, sources);
    case "conv2d":
      return windowFanOut(imageSynapses(convWindow(op, shape)), ints, sources);
    case "pool":
      return windowFanOut(imageSynapses(poolWindow(op)), ints, sources);
    case "conv3d":
      return windowFanOut((source, visit) => eachVolumeSynapse(op, shape, source, visit), ints, sources);
    default:
      return op satisfies never;
  }
}

/** Every cell of the window sum that a source lies in hands its value on. */
function pooledFanOut(pool: PoolOp, inner: FanOut, sources: number): FanOut {
  const window = poolWindow(pool);
  const synapses = new Uint32Array(sources);
  for (let s = 0; s < sources; s++)
    eachWindowSynapse(window, s, (cell) => {
      synapses[s] = (synapses[s] as number) + (inner.synapses[cell] as number);
    });
  return {
    synapses,
    add(acc, source, value) {
      eachWindowSynapse(window, source, (cell) => inner.add(acc, cell, value));
    },
  };
}

/** Entries by source: targets `target[start[s] … start[s+1]-1]` with their weights. */
interface Columns {
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
}

function denseFanOut(ints: IntArray, sources: number, targets: number): FanOut {
  const columns = denseColumns(ints, sources, targets);
  // Below half density the lists read less memory than the full row.
  if (columns.target.length * 2 < ints.length) return columnFanOut(columns);
  const rows = ints.slice();
  for (let i = 0; i < targets; i++)
    for (let j = 0; j < sources; j++) rows[j * targets + i] = ints[i * sources + j] as number;
  return {
    synapses: lengths(columns.start),
    add(acc, source, value) {
      const base = source * targets;
      for (let i = 0; i < targets; i++) acc[i] = (acc[i] as number) + (rows[base + i] as number) * value;
    },
  };
}

function denseColumns(ints: IntArray, sources: number, targets: number): Columns {
  const rowStart = Uint32Array.from({ length: targets + 1 }, (_, i) => i * sources);
  const columns = Uint32Array.from({ length: ints.length }, (_, k) => k % sources);
  return sparseColumns({ kind: "sparse", rowStart, columns }, ints, sources);
}

/** Transposes rows by target into columns by source, leaving out zero weights; targets ascend within a column. */
function sparseColumns(op: SparseOp, ints: IntArray, sources: number): Columns {
  const start = new Uint32Array(sources + 1);
  for (let k = 0; k < ints.length; k++)
    if (ints[k] !== 0)
      start[(op.columns[k] as number) + 1] = (start[(op.columns[k] as number) + 1] as number) + 1;
  for (let s = 0; s < sources; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const target = new Uint32Array(start[sources] as number);
  const weight = new Int32Array(target.length);
  const next = start.slice();
  for (let row = 0; row + 1 < op.rowStart.length; row++) {
    for (let k = op.rowStart[row] as number; k < (op.rowStart[row + 1] as number); k++) {
      if (ints[k] === 0) continue;
      const column = op.columns[k] as number;
      const at = next[column] as number;
      target[at] = row;
      weight[at] = ints[k] as number;
      next[column] = at + 1;
    }
  }
  return { start, target, weight };
}

function columnFanOut({ start, target, weight }: Columns): FanOut {
  return {
    synapses: lengths(start),
    add(acc, source, value) {
      const end = start[source + 1] as number;
      for (let k = start[source] as number; k < end; k++) {
        const i = target[k] as number;
        acc[i] = (acc[i] as number) + (weight[k] as number) * value;
      }
    },
  };
}

function lengths(start: Uint32Array): Uint32Array {
  return Uint32Array.from(
    { length: start.length - 1 },
    (_, s) => (start[s + 1] as number) - (start[s] as number),
  );
}

function identityFanOut(weight: number, sources: number): FanOut {
  return {
    synapses: new Uint32Array(sources).fill(weight === 0 ? 0 : 1),
    add(acc, source, value) {
      acc[source] = (acc[source] as number) + weight * value;
    },
  };
}

/** Visits the targets of one source with the index of the weight. */
type EachSynapse = (source: number, visit: (target: number, weight: number) => void) => void;

const imageSynapses =
  (window: Window): EachSynapse =>
  (source, visit) =>
    eachWindowSynapse(window, source, visit);

/** Convolution and pooling: the few targets of a pixel are found by arithmetic, nothing is stored per synapse. */
function windowFanOut(each: EachSynapse, ints: IntArray, sources: number): FanOut {
  const synapses = new Uint32Array(sources);
  for (let s = 0; s < sources; s++)
    each(s, (_, at) => {
      if (ints[at] !== 0) synapses[s] = (synapses[s] as number) + 1;
    });
  return {
    synapses,
    add(acc, source, value) {
      each(source, (target, at) => {
        acc[target] = (acc[target] as number) + (ints[at] as number) * value;
      });
    },
  };
}
