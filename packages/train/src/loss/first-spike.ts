/** Losses on the time of the first spike. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { SeqTensor } from "../model/seq-tensor.ts";
import { assertLabels } from "./assert-target.ts";
import { closedForm } from "./closed-form.ts";
import type { Loss } from "./loss.ts";
import { oneHot } from "./one-hot.ts";
import { flatSequence } from "./readout.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

/**
 * Step of the first spike, `[B, N]`, T where there is none. The gradient is −1 at that step, as more drive there
 * makes the spike earlier, and 0 elsewhere; a silent neuron has it at the last step, so that it can learn to spike.
 *
 * @throws E_TRAIN_OPTION for an output of membranes
 */
export function firstSpikeTimes(output: SeqTensor): tf.Tensor2D {
  if (output.kind !== "spikes")
    throw trainError("E_TRAIN_OPTION", "loss", {
      why: "A loss on first spikes reads an output that has none: its values are membranes",
      hint: "End the network in LIF, CubaLIF or IF, or take a loss on membranes",
    });
  const fall = (spikes: tf.Tensor): { value: tf.Tensor; slope: tf.Tensor } => {
    const steps = spikes.shape[0] ?? 0;
    const silent = tf.sub(1, tf.max(spikes, 0));
    const at = tf.argMax(spikes, 0);
    const place = tf.where(tf.cast(silent, "bool"), tf.fill(at.shape, steps - 1, "int32"), at);
    const chosen = tf.transpose(oneHot(place, steps), [2, 0, 1]);
    return { value: tf.add(tf.cast(place, "float32"), silent), slope: tf.neg(chosen) };
  };
  return closedForm(flatSequence(output), fall, (dy) => tf.expandDims(dy, 0));
}

/** Cross entropy of softmax(−t/τ): the class that spikes first wins. */
export function firstSpikeCrossEntropy(options: { readonly temperature?: number } = {}): Loss {
  const { temperature = 1 } = options;
  const readout = (output: SeqTensor): tf.Tensor2D => tf.neg(firstSpikeTimes(output));
  return {
    name: "first-spike-cross-entropy",
    readout,
    compute: (output, { labels }) => softmaxCrossEntropy(readout(output), labels, temperature),
  };
}

/** Wanted steps of the first spike in {@link temporalMSE}. */
export interface TemporalTargets {
  /** Of the right class, as a share of the steps. Default 0.1. */
  readonly correct?: number;
  /** Of the others. Default 0.9. */
  readonly incorrect?: number;
}

/** mean(((t − target)/T)²) of the first spikes, over batch and classes. */
export function temporalMSE(targets: TemporalTargets = {}): Loss {
  const { correct = 0.1, incorrect = 0.9 } = targets;
  return {
    name: "temporal-mse",
    readout: (output) => tf.neg(firstSpikeTimes(output)),
    compute: (output, { labels }) => {
      const times = firstSpikeTimes(output);
      const [batch, classes] = times.shape;
      assertLabels(labels, batch, classes);
      const steps = flatSequence(output).shape[0];
      if (steps === 0) throw trainError("E_TRAIN_DATA", "output", { why: "There are no steps" });
      return closedForm(times, (t) => {
        const wanted = oneHot(labels, classes, correct * steps, incorrect * steps);
        const error = tf.div(tf.sub(t, wanted), steps);
        return {
          value: tf.mean(tf.square(error)),
          slope: tf.mul(error, 2 / (batch * classes * steps)),
        };
      });
    },
  };
}
