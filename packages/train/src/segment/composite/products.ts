/** Dense products and window gathers of tfjs operations whose gradients are right on every backend. */
import * as tf from "@tensorflow/tfjs-core";
import type { ConvSpec } from "../../model/node-spec.ts";

/**
 * x[R, in] · Wᵀ[in, out] for W stored `[out, in]`. Gradients transpose explicitly: products with transpose flags are
 * a scalar path on the wasm backend.
 */
export function denseProduct(x: tf.Tensor2D, weight: tf.Tensor2D): tf.Tensor2D {
  const product = tf.customGrad((a, b, save) => {
    const [input, w] = [a as tf.Tensor2D, b as tf.Tensor2D];
    (save as tf.GradSaveFunc)([input, w]);
    return {
      value: tf.matMul(input, tf.transpose(w)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [inputs, weights] = saved as [tf.Tensor2D, tf.Tensor2D];
        const rows = dy as tf.Tensor2D;
        return [tf.matMul(rows, weights), tf.matMul(tf.transpose(rows), inputs)];
      },
    };
  });
  return product(x, weight) as tf.Tensor2D;
}

/** Windows of NCHW images: one `[R, outH, outW, C]` per tap of the kernel, rows of the kernel first. */
function windowTaps(x: tf.Tensor4D, geometry: ConvSpec["geometry"]): tf.Tensor4D[] {
  const { input, output, kernel, stride, padding, dilation } = geometry;
  const [, h, w] = input;
  const [, outH, outW] = output;
  // Long enough that every tap may be cut into outH pieces of a whole stride.
  const tall = Math.max(h + padding[0], dilation[0] * (kernel[0] - 1) + outH * stride[0]);
  const wide = Math.max(w + padding[1], dilation[1] * (kernel[1] - 1) + outW * stride[1]);
  const nhwc = tf.transpose(x, [0, 2, 3, 1]);
  const padded = tf.pad(nhwc, [
    [0, 0],
    [padding[0], tall - h - padding[0]],
    [padding[1], wide - w - padding[1]],
    [0, 0],
  ]);
  const [rows = 0, , , c = 0] = padded.shape;
  const taps: tf.Tensor4D[] = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    const band = tf.slice(padded, [0, ky * dilation[0], 0, 0], [rows, outH * stride[0], wide, c]);
    const lines = every(tf.reshape(band, [rows, outH, stride[0], wide * c]));
    const flat = tf.reshape(lines, [rows * outH, wide, c]);
    for (let kx = 0; kx < kernel[1]; kx++) {
      const part = tf.slice(flat, [0, kx * dilation[1], 0], [rows * outH, outW * stride[1], c]);
      const pixels = every(tf.reshape(part, [rows * outH, outW, stride[1], c]));
      taps.push(tf.reshape(pixels, [rows, outH, outW, c]));
    }
  }
  return taps;
}

/** First of each group of a stride. */
function every(x: tf.Tensor4D): tf.Tensor4D {
  const [a = 0, b = 0, stride = 1, d = 0] = x.shape;
  return stride === 1 ? x : tf.slice(x, [0, 0, 0, 0], [a, b, 1, d]);
}

/** Cross-correlation of NCHW images with weights `[outC, C/groups, kH, kW]`; without bias. */
export function convolve(x: tf.Tensor4D, weight: tf.Tensor, geometry: ConvSpec["geometry"]): tf.Tensor4D {
  const { input, output, kernel, groups } = geometry;
  const [inG, outG] = [input[0] / groups, output[0] / groups];
  const [outC, outH, outW] = output;
  const rows = x.shape[0];
  const taps = windowTaps(x, geometry);
  const filters = tf.reshape(weight, [outC, inG, kernel[0] * kernel[1]]);
  const parts = Array.from({ length: groups }, (_, g) => {
    const columns = taps.map((tap) =>
      groups === 1 ? tap : tf.slice(tap, [0, 0, 0, g * inG], [rows, outH, outW, inG]),
    );
    const windows = tf.reshape(tf.concat(columns, 3), [rows * outH * outW, columns.length * inG]);
    const own = tf.slice(filters, [g * outG, 0, 0], [outG, inG, columns.length]);
    const matrix = tf.reshape(tf.transpose(own, [0, 2, 1]), [outG, columns.length * inG]);
    return denseProduct(windows as tf.Tensor2D, matrix as tf.Tensor2D);
  });
  const joined = parts.length === 1 ? (parts[0] as tf.Tensor2D) : tf.concat(parts, 1);
  return tf.transpose(tf.reshape(joined, [rows, outH, outW, outC]), [0, 3, 1, 2]) as tf.Tensor4D;
}

/** Window sums of NCHW images, times `scale`. */
export function pool(x: tf.Tensor4D, scale: number, geometry: ConvSpec["geometry"]): tf.Tensor4D {
  const taps = windowTaps(x, geometry);
  const sum = taps.reduce((total, tap) => tf.add(total, tap));
  return tf.transpose(scale === 1 ? sum : tf.mul(sum, scale), [0, 3, 1, 2]) as tf.Tensor4D;
}
