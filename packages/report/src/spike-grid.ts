/** Recorded spikes as a set of (step, neuron) cells, whatever form they came in. */
import { type Events, sizeOf, type Tensor, toFloat64 } from "@nirkit/graph";

/** Cells `step · neurons + neuron` in which something happened, ascending. */
export interface SpikeGrid {
  readonly steps: number;
  readonly neurons: number;
  readonly cells: Uint32Array;
}

/** The non-zero entries of a recording `[T, ...shape]`, or the events of one. */
export function spikeGrid(recording: Tensor | Events): SpikeGrid {
  if ("start" in recording) {
    const neurons = sizeOf(recording.shape);
    const cells = new Uint32Array(recording.index.length);
    for (let step = 0; step < recording.steps; step++) {
      const end = recording.start[step + 1] ?? 0;
      for (let k = recording.start[step] ?? 0; k < end; k++)
        cells[k] = step * neurons + (recording.index[k] ?? 0);
    }
    return { steps: recording.steps, neurons, cells };
  }
  const steps = recording.shape[0] ?? 0;
  const values = toFloat64(recording);
  const cells = new Uint32Array(values.reduce((count, value) => count + (value === 0 ? 0 : 1), 0));
  let next = 0;
  for (const [cell, value] of values.entries()) if (value !== 0) cells[next++] = cell;
  return { steps, neurons: sizeOf(recording.shape.slice(1)), cells };
}

/** Cells of both grids, of the first alone, of the second alone; all three ascending. */
export function compareGrids(
  a: SpikeGrid,
  b: SpikeGrid,
): { readonly both: Uint32Array; readonly onlyA: Uint32Array; readonly onlyB: Uint32Array } {
  const [inA, inB] = [new Set(a.cells), new Set(b.cells)];
  return {
    both: a.cells.filter((cell) => inB.has(cell)),
    onlyA: a.cells.filter((cell) => !inB.has(cell)),
    onlyB: b.cells.filter((cell) => !inA.has(cell)),
  };
}
