/** Grids on which states are stored. */
import { bitLength } from "@nirkit/integer";
import type { IntegerNeuron } from "@nirkit/network";

/** Multiples of `step` from `low` to `high`, both multiples of it. */
export interface StateGrid {
  readonly step: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The levels that a state can take, where it is stored on a grid.
 *
 * @returns undefined where it is not; `uneven` where the levels are not equally spaced or have no 0
 */
export function stateGrid({
  overflow,
  stateBits,
  stateLevels,
  vMin,
  vMax,
}: IntegerNeuron): StateGrid | "uneven" | undefined {
  // A state that wraps is not rounded.
  if (stateLevels === undefined || overflow === "wrap") return undefined;
  const levels = [...new Set(stateLevels)].sort((a, b) => a - b);
  // Clamping comes first: levels past the nearest ones of the two ends are never met.
  const first = levels.indexOf(nearest(levels, vMin));
  const reached = levels.slice(first, levels.indexOf(nearest(levels, vMax)) + 1);
  const [low = 0, next = low + 1] = reached;
  const step = next - low;
  // Steps are divided out of at most 30 bits.
  const isShift = 2 ** (bitLength(step) - 1) === step;
  if (!isShift && stateBits > 30) return "uneven";
  const isEven = reached.every((level, k) => level === low + k * step) && low % step === 0;
  return isEven && reached.includes(0) ? { step, low, high: reached.at(-1) ?? 0 } : "uneven";
}

/** The lower one of two that are equally near. */
function nearest(levels: readonly number[], value: number): number {
  return levels.reduce((best, level) => (Math.abs(level - value) < Math.abs(best - value) ? level : best));
}
