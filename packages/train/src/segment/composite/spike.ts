/** The spike as a tfjs operation: a step forward, the surrogate backward. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../../diagnostics.ts";
import { sumTo } from "../../parameter/straight-through.ts";
import type { Surrogate } from "../../surrogate/surrogate.ts";
import { derivativeTensor, smoothSpike } from "../../surrogate/surrogate-tensor.ts";
import { truth } from "../../tfjs/truth.ts";

/** How a spike is tested and what stands for its derivative. */
export interface SpikeTest {
  readonly compare: "gt" | "ge";
  readonly surrogate: Surrogate;
  /** False gives the smooth primitive. */
  readonly spiking: boolean;
}

/**
 * s = H(u − θ), with ∂s/∂u = h and ∂s/∂θ = −h (−h·u/θ for surrogates that are normalized by θ).
 *
 * @throws E_SMOOTH_SURROGATE for a smooth run without a primitive
 */
export function spike(u: tf.Tensor, theta: tf.Tensor, { compare, surrogate, spiking }: SpikeTest): tf.Tensor {
  if (!spiking) {
    const smooth = smoothSpike(surrogate, u, theta);
    if (smooth === undefined) throw trainError("E_SMOOTH_SURROGATE", "surrogate", { kind: surrogate.kind });
    return smooth;
  }
  return tf.customGrad((a, b, save) => {
    const [membrane, threshold] = [a as tf.Tensor, b as tf.Tensor];
    (save as tf.GradSaveFunc)([membrane, threshold]);
    const fired = compare === "gt" ? tf.greater(membrane, threshold) : tf.greaterEqual(membrane, threshold);
    return {
      value: truth(fired),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [v, limit] = saved as [tf.Tensor, tf.Tensor];
        const dU = tf.mul(dy, derivativeTensor(surrogate, v, limit));
        const back = surrogate.normalize === "threshold" ? tf.mul(dU, tf.div(v, limit)) : dU;
        return [dU, sumTo(tf.neg(back), limit.shape)];
      },
    };
  })(u, theta);
}
