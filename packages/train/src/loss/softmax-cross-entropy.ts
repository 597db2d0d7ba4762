/** Cross entropy of a softmax, with its gradient in closed form. */
import * as tf from "@tensorflow/tfjs-core";
import { assertLabels } from "./assert-target.ts";
import { closedForm } from "./closed-form.ts";
import { oneHot } from "./one-hot.ts";

/** softmax(z) over the last axis, from numbers shifted by their maximum. */
export function softmaxRows(z: tf.Tensor2D): tf.Tensor2D {
  const e = tf.exp(tf.sub(z, tf.max(z, 1, true)));
  return tf.div(e, tf.sum(e, 1, true));
}

/** ln softmax(z) over the last axis. */
export function logSoftmaxRows(z: tf.Tensor2D): tf.Tensor2D {
  const shifted = tf.sub(z, tf.max(z, 1, true));
  return tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), 1, true)));
}

/**
 * L = mean over rows of −ln softmax(z/τ)[y], ∂L/∂z = (softmax(z/τ) − onehot(y)) / (B τ).
 *
 * @param logits `[B, C]`
 * @param labels B classes of 0 … C − 1
 * @throws E_TRAIN_DATA for labels outside
 * @example softmaxCrossEntropy([[3, 1, 0], [2, 2, 4]], [0, 1]) // 1.204695392889
 */
export function softmaxCrossEntropy(logits: tf.Tensor2D, labels: Int32Array, temperature = 1): tf.Scalar {
  const [rows, classes] = logits.shape;
  assertLabels(labels, rows, classes);
  return closedForm(logits, (z) => {
    const scaled = tf.div(z, temperature) as tf.Tensor2D;
    const wanted = oneHot(labels, classes) as tf.Tensor2D;
    const value = tf.div(tf.neg(tf.sum(tf.mul(wanted, logSoftmaxRows(scaled)))), rows);
    const slope = tf.div(tf.sub(softmaxRows(scaled), wanted), rows * temperature);
    return { value, slope };
  });
}
