/**
 * Reading tensors. The webgpu backend (tfjs 4.22 in Chromium) gives other values than the tensor has when it is read
 * without waiting, and its device is lost afterwards: there every read has to be awaited.
 */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";

/** True where the values of a tensor can be had without waiting for them. */
export function readsAtOnce(): boolean {
  return tf.getBackend() !== "webgpu";
}

/**
 * The values of a tensor, without waiting.
 *
 * @param what names what needs them, as the subject of a sentence
 * @throws E_SYNC_READ on the webgpu backend
 */
export function valuesNow(x: tf.Tensor, what: string): Float32Array {
  if (!readsAtOnce()) throw trainError("E_SYNC_READ", what, { what, backend: tf.getBackend() });
  return x.dataSync<"float32">();
}

/** Values that a forward pass reports beside its tensors: read at once, or all together when they have to be awaited. */
export class HostReads {
  readonly #wanted: { readonly tensor: tf.Tensor; take(values: Float32Array): void }[] = [];

  /** `take` gets the values of the tensor in {@link read}, or when its promise is fulfilled. */
  want(tensor: tf.Tensor, take: (values: Float32Array) => void): void {
    this.#wanted.push({ tensor, take });
  }

  /** Call it while the tensors are there. Undefined where everything has been taken already. */
  read(): Promise<void> | undefined {
    if (readsAtOnce()) {
      for (const { tensor, take } of this.#wanted) take(tensor.dataSync<"float32">().slice());
      return undefined;
    }
    if (this.#wanted.length === 0) return undefined;
    // One transfer for all of them, in a tensor that outlives the tape.
    const flat = tf.keep(
      tf.tidy(() => tf.concat(this.#wanted.map(({ tensor }) => tf.reshape(tensor, [tensor.size])))),
    );
    const done = this.#await(flat);
    // Whoever asks for the values sees the failure; a pass that nobody asks is none.
    done.catch(() => {});
    return done;
  }

  async #await(flat: tf.Tensor): Promise<void> {
    try {
      const values = await flat.data<"float32">();
      let from = 0;
      for (const { tensor, take } of this.#wanted) {
        take(values.slice(from, from + tensor.size));
        from += tensor.size;
      }
    } finally {
      flat.dispose();
    }
  }
}
