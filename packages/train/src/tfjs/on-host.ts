/** Work on the values of tensors that are on a device whose values have to be awaited. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";

/**
 * Reads tensors, then runs `work` on the backend cpu, where their values are at hand; the present backend is back
 * afterwards.
 *
 * @throws E_BACKEND where the backend cpu is not registered
 */
export async function onHost<T>(tensors: readonly tf.Tensor[], work: () => T): Promise<T> {
  const before = tf.getBackend();
  if (tf.findBackend("cpu") === null)
    throw trainError("E_BACKEND", "", {
      why: `values of ${before} are computed on cpu, which is not registered`,
    });
  // A backend keeps what it has read, so that the move to the other one does not read again.
  await Promise.all(tensors.map((tensor) => tensor.data()));
  await tf.setBackend("cpu");
  try {
    return work();
  } finally {
    await tf.setBackend(before);
  }
}
