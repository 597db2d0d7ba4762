/** Typed arrays over the bytes of a tensor. */
import type { DType, Tensor } from "@nirkit/graph";

/** A view of the bytes; nothing is copied. Half precision has no typed array everywhere and is left to `tensorFromBytes`. */
export function typedView(
  dtype: Exclude<DType, "float16">,
  buffer: ArrayBuffer,
  offset: number,
  length: number,
): Tensor["data"] {
  switch (dtype) {
    case "float32":
      return new Float32Array(buffer, offset, length);
    case "float64":
      return new Float64Array(buffer, offset, length);
    case "int8":
      return new Int8Array(buffer, offset, length);
    case "int16":
      return new Int16Array(buffer, offset, length);
    case "int32":
      return new Int32Array(buffer, offset, length);
    case "int64":
      return new BigInt64Array(buffer, offset, length);
    case "uint16":
      return new Uint16Array(buffer, offset, length);
    case "uint32":
      return new Uint32Array(buffer, offset, length);
    case "uint64":
      return new BigUint64Array(buffer, offset, length);
    case "uint8":
    case "bool":
      return new Uint8Array(buffer, offset, length);
    default:
      return dtype satisfies never;
  }
}
