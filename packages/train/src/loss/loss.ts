/** What a loss is to the trainer. */
import type * as tf from "@tensorflow/tfjs-core";
import type { SeqTensor } from "../model/seq-tensor.ts";

/** What the output is compared with. */
export interface Target {
  /** Class of each sample, B entries. */
  readonly labels: Int32Array;
  /** Wanted output `[T, B, ...features]`, for losses on sequences. */
  readonly sequence?: tf.Tensor;
  /** Logits `[B, C]` of a teacher, for distillation. */
  readonly teacher?: tf.Tensor;
}

/** A scalar to minimize, and the numbers a class is read from. */
export interface Loss {
  readonly name: string;
  /** `[B, C]`: the largest entry names the class. */
  readout(output: SeqTensor): tf.Tensor2D;
  /** Mean over the batch, differentiable. */
  compute(output: SeqTensor, target: Target): tf.Scalar;
}
