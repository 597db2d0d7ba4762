/** Any projection as one sparse matrix, for targets that have no windows of their own. */
import { createFanOut } from "./fan-out.ts";
import type { Projection } from "./network.ts";

/** Entries by target row; columns ascend within a row, zero weights are left out. */
export interface ProjectionMatrix {
  readonly rowStart: Uint32Array;
  readonly columns: Uint32Array;
  readonly weights: Int32Array;
}

/**
 * Multiplies a projection out, its `pool` included: acc[i] = sum over k in row i of weights[k] · x[columns[k]].
 *
 * The shift and the delay are left to the caller.
 *
 * @param sources neurons of the source
 * @param targets neurons of the target
 * @example a window sum of 2 in front of the dense weights [[3, -1]]: columns 0 1 2 3, weights 3 3 -1 -1
 */
export function projectionMatrix(projection: Projection, sources: number, targets: number): ProjectionMatrix {
  const fanOut = createFanOut({ projection, sources, targets });
  const rows: number[][] = Array.from({ length: targets }, () => []);
  const column = new Float64Array(targets);
  for (let s = 0; s < sources; s++) {
    if (fanOut.synapses[s] === 0) continue;
    fanOut.add(column, s, 1);
    for (let i = 0; i < targets; i++) {
      if (column[i] === 0) continue;
      rows[i]?.push(s, column[i] as number);
      column[i] = 0;
    }
  }
  const rowStart = new Uint32Array(targets + 1);
  rows.forEach((row, i) => {
    rowStart[i + 1] = (rowStart[i] as number) + row.length / 2;
  });
  const pairs = rows.flat();
  const entries = pairs.length / 2;
  return {
    rowStart,
    columns: Uint32Array.from({ length: entries }, (_, k) => pairs[2 * k] as number),
    weights: Int32Array.from({ length: entries }, (_, k) => pairs[2 * k + 1] as number),
  };
}
