/** A signal of a whole sequence: what a node put out in every step, as tfjs tensors. */
import type { EventBatch } from "@nirkit/events";
import * as tf from "@tensorflow/tfjs-core";
import { valuesNow } from "../tfjs/read-values.ts";

/** A sequence `[T, B, ...features]`, differentiable. */
export interface SeqTensor {
  /** `spikes` of a spiking node, else values (membrane of a readout, sum of currents). */
  readonly kind: "spikes" | "membrane";
  /** `[T, B, ...features]`. */
  dense(): tf.Tensor;
  /** Sum over the steps, `[B, ...features]`. */
  counts(): tf.Tensor;
  /**
   * Entries that are not 0, by row t·B + b; not differentiable. Values are left out where all are 1.
   *
   * @throws E_SYNC_READ on the backend webgpu
   */
  events(): EventBatch;
}

/** A sequence that lies in a dense tensor. */
export function seqTensor(kind: SeqTensor["kind"], dense: tf.Tensor): SeqTensor {
  return { kind, dense: () => dense, counts: () => tf.sum(dense, 0), events: () => eventsOf(dense) };
}

function eventsOf(dense: tf.Tensor): EventBatch {
  const [steps = 0, batch = 0, ...shape] = dense.shape;
  const values = valuesNow(dense, "SeqTensor.events");
  const size = shape.reduce((a, b) => a * b, 1);
  const start = new Uint32Array(steps * batch + 1);
  const [index, value]: [number[], number[]] = [[], []];
  for (let row = 0; row < steps * batch; row++) {
    for (let at = 0; at < size; at++) {
      const x = values[row * size + at] as number;
      if (x === 0) continue;
      index.push(at);
      value.push(x);
    }
    start[row + 1] = index.length;
  }
  return {
    kind: "events",
    steps,
    batch,
    shape,
    start,
    index: Uint32Array.from(index),
    ...(value.every((x) => x === 1) ? {} : { value: Float32Array.from(value) }),
    labels: new Int32Array(batch).fill(-1),
  };
}
