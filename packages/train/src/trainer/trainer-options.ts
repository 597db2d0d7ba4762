/** What a run of training is made of. */
import type { GradientClip } from "../optimizer/clip-gradients.ts";
import type { Optimizer, UpdateRole } from "../optimizer/optimizer.ts";
import type { MaskProvider } from "../quant/masks.ts";
import type { Schedule } from "../schedule/schedule.ts";
import type { Callback } from "./callback.ts";
import type { GradientEngine } from "./gradient-engine.ts";
import type { Objective } from "./objective.ts";
import type { TruncatedBptt } from "./windows.ts";

/** Options of a {@link Trainer}. */
export interface TrainerOptions extends Objective {
  readonly optimizer: Optimizer;
  /** Factor of the learning rate by step. */
  readonly schedule?: Schedule;
  /** Value that a schedule observes after each epoch. Default `val.loss`, without validation `loss`. */
  readonly scheduleMonitor?: string;
  /** Multipliers of the learning rate by role: `{ leak: 0.1, threshold: 0.1 }`. */
  readonly learningRates?: Readonly<Partial<Record<UpdateRole, number>>>;
  readonly gradClip?: GradientClip;
  readonly tbptt?: TruncatedBptt;
  /** Most samples of a forward pass: larger batches are cut and their gradients added. */
  readonly microBatch?: number;
  /** `carry` starts each batch in the state of the one before, for streams. Default `reset`. */
  readonly state?: "reset" | "carry";
  readonly callbacks?: readonly Callback[];
  /** Masks of weights, asked before every step: a schedule makes them grow while training. */
  readonly masks?: readonly MaskProvider[];
  /** Workers that compute gradients; without them this thread does. */
  readonly workers?: GradientEngine;
  /** Milliseconds, from anywhere: times in the events. */
  readonly clock?: () => number;
  /** Written into checkpoints and compared when continuing: the seed and whatever made the model. */
  readonly identity?: Readonly<Record<string, unknown>>;
}
