/** Values with gradients that are known in closed form: one node on the tape instead of one per operation. */
import * as tf from "@tensorflow/tfjs-core";

/** A value and its derivative by x. */
interface ClosedForm {
  readonly value: tf.Tensor;
  readonly slope: tf.Tensor;
}

/**
 * f(x) whose gradient by x is `dy · slope`.
 *
 * @param spread brings dy to a shape that multiplies the slope
 */
export function closedForm<Y extends tf.Tensor>(
  x: tf.Tensor,
  f: (x: tf.Tensor) => ClosedForm,
  spread: (dy: tf.Tensor) => tf.Tensor = (dy) => dy,
): Y {
  const op = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [tf.Tensor, tf.GradSaveFunc];
    const { value, slope } = f(input);
    save([slope]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [saved]: tf.Tensor[]) => tf.mul(saved as tf.Tensor, spread(dy)),
    };
  });
  return op(x) as Y;
}
