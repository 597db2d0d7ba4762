/**
 * State grids of snnTorch's `state_quant`, and explicit levels of any origin.
 *
 * linear: 2^b levels, equally spaced from −thr·(1 + lower) to thr·(1 + upper). threshold, zero: the steps shrink
 * geometrically toward that point, by a ratio that depends on b (SQUAT). None of them need contain 0 or the threshold:
 * at 2 bits and thr 1 linear gives −1, −0.2667, 0.4667, 1.2.
 */
import { NirkitError } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import {
  gridOfLevels,
  type MembraneRequest,
  type MembraneScheme,
  quantizeDiagnostic,
} from "@nirkit/quantize";

/** What {@link stateQuantLevels} makes; defaults are snnTorch's. */
export interface StateQuantOptions {
  /** 1 … 8. */
  readonly bits: number;
  readonly spacing?: "linear" | "threshold" | "zero";
  readonly threshold?: number;
  /** How far levels reach below −threshold and above it, as a share of it; 0 and 0.2 when absent. */
  readonly lower?: number;
  readonly upper?: number;
  /** Ratio of neighbouring steps; chosen from the bits when absent. */
  readonly ratio?: number;
}

/** Ratio of neighbouring steps by bits; index 0 is unused. */
const ratios: readonly number[] = [1, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.925, 0.95];

/**
 * The levels of a grid, ascending, in the unit of the threshold's value.
 *
 * @throws E_BAD_OPTION for bits outside 1 … 8, or a span without room
 * @example stateQuantLevels({ bits: 2 }) // [-1, -0.2667, 0.4667, 1.2]
 */
export function stateQuantLevels(options: StateQuantOptions): readonly number[] {
  const { bits, spacing = "linear", threshold = 1, lower = 0, upper = 0.2 } = options;
  const low = -threshold - threshold * lower;
  const high = threshold + threshold * upper;
  if (!Number.isInteger(bits) || bits < 1 || bits > 8)
    throw refused("bits", String(bits), "a whole number, 1 to 8,");
  if (!(threshold > 0 && Number.isFinite(low) && low < 0 && high > threshold))
    throw refused("threshold, lower, upper", `${threshold}, ${lower}, ${upper}`, "a span around ±threshold");
  const count = 2 ** bits;
  if (spacing === "linear")
    return Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
  const ratio = options.ratio ?? ratios[bits] ?? 0.95;
  const centre = spacing === "threshold" ? threshold : 0;
  const below = Math.floor((count * (centre - low)) / (high - low));
  const above = count - below;
  const levels: number[] = [];
  // Below the centre steps shrink on the way up; above it they grow again.
  let at = low;
  for (let i = 0; i < below - 1; i++) {
    levels.push(at);
    at += ratio ** i * ((centre - low) / geometric(ratio, below));
  }
  at = centre;
  for (let i = above - 1; i >= 0; i--) {
    levels.push(at);
    at += ratio ** i * ((high - centre) / geometric(ratio, above));
  }
  return [...levels, at];
}

/** 1 + r + … + r^(n−1). */
function geometric(ratio: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += ratio ** i;
  return sum;
}

/**
 * True where neighbouring levels are equally far apart, which integer hardware without a table needs.
 *
 * @param tolerance largest difference, as a share of the mean step
 */
export function isEquispaced(levels: readonly number[], tolerance = 1e-6): boolean {
  const sorted = [...levels].sort((a, b) => a - b);
  const step = ((sorted.at(-1) ?? 0) - (sorted[0] ?? 0)) / Math.max(1, sorted.length - 1);
  return sorted.every((level, i) => Math.abs(level - ((sorted[0] ?? 0) + i * step)) <= tolerance * step);
}

/**
 * Explicit levels for the driver, each on the nearest finest LSB of its population.
 *
 * @param levels potentials above v_leak, in the unit of v_threshold
 * @param complete adds 0 and the threshold, without which a grid is refused: a silent neuron would drift, or never fire
 * @throws E_MEMBRANE_GRID without 0, with no level that reaches the threshold, or where neurons of one population count in different
 *   LSB (quantized per channel)
 * @example levelsMembrane(stateQuantLevels({ bits: 4 }), { complete: true })
 */
export function levelsMembrane(
  levels: readonly number[],
  { complete = false }: { readonly complete?: boolean } = {},
): MembraneScheme {
  return {
    name: `levels${levels.length}`,
    fracBitsMin: 0,
    aligned: false,
    fits: () => true,
    grid: (request) => {
      const lsb = oneLsb(request);
      const { path, theta, vReset } = request;
      const ints = levels.map((level) => roundHalfEven(level / lsb));
      const most = theta.reduce((a, b) => Math.max(a, b), 0);
      const grid = gridOfLevels(complete ? [...ints, 0, most] : ints, path);
      const reset = vReset.find((v) => !grid.stateLevels?.includes(v));
      const why =
        grid.vMax < most
          ? `ends at ${grid.vMax}, below the threshold ${most}`
          : reset === undefined
            ? undefined
            : `does not contain the reset value ${reset}`;
      if (why === undefined) return grid;
      throw new NirkitError([quantizeDiagnostic("E_MEMBRANE_GRID", path, { why })]);
    },
  };
}

/** Volts per finest LSB. */
function oneLsb({ stateScale, fracBits, path }: MembraneRequest): number {
  const first = stateScale[0] ?? 1;
  const other = stateScale.find((s) => Math.abs(s - first) > 1e-6 * first);
  if (other === undefined) return first / 2 ** fracBits;
  throw new NirkitError([
    quantizeDiagnostic("E_MEMBRANE_GRID", path, {
      why: `is one table for neurons that count in different steps (${first}, ${other})`,
    }),
  ]);
}

function refused(option: string, found: string, expected: string): NirkitError {
  return new NirkitError([
    quantizeDiagnostic("E_BAD_OPTION", `options.${option}`, { option, found, expected }),
  ]);
}
