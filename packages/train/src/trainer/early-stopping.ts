/** Ends a run when the monitored value no longer improves, with the best weights. */
import { z } from "zod";
import { trainError } from "../diagnostics.ts";
import type { Callback } from "./callback.ts";
import { monitored } from "./events.ts";

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** `val.loss` (default), `val.accuracy`, `loss`, … */
  readonly monitor?: string;
  /** Epochs without improvement before the end. Default 10. */
  readonly patience?: number;
  /** Least improvement that counts. Default 0. */
  readonly minDelta?: number;
  /** Default: `min` for losses, `max` for everything else. */
  readonly mode?: "min" | "max";
  /** Puts the weights of the best epoch back at the end. Default true. */
  readonly restoreBest?: boolean;
}

const stoppingState = z.object({ best: z.number().nullable(), waited: z.int().min(0) });

/** @throws E_TRAIN_OPTION at the first epoch where nothing of that name is monitored */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const { monitor = "val.loss", patience = 10, minDelta = 0, restoreBest = true } = options;
  const mode = options.mode ?? (monitor.endsWith("loss") ? "min" : "max");
  let state: z.infer<typeof stoppingState> = { best: null, waited: 0 };
  return {
    name: `early-stopping/${monitor}`,
    onEpoch: async (event, trainer) => {
      const value = monitored(event, monitor);
      if (value === undefined)
        throw trainError("E_TRAIN_OPTION", "earlyStopping.monitor", {
          why: `There is no value ${monitor}`,
          hint: "Give the run validation data and the metric, or monitor loss",
        });
      const gain = state.best === null ? Infinity : mode === "min" ? state.best - value : value - state.best;
      if (gain > minDelta) {
        state = { best: value, waited: 0 };
        if (restoreBest) await trainer.keepBest();
        return undefined;
      }
      state = { ...state, waited: state.waited + 1 };
      return state.waited >= patience ? `${monitor} did not improve for ${patience} epochs` : undefined;
    },
    onEnd: (trainer, { aborted }) => {
      if (restoreBest && !aborted) trainer.restoreBest();
    },
    state: () => state,
    restore: (saved) => {
      const read = stoppingState.safeParse(saved);
      if (!read.success)
        throw trainError("E_CHECKPOINT", "callbacks", { why: "The state of early stopping is damaged" });
      state = read.data;
    },
  };
}
