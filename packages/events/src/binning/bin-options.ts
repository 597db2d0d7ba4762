/** How events become steps: what a step is, and what a cell of it counts. */
import { eventsError } from "../diagnostics.ts";

/** How time is cut into steps; made by {@link fixedDuration}, {@link fixedCount}, {@link nBins}. */
export type TimeBins =
  | { readonly us: number }
  | { readonly events: number }
  | { readonly frames: number; readonly by: "time" | "count" };

/** Steps of equal length in microseconds: step k holds k <= (t - t0) / us < k + 1. */
export function fixedDuration(us: number): TimeBins {
  return { us };
}

/** Steps of equal event count; the last one may hold fewer. */
export function fixedCount(events: number): TimeBins {
  return { events };
}

/**
 * A fixed number of steps over the whole recording, of equal length (`time`) or of equal event count (`count`); what
 * does not divide goes into the last one.
 */
export function nBins(frames: number, by: "time" | "count" = "time"): TimeBins {
  return { frames, by };
}

/** Options of {@link binEvents}. Order of work: crop, flip, down-sample, then counting. */
export interface BinOptions {
  readonly by: TimeBins;
  /** Where step 0 starts with a fixed duration: at time 0, at the first event, or at a time in us. Default `zero`. */
  readonly start?: "zero" | "first" | number;
  /** Number of steps: pads with empty ones, and cuts. As many as the events take when absent. */
  readonly steps?: number;
  /** Events behind the last step are dropped, or counted in it. Default `drop`. */
  readonly tail?: "drop" | "last";
  /** What a cell holds: a number of events, 0 or 1, or ON less OFF (one channel). Default `count`. */
  readonly accumulate?: "count" | "binary" | "signed";
  /** Largest absolute value of a cell. */
  readonly clip?: number;
  /** Channels: OFF and ON, both in one, or ON alone. Default `two`. */
  readonly polarity?: "two" | "merge" | "on";
  /** Part of the sensor that is kept. */
  readonly crop?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
  readonly flip?: { readonly x?: boolean; readonly y?: boolean };
  /**
   * A factor f takes x to floor(x / f), a size takes x to floor(x * width / W). A cell adds its pixels (`sum`) or
   * takes their largest (`max`).
   */
  readonly downsample?: Downsample;
}

/** A coarser grid of cells. */
export type Downsample =
  | { readonly factor: number; readonly mode?: "sum" | "max" }
  | { readonly width: number; readonly height: number; readonly mode?: "sum" | "max" };

/** Most steps that are made without being asked for, and at all. */
export const maxSteps = 10_000_000;
/** Most cells of a step: indices are 32 bits wide, and a dense step is a scratch array. */
export const maxCells: number = 2 ** 26;

/** @throws E_BIN_OPTION for a value that is no positive integer */
export function assertPositive(name: string, value: number, most: number = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isInteger(value) || value < 1 || value > most)
    throw eventsError("E_BIN_OPTION", name, {
      why: `${name} is ${value}`,
      hint:
        most === Number.MAX_SAFE_INTEGER ? "It is a positive integer" : `It is an integer of 1 to ${most}`,
    });
}
