/**
 * Tensors whose elements stay where they are stored until somebody asks for them.
 *
 * To everybody who reads `data` they are tensors like others. What is known without the elements, how many there are and
 * whether all of them are finite, is kept here, so that a graph is checked without loading them.
 */
import type { DType, Shape, Tensor, TypedArrayOf } from "./tensor.ts";

/** What is known of the elements beforehand. */
export interface StoredElements<D extends DType> {
  /** Gives all elements, row-major; called whenever `data` is read, so it decides how long they are kept. */
  readonly load: () => TypedArrayOf<D>;
  /** True when every element was seen to be finite (all integers are). */
  readonly finite: boolean;
}

const stored = new WeakSet<Tensor>();
const finite = new WeakSet<Tensor>();

/**
 * A tensor that is loaded when its `data` is read.
 *
 * @param shape whose elements `load` gives, all of them and in that dtype
 * @example storedTensor("float32", [2], { load: () => readFloats(2), finite: false })
 */
export function storedTensor<D extends DType>(
  dtype: D,
  shape: Shape,
  elements: StoredElements<D>,
): Tensor<D> {
  // An own property, so that copies of the object and structured clones have the elements.
  const tensor: Tensor<D> = {
    dtype,
    shape,
    get data() {
      return elements.load();
    },
  };
  stored.add(tensor);
  return elements.finite ? knownFinite(tensor) : tensor;
}

/** The same tensor, whose elements need not be looked at again for NaN and infinity. */
export function knownFinite<D extends DType>(tensor: Tensor<D>): Tensor<D> {
  finite.add(tensor);
  return tensor;
}

/** Whether `data` would have to be loaded; dtype, shape and count then fit by the word of who made the tensor. */
export function isStored(tensor: Tensor): boolean {
  return stored.has(tensor);
}

/** Whether every element is known to be finite; false says nothing. */
export function isKnownFinite(tensor: Tensor): boolean {
  return finite.has(tensor);
}
