/** Tensors as little-endian bytes, the form of files: float16 takes two bytes, bool one. */
import { type DType, type Shape, sizeOf, type Tensor, type TypedArrayOf, zeros } from "./tensor.ts";

const widths: Readonly<Record<DType, number>> = {
  float16: 2,
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  bool: 1,
};

/** Bytes per element in a file. */
export function bytesPerElement(dtype: DType): number {
  return widths[dtype];
}

/** The elements as little-endian bytes, row-major. May share memory with the tensor: do not write into it. */
export function tensorBytes(source: Tensor): Uint8Array {
  const data: TypedArrayOf<DType> =
    source.dtype === "float16" ? Uint16Array.from(source.data as Float32Array, halfBits) : source.data;
  return littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), data.BYTES_PER_ELEMENT);
}

/**
 * The tensor that {@link tensorBytes} wrote.
 *
 * @throws RangeError when the bytes are not exactly as many as dtype and shape need
 */
export function tensorFromBytes<D extends DType>(dtype: D, shape: Shape, bytes: Uint8Array): Tensor<D> {
  const needed = sizeOf(shape) * widths[dtype];
  if (bytes.length !== needed)
    throw new RangeError(
      `${dtype} of shape [${shape.join(", ")}] takes ${needed} bytes, got ${bytes.length}`,
    );
  const result = zeros(dtype, shape);
  const data: TypedArrayOf<DType> = result.data;
  const ordered = littleEndian(bytes, widths[dtype]);
  if (dtype === "float16") {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < data.length; i++) data[i] = halfValue(view.getUint16(2 * i, true));
  } else new Uint8Array(data.buffer).set(ordered);
  return result;
}

const hostIsLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function littleEndian(bytes: Uint8Array, width: number): Uint8Array {
  if (hostIsLittleEndian || width === 1) return bytes;
  const swapped = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) swapped[i] = bytes[i - (i % width) + width - 1 - (i % width)] ?? 0;
  return swapped;
}

/** The value of IEEE binary16 bits, exact. */
function halfValue(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** IEEE binary16 bits of a value, rounded to nearest even where it is not a half already. */
function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00; // halfway between 65504 and 2^16 rounds to even, that is up
  if (size < 2 ** -14) return sign | nearestEven(size * 2 ** 24); // subnormal; 1024 carries into the smallest normal
  let exponent = 15;
  while (size < 2 ** exponent) exponent--;
  return sign | (((exponent + 15) << 10) + (nearestEven(size * 2 ** (10 - exponent)) - 1024));
}

function nearestEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}
