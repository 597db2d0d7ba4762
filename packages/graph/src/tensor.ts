/** Tensors: a dtype, a row-major shape and one typed array. Plain data; treat the array as frozen. */

interface TypedArrays {
  float16: Float32Array;
  float32: Float32Array;
  float64: Float64Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  bool: Uint8Array;
}

/** Element type of a {@link Tensor}; the NumPy name. */
export type DType = keyof TypedArrays;

/** The typed array that stores a dtype: `bool` as 0/1 bytes, `float16` widened exactly to float32. */
export type TypedArrayOf<D extends DType> = TypedArrays[D];

/** Sizes per axis, without batch and without time; `[]` is a scalar and differs from `[1]`. */
export type Shape = readonly number[];

/**
 * A row-major array. `int64` is a `BigInt64Array`, `bool` a `Uint8Array`, `float16` a `Float32Array`
 * whose dtype says float16 (exact, and written back as float16).
 */
export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: Shape;
  readonly data: TypedArrayOf<D>;
}

const constructors: { readonly [D in DType]: new (length: number) => TypedArrayOf<D> } = {
  float16: Float32Array,
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

/** All dtypes, in the order of their declaration. */
export const dtypes: readonly DType[] = Object.keys(constructors) as DType[];

/** True for what has the form of a tensor; whether it is sound is the schema's to say. */
export function isTensor(value: unknown): value is Tensor {
  return (
    typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value
  );
}

/** Number of elements of a shape; 1 for the scalar shape `[]`. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** True when both shapes have the same rank and the same sizes. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, axis) => n === b[axis]);
}

/** A zero-filled tensor. */
export function zeros<D extends DType>(dtype: D, shape: Shape): Tensor<D> {
  return { dtype, shape, data: new constructors[dtype](sizeOf(shape)) };
}

/** A tensor of one repeated value; int64 and uint64 take integers up to 2^53. */
export function full<D extends DType>(dtype: D, shape: Shape, value: number): Tensor<D> {
  const result = zeros(dtype, shape);
  const data: DataOf = result.data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(value));
  else data.fill(value);
  return result;
}

/**
 * A tensor from a flat list of numbers, converted to the dtype as the typed array does.
 *
 * @param values row-major, exactly `sizeOf(shape)` of them
 * @throws RangeError when the count is wrong (a mistake of the caller, never of a file)
 * @example tensor("float32", [2, 2], [1, 2, 3, 4])
 */
export function tensor<D extends DType>(dtype: D, shape: Shape, values: ArrayLike<number>): Tensor<D> {
  const size = sizeOf(shape);
  if (values.length !== size)
    throw new RangeError(`tensor: shape [${shape}] holds ${size}, got ${values.length} values`);
  const result = zeros(dtype, shape);
  const data: DataOf = result.data;
  for (let i = 0; i < size; i++) {
    const value = values[i] ?? 0;
    data[i] = data instanceof BigInt64Array || data instanceof BigUint64Array ? BigInt(value) : value;
  }
  return result;
}

type DataOf = TypedArrayOf<DType>;

/** The values as float64, widened exactly (int64 beyond 2^53 is rounded). Always a fresh array. */
export function toFloat64(source: Tensor): Float64Array {
  const data: DataOf = source.data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return Float64Array.from(data);
}

/** The values as float32, rounded once where the dtype is wider. Always a fresh array. */
export function toFloat32(source: Tensor): Float32Array {
  return Float32Array.from(toFloat64(source));
}

/**
 * A tensor of `shape` with the values of `source` repeated along missing and size-1 axes, as NumPy broadcasts; the
 * source itself when the shapes are equal.
 *
 * @throws RangeError when the shapes do not broadcast
 * @example broadcastTo(tensor("float32", [1], [0.5]), [3]) // 0.5, 0.5, 0.5
 */
export function broadcastTo<D extends DType>(source: Tensor<D>, shape: Shape): Tensor<D> {
  if (sameShape(source.shape, shape)) return source;
  const lead = shape.length - source.shape.length;
  if (lead < 0 || !source.shape.every((n, axis) => n === 1 || n === shape[lead + axis]))
    throw new RangeError(`broadcastTo: [${source.shape}] does not broadcast to [${shape}]`);
  const strides = new Array<number>(shape.length).fill(0);
  for (let axis = source.shape.length - 1, stride = 1; axis >= 0; axis--) {
    const n = source.shape[axis] ?? 1;
    if (n !== 1) strides[lead + axis] = stride;
    stride *= n;
  }
  const result = zeros(source.dtype, shape);
  const [from, to]: [DataOf, DataOf] = [source.data, result.data];
  for (let i = 0; i < to.length; i++) {
    let [rest, at] = [i, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const n = shape[axis] ?? 1;
      at += (rest % n) * (strides[axis] ?? 0);
      rest = Math.floor(rest / n);
    }
    to[i] = from[at] as number & bigint;
  }
  return result;
}
