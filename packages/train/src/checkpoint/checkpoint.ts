/** Checkpoints while training. */
import { z } from "zod";
import { trainError } from "../diagnostics.ts";
import type { Callback } from "../trainer/callback.ts";
import { monitored } from "../trainer/events.ts";
import { type CheckpointFiles, checkpointFiles } from "./checkpoint-files.ts";

/** Where checkpoints lie. Names sort by age within a kind; what `save` returned from is there whole, or not at all. */
export interface CheckpointStore {
  /** Keeps files under a kind (`last`, `best`) and a number; older ones of the kind may go. */
  save(kind: "last" | "best", number: number, files: CheckpointFiles): Promise<void>;
  /** The newest checkpoint of a kind; undefined where there is none. */
  load(kind: "last" | "best"): Promise<CheckpointFiles | undefined>;
  /** Removes all checkpoints. */
  clear(): Promise<void>;
}

/** Options of {@link checkpoint}. */
export interface CheckpointOptions {
  readonly store: CheckpointStore;
  /** Epochs between two checkpoints. Default 1. */
  readonly every?: number;
  /** Steps between two checkpoints, beside those at the end of epochs. */
  readonly everySteps?: number;
  /** Keeps the checkpoint of the epoch where this value was best: `val.accuracy`. */
  readonly keepBest?: string;
}

const bestState = z.object({ best: z.number().nullable() });

/** Writes a checkpoint every so often, the best one where asked for, and the last one when the run ends. */
export function checkpoint(options: CheckpointOptions): Callback {
  const { store, every = 1, everySteps, keepBest } = options;
  let best: number | null = null;
  let saved = -1;
  return {
    name: "checkpoint",
    onStep: async (event, trainer) => {
      if (everySteps === undefined || event.step % everySteps !== 0) return;
      // The last batch of an epoch is followed by the epoch's own checkpoint, which knows its validation.
      if (event.batch === event.batches) return;
      saved = event.step;
      await store.save("last", event.step, await checkpointFiles(trainer));
    },
    onEpoch: async (event, trainer) => {
      const value = keepBest === undefined ? undefined : monitored(event, keepBest);
      if (keepBest !== undefined && value === undefined)
        throw trainError("E_TRAIN_OPTION", "checkpoint.keepBest", { why: `There is no value ${keepBest}` });
      const lower = keepBest?.endsWith("loss") === true;
      if (value !== undefined && (best === null || (lower ? value < best : value > best))) {
        best = value;
        await store.save("best", event.step, await checkpointFiles(trainer));
      }
      if ((event.epoch + 1) % every === 0) {
        saved = event.step;
        await store.save("last", event.step, await checkpointFiles(trainer));
      }
      return undefined;
    },
    onEnd: async (trainer) => {
      const { step } = trainer.position;
      if (saved !== step) await store.save("last", step, await checkpointFiles(trainer));
    },
    state: () => ({ best }),
    restore: (state) => {
      const read = bestState.safeParse(state);
      if (!read.success)
        throw trainError("E_CHECKPOINT", "callbacks", { why: "The state of the checkpoints is damaged" });
      ({ best } = read.data);
    },
  };
}
