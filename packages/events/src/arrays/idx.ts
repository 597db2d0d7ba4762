/** idx files, as MNIST is distributed: big-endian, a magic with type and rank, sizes, row-major data. */
import { type DType, sizeOf, type Tensor } from "@nirkit/graph";
import { eventsError } from "../diagnostics.ts";
import { gunzip, isGzip } from "./unpack.ts";

interface Element {
  readonly dtype: DType;
  readonly bytes: 1 | 2 | 4 | 8;
}
const elements: ReadonlyMap<number, Element> = new Map([
  [0x08, { dtype: "uint8", bytes: 1 }],
  [0x09, { dtype: "int8", bytes: 1 }],
  [0x0b, { dtype: "int16", bytes: 2 }],
  [0x0c, { dtype: "int32", bytes: 4 }],
  [0x0d, { dtype: "float32", bytes: 4 }],
  [0x0e, { dtype: "float64", bytes: 8 }],
]);

/**
 * Reads an idx file, packed with gzip or not.
 *
 * @throws E_IDX, E_GZIP, E_EVENTS_LIMIT
 * @example readIdx(images).shape // [10000, 28, 28]
 */
export function readIdx(file: Uint8Array, path = ""): Tensor {
  const bytes = isGzip(file) ? gunzip(file, path) : file;
  const refuse = (why: string): Error => eventsError("E_IDX", path, { why });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 4 || view.getUint16(0) !== 0) throw refuse("it does not start with two zero bytes");
  const element = elements.get(view.getUint8(2));
  const rank = view.getUint8(3);
  if (element === undefined) throw refuse(`element type ${view.getUint8(2)} is unknown`);
  const start = 4 + 4 * rank;
  if (bytes.length < start) throw refuse(`it ends within the sizes of ${rank} axes`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const count = sizeOf(shape);
  if (count * element.bytes !== bytes.length - start)
    throw refuse(`shape [${shape}] takes ${count * element.bytes} bytes, ${bytes.length - start} are there`);
  return { dtype: element.dtype, shape, data: decode(bytes, start, count, element) } as Tensor;
}

function decode(
  bytes: Uint8Array,
  start: number,
  count: number,
  { dtype, bytes: width }: Element,
): Tensor["data"] {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  if (dtype === "uint8") return bytes.slice(start);
  const each = <A extends { [i: number]: number }>(array: A, read: (at: number) => number): A => {
    for (let i = 0; i < count; i++) array[i] = read(i * width);
    return array;
  };
  if (dtype === "int8") return each(new Int8Array(count), (at) => view.getInt8(at));
  if (dtype === "int16") return each(new Int16Array(count), (at) => view.getInt16(at));
  if (dtype === "int32") return each(new Int32Array(count), (at) => view.getInt32(at));
  if (dtype === "float32") return each(new Float32Array(count), (at) => view.getFloat32(at));
  return each(new Float64Array(count), (at) => view.getFloat64(at));
}
