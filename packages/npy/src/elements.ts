/** Elements between file bytes and typed arrays: byte order, half precision, column-major order. */
import { type ElementFormat, hostIsBigEndian, type NpyArray, type NpyData, type NpyDType } from "./dtype.ts";
import { fromFloat16Bits, toFloat16Bits } from "./float16.ts";
import { npyError } from "./npy-error.ts";

const constructors: { readonly [D in NpyDType]: new (buffer: ArrayBuffer) => NpyArray<D>["data"] } = {
  float16: Float32Array, // half bits are decoded by hand
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  bool: Uint8Array,
};

/** Decodes consecutive elements; `bytes` is copied once and never kept. */
export function decodeElements(bytes: Uint8Array, format: ElementFormat): NpyData {
  const copy = new Uint8Array(bytes); // not slice(): a Node Buffer would stay a view
  if (format.bigEndian !== hostIsBigEndian) swapBytes(copy, format.itemBytes);
  if (format.dtype === "float16") return Float32Array.from(new Uint16Array(copy.buffer), fromFloat16Bits);
  if (format.dtype === "bool") return copy.map((byte) => (byte === 0 ? 0 : 1));
  return new constructors[format.dtype](copy.buffer);
}

/** Little-endian bytes of all elements. */
export function encodeElements(array: NpyArray): Uint8Array {
  const { dtype, data } = array;
  if (dtype === "float16") return encodeFloat16(data as Float32Array);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  if (dtype === "bool") for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i] === 0 ? 0 : 1;
  if (hostIsBigEndian) swapBytes(bytes, data.BYTES_PER_ELEMENT);
  return bytes;
}

function encodeFloat16(values: Float32Array): Uint8Array {
  const bits = new Uint16Array(values.length);
  values.forEach((value, index) => {
    const pattern = toFloat16Bits(value);
    if (pattern === undefined) throw npyError("E_NPY_VALUE", "", { dtype: "float16", value, index });
    bits[index] = pattern;
  });
  const bytes = new Uint8Array(bits.buffer);
  if (hostIsBigEndian) swapBytes(bytes, 2);
  return bytes;
}

function swapBytes(bytes: Uint8Array, itemBytes: number): void {
  if (itemBytes > 1)
    for (let i = 0; i < bytes.length; i += itemBytes) bytes.subarray(i, i + itemBytes).reverse();
}

/**
 * Reorders column-major elements to row-major.
 *
 * @example rowMajor(Int8Array.of(1, 4, 2, 5, 3, 6), [2, 3]) // 1 2 3 4 5 6
 */
export function rowMajor(data: NpyData, shape: readonly number[]): NpyData {
  if (shape.length < 2) return data;
  const result = data.slice();
  const strides: number[] = [];
  let stride = 1;
  for (const n of shape) {
    strides.push(stride);
    stride *= n;
  }
  const position = shape.map(() => 0);
  for (let to = 0, from = 0; to < data.length; to++) {
    (result as { [index: number]: number | bigint })[to] = data[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] ?? 0) + 1;
      from += strides[axis] ?? 0;
      if (next < (shape[axis] ?? 0)) {
        position[axis] = next;
        break;
      }
      position[axis] = 0;
      from -= next * (strides[axis] ?? 0);
    }
  }
  return result;
}
