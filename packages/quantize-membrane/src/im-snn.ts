/**
 * Integer membranes of SpQuant / IM-SNN: the stored potential is one of a few whole multiples of the threshold.
 *
 *     m = tau·m + x ;  z = [m > 1] ;  m = (1 − z)·m ;  m = nearest of lb … 1, the lower one on a tie
 *
 * with the threshold as unit and tau 1/2. lb = −1 is a ternary state (1.58 bit), the default lb = −3 has five levels.
 * The gradient of the grid is a sum of sigmoid slopes, one per level (stacked surrogate).
 */
import { NirkitError } from "@nirkit/graph";
import {
  gridOfLevels,
  type MembraneRequest,
  type MembraneScheme,
  nearestLevel,
  quantizeDiagnostic,
} from "@nirkit/quantize";

/** Lowest level when none is given: five levels. */
const usualLowest = -3;

/**
 * The levels lb, lb + 1, … 1 in units of the threshold.
 *
 * @param lowest a negative integer
 * @throws E_BAD_OPTION for anything else
 * @example imSnnLevels(-1) // [-1, 0, 1]
 */
export function imSnnLevels(lowest: number = usualLowest): readonly number[] {
  if (!Number.isInteger(lowest) || lowest >= 0 || lowest < -1024)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "options.lowest", {
        option: "lowest",
        found: String(lowest),
        expected: "a whole number, -1024 to -1,",
      }),
    ]);
  return Array.from({ length: 2 - lowest }, (_, i) => lowest + i);
}

/** One step of one neuron in units of the threshold. */
export interface ImSnnStep {
  /** m before the spike test. */
  readonly before: number;
  readonly spike: boolean;
  /** The level that is kept. */
  readonly stored: number;
}

/**
 * One float step of training and of the published code.
 *
 * @param m stored level
 * @example imSnnStep(1, 0.7, [-1, 0, 1]) // { before: 1.2, spike: true, stored: 0 }
 */
export function imSnnStep(m: number, x: number, levels: readonly number[], tau = 0.5): ImSnnStep {
  const before = tau * m + x;
  const spike = before > 1;
  return { before, spike, stored: nearestLevel(levels, spike ? 0 : before) };
}

/**
 * Slope of the grid: dQ/dm = Σ over levels l ≠ 0 of T·σ(T(m − c_l))·(1 − σ(T(m − c_l))), c_l the midpoint on the way
 * from level l to 0.
 *
 * @example stackedSurrogate(0, [-1, 0, 1]) // 0.786448
 */
export function stackedSurrogate(m: number, levels: readonly number[], temperature = 2): number {
  let slope = 0;
  for (const level of levels) {
    if (level === 0) continue;
    const centre = level < 0 ? level + 0.5 : level - 0.5;
    const sigma = 1 / (1 + Math.exp(-temperature * (m - centre)));
    slope += temperature * sigma * (1 - sigma);
  }
  return slope;
}

/**
 * Slope that stands for the spike test: max(0, g − |m − theta|)/g².
 *
 * @example triangleSurrogate(0.75, 1) // 0.75
 */
export function triangleSurrogate(m: number, theta = 1, width = 1): number {
  return Math.max(0, width - Math.abs(m - theta)) / width ** 2;
}

/**
 * The grid lb·Theta … Theta for the driver. The weight scale is stretched until Theta is an integer, so the highest
 * level lies on the threshold and does not fire; tau = 1/2 is one shift and needs a fractional bit.
 *
 * @throws E_BAD_OPTION for a lowest level that is none; E_MEMBRANE_GRID where neurons of one population differ in Theta
 * @example imSnnMembrane({ lowest: -1 }) // ternary states
 */
export function imSnnMembrane({ lowest = usualLowest }: { readonly lowest?: number } = {}): MembraneScheme {
  const levels = imSnnLevels(lowest);
  return {
    name: `im-snn${lowest}`,
    fracBitsMin: 1,
    aligned: true,
    fits: () => true,
    grid: (request) => {
      const theta = oneThreshold(request);
      return gridOfLevels(
        levels.map((level) => level * theta),
        request.path,
      );
    },
  };
}

function oneThreshold({ theta, path }: MembraneRequest): number {
  const first = theta[0] ?? 0;
  const other = theta.find((t) => t !== first);
  if (other === undefined && first > 0) return first;
  throw new NirkitError([
    quantizeDiagnostic("E_MEMBRANE_GRID", path, {
      why:
        other === undefined
          ? `is in units of the threshold, which is ${first}`
          : `is in units of the threshold, and its neurons have several (${first}, ${other})`,
    }),
  ]);
}
