/** Truth values as numbers. */
import * as tf from "@tensorflow/tfjs-core";

/**
 * 1 where the condition holds, else 0, float32.
 *
 * A cast alone leaves integers in the buffer of the webgpu backend (tfjs 4.22), which its transpositions and reductions
 * over leading axes then read wrongly, without an error; a product writes floats.
 */
export function truth(condition: tf.Tensor): tf.Tensor {
  return tf.mul(tf.cast(condition, "float32"), 1);
}
