/** What an optimizer is to the trainer: it moves typed arrays, whatever backend the variables lie on. */
import type { ParameterRole } from "../model/trainable-model.ts";

/** A parameter's role; `scale` are values that transforms learn. */
export type UpdateRole = ParameterRole | "scale";

/** One variable in one step. */
export interface Update {
  /** Name that is stable across runs: `fc1.weight`. */
  readonly key: string;
  readonly role: UpdateRole;
  readonly shape: readonly number[];
  /** Raw values before the step; read only. */
  readonly values: Float32Array;
  /** Clipped gradient; read only. */
  readonly gradient: Float32Array;
  /** 0 where an entry is pruned: its moments stay 0. */
  readonly mask?: Float32Array;
  /** Times the learning rate of the step. */
  readonly multiplier: number;
}

/** Moments by `key/slot`, and the number of steps done. */
export interface OptimizerState {
  readonly steps: number;
  readonly slots: ReadonlyMap<string, Float32Array>;
}

/** A rule that turns gradients into steps. Owned by one trainer. */
export interface Optimizer {
  readonly name: string;
  /** Base learning rate. */
  readonly lr: number;
  /**
   * New values, in the order of the updates.
   *
   * @param rate learning rate of this step
   */
  apply(updates: readonly Update[], rate: number): readonly Float32Array[];
  /** Everything that a later {@link Optimizer.restore} needs. */
  state(): OptimizerState | Promise<OptimizerState>;
  /** @throws E_CHECKPOINT where the state is not one of this optimizer */
  restore(state: OptimizerState): void | Promise<void>;
}

/** Which roles weight decay is applied to: weights alone; never leaks or thresholds. */
export function decays(role: UpdateRole): boolean {
  return role === "weight";
}
