/** Projections as rows of integers: what one event adds at one place. */
import { type Projection, projectionMatrix } from "@nirkit/network";
import type { ConvPlan } from "./plan-types.ts";

/** Weights of all parallel projections of one layer. */
export interface WeightMatrix {
  /** Rows of `rowLength`: by input, or for a convolution by input channel and kernel position. */
  readonly rows: Float64Array;
  /** Neurons, or output channels of a group. */
  readonly rowLength: number;
  /** Left shift that is still to be applied to the products. */
  readonly shift: number;
}

/**
 * A full matrix `[inputs, neurons]`. Parallel projections are added up: they see the same events, so their integers add.
 * The shift of a single projection stays in the hardware, where it costs nothing; several are shifted first.
 *
 * @param isPooled the window sum of the projection is done in front
 */
export function weightMatrix(
  projections: readonly Projection[],
  { inputs, neurons, isPooled = false }: { inputs: number; neurons: number; isPooled?: boolean },
): WeightMatrix {
  const rows = new Float64Array(inputs * neurons);
  const shift = projections.length === 1 ? (projections[0]?.shift ?? 0) : 0;
  for (const projection of projections) {
    const factor = 2 ** ((projection.shift ?? 0) - shift);
    const { pool: _, ...bare } = projection;
    const { rowStart, columns, weights } = projectionMatrix(isPooled ? bare : projection, inputs, neurons);
    for (let i = 0; i < neurons; i++)
      for (let k = rowStart[i] as number; k < (rowStart[i + 1] as number); k++) {
        const at = (columns[k] as number) * neurons + i;
        rows[at] = (rows[at] as number) + (weights[k] as number) * factor;
      }
  }
  return { rows, rowLength: neurons, shift };
}

/**
 * The kernel of one convolution, or of a window sum, whose one weight stands everywhere: `[C_in · KY · KX, C_out / groups]`.
 *
 * Where `conv` has one group and the projection several, the channels of the other groups get zeros.
 */
export function kernelMatrix({ op, weights, shift = 0 }: Projection, conv: ConvPlan): WeightMatrix {
  const [channels] = conv.inShape;
  const taps = conv.kernel[0] * conv.kernel[1];
  const own = op.kind === "conv2d" ? op.groups : channels;
  const perGroupIn = channels / own;
  const perGroup = conv.outShape[0] / own;
  const rowLength = conv.outShape[0] / conv.groups;
  const rows = new Float64Array(channels * taps * rowLength);
  const { ints } = weights;
  for (let c = 0; c < channels; c++)
    for (let tap = 0; tap < taps; tap++)
      for (let o = 0; o < perGroup; o++) {
        const channel = Math.floor(c / perGroupIn) * perGroup + o;
        const at = op.kind === "conv2d" ? (channel * perGroupIn + (c % perGroupIn)) * taps + tap : 0;
        rows[(c * taps + tap) * rowLength + (channel % rowLength)] = ints[at] as number;
      }
  return { rows, rowLength, shift };
}

/** The rows of a full matrix with the neurons in the places of a sweep; −1 is a place without one. */
export function placedMatrix({ rows, rowLength, shift }: WeightMatrix, order: Int32Array): WeightMatrix {
  const inputs = rows.length / rowLength;
  const placed = new Float64Array(inputs * order.length);
  for (let i = 0; i < inputs; i++)
    order.forEach((neuron, place) => {
      if (neuron >= 0) placed[i * order.length + place] = rows[i * rowLength + neuron] as number;
    });
  return { rows: placed, rowLength: order.length, shift };
}
