/** Indices as rows of ones and zeros; `tf.oneHot` refuses a depth of 1. */
import * as tf from "@tensorflow/tfjs-core";
import { truth } from "../tfjs/truth.ts";

/** `[...shape]` of indices as `[...shape, depth]` of `on` where the index is, else `off`. */
export function oneHot(indices: tf.Tensor | Int32Array, depth: number, on = 1, off = 0): tf.Tensor {
  const at = indices instanceof Int32Array ? tf.tensor1d(indices, "int32") : indices;
  const hit = truth(tf.equal(tf.expandDims(at, -1), tf.range(0, depth, 1, "int32")));
  return on === 1 && off === 0 ? hit : tf.add(tf.mul(hit, on - off), off);
}
