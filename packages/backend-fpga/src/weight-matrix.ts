/** Projections as one dense integer matrix, by input row. */
import type { Projection } from "@nirkit/network";

/** Weights of all parallel projections of one layer. */
export interface WeightMatrix {
  /** `[inputs, neurons]`: a row is what one event adds. */
  readonly rows: Float64Array;
  /** Left shift that is still to be applied to the products. */
  readonly shift: number;
}

/**
 * Adds parallel projections up: they see the same events, so their integers add. The shift of a single projection
 * stays in the hardware, where it costs nothing; several are shifted first.
 */
export function weightMatrix(
  projections: readonly Projection[],
  inputs: number,
  neurons: number,
): WeightMatrix {
  const rows = new Float64Array(inputs * neurons);
  const shift = projections.length === 1 ? (projections[0]?.shift ?? 0) : 0;
  for (const projection of projections) {
    const factor = 2 ** ((projection.shift ?? 0) - shift);
    eachSynapse(projection, inputs, neurons, (source, target, weight) => {
      const at = source * neurons + target;
      rows[at] = (rows[at] as number) + weight * factor;
    });
  }
  return { rows, shift };
}

function eachSynapse(
  { op, weights: { ints } }: Projection,
  inputs: number,
  neurons: number,
  visit: (source: number, target: number, weight: number) => void,
): void {
  if (op.kind === "dense") {
    for (let i = 0; i < neurons; i++)
      for (let j = 0; j < inputs; j++) visit(j, i, ints[i * inputs + j] as number);
  } else if (op.kind === "identity") {
    for (let i = 0; i < neurons; i++) visit(i, i, ints[0] as number);
  } else if (op.kind === "sparse") {
    for (let i = 0; i < neurons; i++)
      for (let k = op.rowStart[i] as number; k < (op.rowStart[i + 1] as number); k++)
        visit(op.columns[k] as number, i, ints[k] as number);
  }
}
