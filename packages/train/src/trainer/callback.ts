/** What may act between steps and epochs. */
import type { EpochEvent, StepEvent } from "./events.ts";
import type { Trainer } from "./trainer.ts";

/** An observer of a run. */
export interface Callback {
  readonly name: string;
  /** After each optimizer step. */
  onStep?(event: StepEvent, trainer: Trainer): void | Promise<void>;
  /** A text ends the run, and says why. */
  onEpoch?(event: EpochEvent, trainer: Trainer): string | undefined | Promise<string | undefined>;
  /** Once, when the run ends: after its last epoch, early, or (to be continued) because it was aborted. */
  onEnd?(trainer: Trainer, end: { readonly aborted: boolean }): void | Promise<void>;
  /** Plain JSON for checkpoints. */
  state?(): unknown;
  /** Takes back what {@link Callback.state} gave. */
  restore?(state: unknown): void;
}
