/** Functions that go forward as they are and backward as if they were something smoother. */
import * as tf from "@tensorflow/tfjs-core";

/** The value without a gradient. */
export function detached(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((value) => ({
    value: tf.clone(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy),
  }))(x);
}

/**
 * clip(x, low, high); at and beyond a bound only gradients that lead back inside pass (a step against the gradient
 * goes inward).
 */
export function inwardClip(x: tf.Tensor, low: number, high: number): tf.Tensor {
  return tf.customGrad((value, save) => {
    const input = value as tf.Tensor;
    (save as tf.GradSaveFunc)([input]);
    return {
      value: tf.clipByValue(input, low, high),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const w = saved[0] as tf.Tensor;
        const above = tf.cast(tf.greaterEqual(w, high), "float32");
        const below = tf.cast(tf.lessEqual(w, low), "float32");
        const inside = tf.sub(tf.sub(1, above), below);
        const inward = tf.sub(tf.mul(above, tf.relu(dy)), tf.mul(below, tf.relu(tf.neg(dy))));
        return tf.add(tf.mul(inside, dy), inward);
      },
    };
  })(x);
}

/** round(x), half to even, with the gradient of x. */
export function straightRound(x: tf.Tensor): tf.Tensor {
  return tf.customGrad((value) => ({
    value: tf.round(value as tf.Tensor),
    gradFunc: (dy: tf.Tensor) => tf.clone(dy),
  }))(x);
}

/** Sum of `x` over the axes along which `shape` was broadcast. */
export function sumTo(x: tf.Tensor, shape: readonly number[]): tf.Tensor {
  const lead = x.rank - shape.length;
  const axes = x.shape.flatMap((n, axis) =>
    axis < lead || (shape[axis - lead] === 1 && n !== 1) ? [axis] : [],
  );
  return tf.reshape(axes.length === 0 ? x : tf.sum(x, axes), [...shape]);
}
