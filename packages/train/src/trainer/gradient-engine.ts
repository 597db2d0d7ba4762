/** Who computes the gradients of the parts of a batch: this thread, or workers. */
import { sliceSteps, type TrainBatch } from "../data/train-batch.ts";
import type { NetworkState, TrainableModel } from "../model/trainable-model.ts";
import { evaluationPass, type GradientResult, gradientPass, type Objective } from "./objective.ts";

/** One part of a batch, in one window. */
export interface PartRequest {
  readonly batch: TrainBatch;
  readonly step: number;
  readonly state?: NetworkState;
  readonly lossFrom: number;
  /** Steps after which the state is wanted, where that is before the end. */
  readonly stateAfter?: number;
}

/** Computes parts; the results are in the order of the parts. */
export interface GradientEngine {
  /** Parts that are computed at the same time. */
  readonly parallel: number;
  /** Losses, gradients and counts of some parts. */
  compute(parts: readonly PartRequest[]): Promise<readonly GradientResult[]>;
  /** Ends what it started. */
  close(): void | Promise<void>;
}

/** One part after the other, in this thread. */
export function localEngine(model: TrainableModel, objective: Objective): GradientEngine {
  return {
    parallel: 1,
    compute: async (parts) => {
      const results: GradientResult[] = [];
      for (const part of parts) results.push(await computePart(model, objective, part));
      return results;
    },
    close: () => {},
  };
}

/** Gradients of one part, with the state where the next window starts. */
export async function computePart(
  model: TrainableModel,
  objective: Objective,
  part: PartRequest,
): Promise<GradientResult> {
  const { stateAfter } = part;
  const result = await gradientPass(model, objective, part);
  if (stateAfter === undefined || stateAfter === part.batch.steps) return result;
  const { batch, step, state } = part;
  const request = {
    batch: sliceSteps(batch, 0, stateAfter),
    step,
    ...(state === undefined ? {} : { state }),
  };
  // Only the state is of interest: without metrics, and before the optimizer moves the weights.
  const { metrics: _, ...plain } = objective;
  return { ...result, state: (await evaluationPass(model, plain, request)).state };
}
