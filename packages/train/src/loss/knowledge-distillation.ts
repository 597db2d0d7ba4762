/** Learning from a teacher's logits (Hinton, Vinyals and Dean, arXiv 1503.02531). */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { closedForm } from "./closed-form.ts";
import type { Loss } from "./loss.ts";
import { logSoftmaxRows, softmaxRows } from "./softmax-cross-entropy.ts";

/** Options of {@link knowledgeDistillation}. */
export interface DistillationOptions {
  /** The loss of the labels, whose readout is compared with the teacher. */
  readonly base: Loss;
  /** Both logits are divided by it. Default 4. */
  readonly temperature?: number;
  /** Share of the teacher, 0 to 1. Default 0.5. */
  readonly alpha?: number;
}

/**
 * α τ² KL(softmax(teacher/τ) ‖ softmax(z/τ)) + (1 − α) base, with the teacher's logits in `target.teacher`.
 *
 * @throws E_TRAIN_DATA without them
 */
export function knowledgeDistillation(options: DistillationOptions): Loss {
  const { base, temperature = 4, alpha = 0.5 } = options;
  return {
    name: `distilled-${base.name}`,
    readout: base.readout,
    compute: (output, target) => {
      if (target.teacher === undefined)
        throw trainError("E_TRAIN_DATA", "target.teacher", { why: "There are no logits of a teacher" });
      const student = base.readout(output);
      const soft = tempered(student, target.teacher as tf.Tensor2D, temperature);
      return tf.add(tf.mul(soft, alpha), tf.mul(base.compute(output, target), 1 - alpha)) as tf.Scalar;
    },
  };
}

/** τ² KL, ∂/∂z = τ (softmax(z/τ) − p)/B. */
function tempered(student: tf.Tensor2D, teacher: tf.Tensor2D, temperature: number): tf.Scalar {
  const [batch] = student.shape;
  return closedForm(student, (z) => {
    const own = tf.div(z, temperature) as tf.Tensor2D;
    const theirs = tf.div(teacher, temperature) as tf.Tensor2D;
    const p = softmaxRows(theirs);
    const divergence = tf.sum(tf.mul(p, tf.sub(logSoftmaxRows(theirs), logSoftmaxRows(own))));
    const slope = tf.mul(tf.sub(softmaxRows(own), p), temperature / batch);
    return { value: tf.mul(divergence, temperature ** 2 / batch), slope };
  });
}
