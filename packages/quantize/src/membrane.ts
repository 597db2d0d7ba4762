/**
 * How many bits a stored membrane takes, and which values they stand for.
 *
 * A grid contains 0, reaches the threshold, and is uniform in the LSB of the state, so that it needs no scale of its
 * own: `stateLevels` are integers in the finest LSB.
 */
import { NirkitError } from "@nirkit/graph";
import { bitLength, signedWidth } from "@nirkit/integer";
import { quantizeDiagnostic } from "./diagnostics.ts";

/** What a grid is made for: one population. */
export interface MembraneRequest {
  /** For diagnostics. */
  readonly path: string;
  /** Thresholds and reset values in the finest LSB, one per neuron. */
  readonly theta: Int32Array;
  readonly vReset: Int32Array;
  readonly fracBits: number;
  /** Volts per weight LSB of state, one per neuron: g·s. */
  readonly stateScale: Float64Array;
}

/** What is stored of a membrane. */
export interface MembraneGrid {
  /** Two's complement width of `vMin … vMax`. */
  readonly stateBits: number;
  readonly vMin: number;
  readonly vMax: number;
  /** Ascending, finest LSB; absent where every integer of the range may be stored. */
  readonly stateLevels?: readonly number[];
  /** Bits that a memory needs per state: those of the number of levels. */
  readonly storedBits: number;
}

/** A choice of membrane grids; `membrane` of the driver's options. */
export interface MembraneScheme {
  /** For reports: `bits8`, `im-snn-3`. */
  readonly name: string;
  /** Fewest fractional bits that its leak needs. */
  readonly fracBitsMin: number;
  /** True: the weight scale is stretched until the threshold is an exact integer, so that a level can lie on it. */
  readonly aligned: boolean;
  /** True where a threshold of so many finest LSB still fits without dropping bits. */
  fits(theta: number): boolean;
  /**
   * @throws E_MEMBRANE_GRID where the population cannot have this grid
   */
  grid(request: MembraneRequest): MembraneGrid;
}

/** Most levels that are written out one by one. */
const mostLevels = 4096;

/**
 * Two's complement of `bits` bits, saturating. Where the threshold does not fit, the lowest r bits are dropped: the
 * grid is every 2^r, rounded to nearest, and r is the smallest that reaches the threshold.
 *
 * @param bits 2 … 16
 * @throws E_BAD_OPTION for other widths
 * @example bitsMembrane(8) with Theta 1991: r = 4, levels −2048, −2032, … 2032
 */
export function bitsMembrane(bits: number): MembraneScheme {
  if (!Number.isInteger(bits) || bits < 2 || bits > 16)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "options.membrane", {
        option: "membrane",
        found: String(bits),
        expected: "a whole number of bits, 2 to 16,",
      }),
    ]);
  const most = 2 ** (bits - 1) - 1;
  return {
    name: `bits${bits}`,
    // With two or three levels tau·m lies between integers.
    fracBitsMin: bits <= 2 ? 1 : 0,
    aligned: false,
    fits: (theta) => theta <= most,
    grid: ({ path, theta, vReset }) => {
      const reach = Math.max(...extremes(theta), ...extremes(vReset));
      let dropped = 0;
      while (most * 2 ** dropped < reach) dropped++;
      const step = 2 ** dropped;
      const range = { stateBits: bits + dropped, vMin: -(most + 1) * step, vMax: most * step };
      if (dropped === 0) return { ...range, storedBits: bits };
      if (2 ** bits > mostLevels || bits + dropped > 32)
        throw new NirkitError([
          quantizeDiagnostic("E_STATE_TOO_NARROW", path, {
            stateBits: bits,
            needed: bits + dropped,
            why: `the threshold ${reach}`,
          }),
        ]);
      const stateLevels = Array.from({ length: 2 ** bits }, (_, i) => (i - most - 1) * step);
      return { ...range, stateLevels, storedBits: bits };
    },
  };
}

/**
 * A grid from explicit levels in the finest LSB.
 *
 * @param levels any order; doubles are merged
 * @throws E_MEMBRANE_GRID without a 0, or with a level past 32 bits
 */
export function gridOfLevels(levels: readonly number[], path: string): MembraneGrid {
  const sorted = [...new Set(levels)].sort((a, b) => a - b);
  const vMin = sorted[0] ?? 0;
  const vMax = sorted.at(-1) ?? 0;
  const why = !sorted.includes(0)
    ? "does not contain 0, so a silent neuron would drift"
    : !sorted.every((level) => Number.isInteger(level) && Math.abs(level) < 2 ** 31)
      ? "holds a level that is no 32-bit integer"
      : sorted.length < 2
        ? "has a single level"
        : undefined;
  if (why !== undefined) throw new NirkitError([quantizeDiagnostic("E_MEMBRANE_GRID", path, { why })]);
  return {
    stateBits: Math.max(2, signedWidth(vMin, vMax)),
    vMin,
    vMax,
    stateLevels: sorted,
    storedBits: bitLength(sorted.length - 1),
  };
}

function extremes(values: Int32Array): readonly number[] {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return [most];
}
