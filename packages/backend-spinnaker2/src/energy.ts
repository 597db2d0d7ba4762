/**
 * Energy of a run on one chip.
 *
 *     E = P_off·T + n_PE·P_sleep(V)·T + e_cycle(V)·cycles,      T = steps·tick
 *
 * Powers are measured on the chip ("The SpiNNaker2 chip", IEEE OJCAS 2026, arXiv 2607.24396): PEs off 75.2 mW; 152
 * asleep 235.4 mW at 0.5 V, 564.7 mW at 0.8 V; 152 running CoreMark 424.6 mW and 1,247.9 mW. What a PE takes follows
 * by division. Not included, as no figure is published: DRAM, host link, board supply, NoC and router.
 */
import { clockHz } from "./map/timing.ts";

/** One operating point. */
export interface OperatingPoint {
  readonly name: "low" | "high";
  readonly volts: number;
  readonly hertz: number;
  /** Watts of one PE asleep and at work. */
  readonly sleep: number;
  readonly active: number;
}

const pes = 152;
/** Watts of a chip with all PEs off. */
const offWatts = 0.0752;

/** The two operating points with what was measured there. */
export const operatingPoints: Readonly<Record<"low" | "high", OperatingPoint>> = {
  low: {
    name: "low",
    volts: 0.5,
    hertz: clockHz.low,
    sleep: (0.2354 - offWatts) / pes,
    active: (0.4246 - offWatts) / pes,
  },
  high: {
    name: "high",
    volts: 0.8,
    hertz: clockHz.high,
    sleep: (0.5647 - offWatts) / pes,
    active: (1.2479 - offWatts) / pes,
  },
};

/** Joules of a cycle above sleep. */
export function cycleJoules({ active, sleep, hertz }: OperatingPoint): number {
  return (active - sleep) / hertz;
}

/** What a run took. */
export interface EnergyParts {
  /** Joules of the chip with its PEs off. */
  readonly baseline: number;
  /** Joules of the used PEs asleep. */
  readonly sleep: number;
  /** Joules of the cycles at work. */
  readonly dynamic: number;
}

/**
 * Joules of a run.
 *
 * @param run `seconds` steps · tick, `pes` that are used, `cycles` of all of them
 * @example 301 steps of 1 ms, 52 PEs, 2.331e8 cycles at 0.5 V: 22.6 + 16.5 + 1.9 = 41.1 mJ
 */
export function energyOf(
  point: OperatingPoint,
  run: { readonly seconds: number; readonly pes: number; readonly cycles: number; readonly chips?: number },
): EnergyParts {
  return {
    baseline: offWatts * run.seconds * (run.chips ?? 1),
    sleep: run.pes * point.sleep * run.seconds,
    dynamic: cycleJoules(point) * run.cycles,
  };
}

/** All of it. */
export function totalJoules({ baseline, sleep, dynamic }: EnergyParts): number {
  return baseline + sleep + dynamic;
}
