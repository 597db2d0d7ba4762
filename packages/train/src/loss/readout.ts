/** From a sequence to one number per sample and class. */
import * as tf from "@tensorflow/tfjs-core";
import type { SeqTensor } from "../model/seq-tensor.ts";
import { closedForm } from "./closed-form.ts";
import { oneHot } from "./one-hot.ts";

/** `[T, B, ...features]` as `[T, B, N]`. */
export function flatSequence(output: SeqTensor): tf.Tensor3D {
  const dense = output.dense();
  const [steps = 0, batch = 0] = dense.shape;
  return dense.rank === 3 ? (dense as tf.Tensor3D) : tf.reshape(dense, [steps, batch, -1]);
}

/** Sum over the steps, `[B, N]`: spike counts, or the summed membrane. */
export function countReadout(output: SeqTensor): tf.Tensor2D {
  const counts = output.counts();
  return counts.rank === 2 ? (counts as tf.Tensor2D) : tf.reshape(counts, [counts.shape[0] ?? 0, -1]);
}

/** Largest value over the steps; the gradient goes to the first step that has it. */
export function maxReadout(output: SeqTensor): tf.Tensor2D {
  return closedForm(
    flatSequence(output),
    (sequence) => {
      const first = oneHot(tf.argMax(sequence, 0), sequence.shape[0]);
      const slope = tf.transpose(first, [2, 0, 1]);
      return { value: tf.max(sequence, 0), slope };
    },
    (dy) => tf.expandDims(dy, 0),
  );
}

/** Mean over the steps. */
export function meanReadout(output: SeqTensor): tf.Tensor2D {
  return tf.mul(countReadout(output), 1 / stepsOf(output)) as tf.Tensor2D;
}

/** The last step. */
export function lastReadout(output: SeqTensor): tf.Tensor2D {
  const op = tf.customGrad((x) => {
    const sequence = x as tf.Tensor3D;
    const [steps, batch, size] = sequence.shape;
    const last = tf.reshape(tf.slice(sequence, [steps - 1, 0, 0], [1, batch, size]), [batch, size]);
    return {
      value: last as tf.Tensor2D,
      gradFunc: (dy: tf.Tensor) =>
        tf.concat([tf.zeros([steps - 1, batch, size]), tf.reshape(dy, [1, batch, size])], 0),
    };
  });
  return op(flatSequence(output)) as tf.Tensor2D;
}

/** Number of steps. */
export function stepsOf(output: SeqTensor): number {
  return output.dense().shape[0] ?? 0;
}
