/** Values of tensors to and from the kernels' memory, with one copy where the backend allows it. */
import * as tf from "@tensorflow/tfjs-core";

/** What the wasm backend of tfjs 4.22 keeps; private there, so that it is probed and never assumed. */
interface WasmBackend {
  readonly wasm?: { readonly HEAPU8?: Uint8Array };
  readonly dataIdMap?: { get(id: object): { readonly memoryOffset?: number | null } | undefined };
}

/** The values of a tensor: a view of the backend's memory where it lies in one, valid until the next operation. */
export function tensorValues(x: tf.Tensor): Float32Array {
  if (tf.getBackend() === "wasm" && x.dtype === "float32" && x.size > 4096) {
    const backend = tf.backend() as unknown as WasmBackend;
    const offset = backend.dataIdMap?.get(x.dataId)?.memoryOffset;
    const heap = backend.wasm?.HEAPU8;
    if (typeof offset === "number" && heap !== undefined && offset % 4 === 0 && offset > 0)
      return new Float32Array(heap.buffer, heap.byteOffset + offset, x.size);
  }
  const values = x.dataSync();
  return values instanceof Float32Array ? values : Float32Array.from(values);
}

/** A tensor of values that lie in memory which will be used again. */
export function tensorOf(values: Float32Array, shape: readonly number[]): tf.Tensor {
  // The wasm backend copies what it is given; others keep the array itself.
  return tf.tensor(tf.getBackend() === "wasm" ? values : values.slice(), [...shape], "float32");
}
