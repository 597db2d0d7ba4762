/** Surrogate derivatives and smooth spikes as tfjs expressions. */
import * as tf from "@tensorflow/tfjs-core";
import { valuesNow } from "../tfjs/read-values.ts";
import { type Surrogate, type SurrogateKind, surrogateDerivative } from "./surrogate.ts";

/** h for membranes `u` and thresholds that broadcast to them. Not differentiable itself. */
export function derivativeTensor(surrogate: Surrogate, u: tf.Tensor, theta: tf.Tensor): tf.Tensor {
  const { levels = 1, normalize = "none" } = surrogate;
  if (surrogate.kind === "custom") return customTensor(surrogate, u, theta);
  return tf.tidy(() => {
    let sum: tf.Tensor | undefined;
    for (let level = 1; level <= levels; level++) {
      const d = tf.sub(u, tf.mul(theta, level));
      const h =
        normalize === "threshold"
          ? tf.div(base(surrogate, tf.div(d, theta), tf.scalar(1)), theta)
          : base(surrogate, d, theta);
      sum = sum === undefined ? h : tf.add(sum, h);
    }
    return sum ?? tf.zerosLike(u);
  });
}

function base(surrogate: SurrogateKind, d: tf.Tensor, theta: tf.Tensor): tf.Tensor {
  const size = tf.abs(d);
  switch (surrogate.kind) {
    case "fastSigmoid":
      return fast(size, surrogate.k);
    case "atan":
      return tf.div(surrogate.alpha / 2, tf.add(1, tf.square(tf.mul(d, (Math.PI / 2) * surrogate.alpha))));
    case "sigmoid": {
      // By e^−k|d|: 1 − σ would lose its digits where σ is near 1.
      const e = tf.exp(tf.mul(size, -surrogate.k));
      return tf.div(tf.mul(e, surrogate.k), tf.square(tf.add(1, e)));
    }
    case "triangular":
      return tf.mul(surrogate.gamma, tf.relu(tf.sub(1, tf.div(size, surrogate.w))));
    case "exponential": {
      const width = tf.mul(theta, surrogate.w);
      return tf.mul(tf.div(surrogate.scale, width), tf.exp(tf.neg(tf.div(size, width))));
    }
    case "periodicExponential": {
      const place = tf.add(tf.div(d, theta), 0.5);
      const above = tf.abs(tf.mul(theta, tf.sub(tf.sub(place, tf.floor(place)), 0.5)));
      const below = tf.cast(tf.less(d, 0), "float32");
      const p = tf.add(tf.mul(below, size), tf.mul(tf.sub(1, below), above));
      return tf.div(tf.exp(tf.div(p, -surrogate.w)), theta);
    }
    case "gaussian":
      return normal(d, 0, surrogate.sigma);
    case "multiGaussian": {
      const { sigma, h, s } = surrogate;
      const sides = tf.add(normal(d, sigma, s * sigma), normal(d, -sigma, s * sigma));
      return tf.sub(tf.mul(1 + h, normal(d, 0, sigma)), tf.mul(h, sides));
    }
    case "boxcar":
      return tf.mul(tf.cast(tf.lessEqual(size, surrogate.w / 2), "float32"), 1 / surrogate.w);
    case "straightThrough":
      return tf.onesLike(d);
    case "sparseFastSigmoid":
      return tf.mul(tf.cast(tf.less(size, surrogate.bound), "float32"), fast(size, surrogate.k));
    case "custom":
      return customTensor(surrogate, d, tf.scalar(0));
    default:
      return surrogate satisfies never;
  }
}

function fast(size: tf.Tensor, k: number): tf.Tensor {
  return tf.div(1, tf.square(tf.add(1, tf.mul(size, k))));
}

function normal(d: tf.Tensor, mean: number, sigma: number): tf.Tensor {
  const z = tf.div(tf.sub(d, mean), sigma);
  return tf.mul(tf.exp(tf.mul(tf.square(z), -0.5)), 1 / (sigma * Math.sqrt(2 * Math.PI)));
}

/** A user's function, entry by entry. */
function customTensor(surrogate: Surrogate, u: tf.Tensor, theta: tf.Tensor): tf.Tensor {
  const full = tf.tidy(() => tf.add(tf.zerosLike(u), theta));
  const what = "customSurrogate";
  const [values, thetas] = [valuesNow(u, what), valuesNow(full, what)];
  full.dispose();
  const h = Float32Array.from(values, (value, i) => surrogateDerivative(surrogate, value, thetas[i] ?? 0));
  return tf.tensor(h, u.shape, "float32");
}

/**
 * The smooth spike P, differentiable with h as its derivative.
 *
 * @returns undefined for surrogates without a primitive
 */
export function smoothSpike(surrogate: Surrogate, u: tf.Tensor, theta: tf.Tensor): tf.Tensor | undefined {
  const { levels = 1, normalize = "none" } = surrogate;
  let sum: tf.Tensor | undefined;
  for (let level = 1; level <= levels; level++) {
    const distance = tf.sub(u, tf.mul(theta, level));
    const value =
      normalize === "threshold"
        ? primitive(surrogate, tf.div(distance, theta), tf.scalar(1))
        : primitive(surrogate, distance, theta);
    if (value === undefined) return undefined;
    sum = sum === undefined ? value : tf.add(sum, value);
  }
  return sum;
}

function primitive(surrogate: SurrogateKind, d: tf.Tensor, theta: tf.Tensor): tf.Tensor | undefined {
  switch (surrogate.kind) {
    case "fastSigmoid":
      return tf.add(0.5, tf.div(d, tf.add(1, tf.mul(tf.abs(d), surrogate.k))));
    case "atan":
      return tf.add(0.5, tf.div(tf.atan(tf.mul(d, (Math.PI / 2) * surrogate.alpha)), Math.PI));
    case "sigmoid":
      return tf.sigmoid(tf.mul(d, surrogate.k));
    case "triangular": {
      // γ·(w − (w − |x|)²/(2w)) above 0 and its mirror below, with |x| cut at w.
      const { gamma, w } = surrogate;
      const rise = tf.relu(tf.sub(w, tf.relu(tf.neg(d))));
      const fall = tf.relu(tf.sub(w, tf.relu(d)));
      return tf.mul(gamma / (2 * w), tf.add(tf.sub(tf.square(rise), tf.square(fall)), w * w));
    }
    case "exponential": {
      const width = tf.mul(theta, surrogate.w);
      const low = tf.exp(tf.div(tf.neg(tf.relu(tf.neg(d))), width));
      const high = tf.sub(1, tf.exp(tf.div(tf.neg(tf.relu(d)), width)));
      return tf.mul(surrogate.scale, tf.add(low, high));
    }
    case "straightThrough":
      return d;
    default:
      return undefined;
  }
}
