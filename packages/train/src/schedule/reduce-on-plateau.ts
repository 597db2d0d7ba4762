/** A learning rate that falls when the monitored value no longer improves. */
import { z } from "zod";
import { trainError } from "../diagnostics.ts";
import type { Schedule } from "./schedule.ts";

/** Options of {@link reduceOnPlateau}. */
export interface PlateauOptions {
  /** Factor of each fall. Default 0.1. */
  readonly factor?: number;
  /** Epochs without improvement before a fall. Default 10. */
  readonly patience?: number;
  /** Least improvement that counts, relative. Default 1e-4. */
  readonly threshold?: number;
  /** `min` (default) for losses, `max` for accuracies. */
  readonly mode?: "min" | "max";
  /** Smallest factor. Default 0. */
  readonly floor?: number;
}

const plateauState = z.object({ best: z.number().nullable(), waited: z.int().min(0), factor: z.number() });

/** Multiplies by `factor` after `patience` epochs without improvement; remembers, so checkpoints keep its state. */
export function reduceOnPlateau(options: PlateauOptions = {}): Schedule {
  const { factor = 0.1, patience = 10, threshold = 1e-4, mode = "min", floor = 0 } = options;
  let state: z.infer<typeof plateauState> = { best: null, waited: 0, factor: 1 };
  const improves = (value: number, best: number): boolean =>
    mode === "min" ? value < best - Math.abs(best) * threshold : value > best + Math.abs(best) * threshold;
  return {
    name: "reduce-on-plateau",
    at: () => state.factor,
    observe: (value) => {
      if (state.best === null || improves(value, state.best)) {
        state = { ...state, best: value, waited: 0 };
        return;
      }
      const waited = state.waited + 1;
      state =
        waited > patience
          ? { ...state, waited: 0, factor: Math.max(floor, state.factor * factor) }
          : { ...state, waited };
    },
    state: () => state,
    restore: (saved) => {
      const read = plateauState.safeParse(saved);
      if (!read.success)
        throw trainError("E_CHECKPOINT", "schedule", { why: "The state of the plateau schedule is damaged" });
      state = read.data;
    },
  };
}
