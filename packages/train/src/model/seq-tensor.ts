/** A signal of a whole sequence: what a node put out in every step, as tfjs tensors. */
import * as tf from "@tensorflow/tfjs-core";

/** A sequence `[T, B, ...features]`, differentiable. */
export interface SeqTensor {
  /** `spikes` of a spiking node, else values (membrane of a readout, sum of currents). */
  readonly kind: "spikes" | "membrane";
  /** `[T, B, ...features]`. */
  dense(): tf.Tensor;
  /** Sum over the steps, `[B, ...features]`. */
  counts(): tf.Tensor;
}

/** A sequence that lies in a dense tensor. */
export function seqTensor(kind: SeqTensor["kind"], dense: tf.Tensor): SeqTensor {
  return { kind, dense: () => dense, counts: () => tf.sum(dense, 0) };
}
