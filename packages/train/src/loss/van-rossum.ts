/** Distance of two spike trains after an exponential filter (van Rossum, Neural Computation 13, 2001). */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { closedForm } from "./closed-form.ts";
import type { Loss } from "./loss.ts";
import { countReadout, flatSequence } from "./readout.ts";

/** Options of {@link vanRossum}. */
export interface VanRossumOptions {
  /** Time constant of the filter, in the unit of `dt`. */
  readonly tau: number;
  /** Time step. Default 1: tau counts steps. */
  readonly dt?: number;
}

/**
 * f[t] = e^(−dt/τ) f[t−1] + s[t] − ŝ[t], L = (dt/τ) Σ f[t]²/B summed over neurons, against `target.sequence`;
 * ∂L/∂s[t] = (2dt/τ) G[t]/B with G[t] = f[t] + e^(−dt/τ) G[t+1].
 *
 * @throws E_TRAIN_DATA without a target sequence of the output's shape
 */
export function vanRossum({ tau, dt = 1 }: VanRossumOptions): Loss {
  if (!(tau > 0 && dt > 0))
    throw trainError("E_TRAIN_OPTION", "loss.tau", { why: `tau ${tau} and dt ${dt} are to be positive` });
  const decay = Math.exp(-dt / tau);
  return {
    name: "van-rossum",
    readout: countReadout,
    compute: (output, { sequence }) => {
      const spikes = flatSequence(output);
      const [steps, batch] = spikes.shape;
      if (sequence === undefined || sequence.size !== spikes.size)
        throw trainError("E_TRAIN_DATA", "target.sequence", {
          why:
            sequence === undefined
              ? "There is no wanted spike train"
              : `It has shape [${sequence.shape}], the output [${spikes.shape}]`,
        });
      if (steps === 0) return tf.scalar(0);
      return closedForm(spikes, (s) => {
        const errors = tf.unstack(tf.sub(s, tf.reshape(sequence, spikes.shape)), 0);
        const filtered = recurrence(errors, decay);
        const back = recurrence([...filtered].reverse(), decay).reverse();
        const slope = tf.mul(tf.stack(back, 0), (2 * dt) / (tau * batch));
        const value = tf.mul(tf.sum(tf.square(tf.stack(filtered, 0))), dt / (tau * batch));
        return { value, slope };
      });
    },
  };
}

/** y[k] = x[k] + decay·y[k−1]. */
function recurrence(steps: readonly tf.Tensor[], decay: number): tf.Tensor[] {
  const made: tf.Tensor[] = [];
  for (const step of steps) {
    const before = made.at(-1);
    made.push(before === undefined ? step : tf.add(step, tf.mul(before, decay)));
  }
  return made;
}
