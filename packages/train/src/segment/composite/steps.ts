/** A sequence as its steps. */
import * as tf from "@tensorflow/tfjs-core";

/** `[T, …]` as T tensors. The gradient of `tf.unstack` throws where there is only one. */
export function stepsOf(x: tf.Tensor): tf.Tensor[] {
  return x.shape[0] === 1 ? [tf.reshape(x, x.shape.slice(1))] : tf.unstack(x);
}
