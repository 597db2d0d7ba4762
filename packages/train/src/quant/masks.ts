/** Masks of weights: where they come from, and how they follow training. */
import * as tf from "@tensorflow/tfjs-core";
import type { Parameter, TrainableModel } from "../model/trainable-model.ts";
import { valuesNow } from "../tfjs/read-values.ts";

/** What is known when masks may change. */
export interface MaskStep {
  readonly step: number;
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** Of the step before, clipped, by name of the parameter; empty before the first one, and after a checkpoint. */
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

/** Gives masks; asked before every step. What it says depends on step, weights and gradients alone. */
export interface MaskProvider {
  readonly name: string;
  /** The mask of a parameter (1 keeps, 0 prunes) in its shape; undefined where it has not changed. */
  mask(parameter: Parameter, step: number): Float32Array | undefined;
  /** Told before each step, by providers that watch the weights. */
  onStep?(info: MaskStep): void;
}

/**
 * Keeps the largest weights of every layer, growing sparser from `from` to `to` steps along 1 − (1 − x)³ (Zhu and Gupta
 * 2017). Ties keep the lower index.
 *
 * `sparsity` is the share of weights that is pruned in the end.
 *
 * @example magnitudeMasks({ sparsity: 0.5 }) // half of every weight, at once
 */
export function magnitudeMasks(options: {
  readonly sparsity: number;
  readonly from?: number;
  readonly to?: number;
  /** Steps between two masks. Default 1. */
  readonly every?: number;
}): MaskProvider {
  const { sparsity, from = 0, to = from, every = 1 } = options;
  return {
    name: "magnitude",
    mask: (parameter, step) => {
      if (parameter.role !== "weight" || step < from || step > to || (step - from) % every !== 0)
        return undefined;
      const progress = to === from ? 1 : (step - from) / (to - from);
      const share = sparsity * (1 - (1 - progress) ** 3);
      const weights = valuesNow(parameter.variable, "magnitudeMasks");
      const old = parameter.mask && valuesNow(parameter.mask, "magnitudeMasks");
      const order = Array.from(weights.keys()).sort(
        (a, b) => size(weights, old, b) - size(weights, old, a) || a - b,
      );
      const mask = new Float32Array(weights.length);
      const kept = weights.length - Math.floor(share * weights.length);
      for (const at of order.slice(0, kept)) mask[at] = 1;
      return mask;
    },
  };
}

/** Magnitude, below all others where the weight is pruned already. */
function size(weights: ArrayLike<number>, mask: ArrayLike<number> | undefined, at: number): number {
  return mask !== undefined && mask[at] === 0 ? -1 : Math.abs(weights[at] as number);
}

/** Asks a provider for the masks of a model and sets those that changed; pruned weights become 0 in the variable too. */
export function applyMasks(
  model: TrainableModel,
  provider: MaskProvider,
  step: number,
  gradients: ReadonlyMap<string, Float32Array> = new Map(),
): void {
  provider.onStep?.({ step, parameters: model.parameters, gradients });
  for (const parameter of model.parameters.values()) {
    const values = provider.mask(parameter, step);
    if (values === undefined) continue;
    tf.tidy(() => {
      const mask = tf.tensor(values, parameter.variable.shape, "float32");
      parameter.mask = mask;
      parameter.variable.assign(tf.mul(parameter.variable, mask));
    });
  }
}
