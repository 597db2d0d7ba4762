/** Sums and products of floats, with what rounding would lose. */
import { type DType, type Shape, type Tensor, toFloat64, zeros } from "../tensor.ts";
import { tensorBytes, tensorFromBytes } from "../tensor-bytes.ts";

/** Values computed in float64 on the way to a tensor; counts those that are not exact. */
export class ExactValues {
  readonly values: Float64Array;
  readonly #inexact: Uint8Array;

  constructor(length: number) {
    this.values = new Float64Array(length);
    this.#inexact = new Uint8Array(length);
  }

  /** Sets a product. */
  product(at: number, a: number, b: number): void {
    this.values[at] = a * b;
    this.#inexact[at] = isExactProduct(a, b) ? 0 : 1;
  }

  /** Adds a term. */
  add(at: number, term: number): void {
    const value = this.values[at] ?? 0;
    const sum = value + term;
    // Knuth's two-sum: the rounding error of value + term, itself exact.
    const back = sum - value;
    const error = value - (sum - back) + (term - back);
    this.values[at] = sum;
    if (error !== 0) this.#inexact[at] = 1;
  }

  /** Adds a product. */
  addProduct(at: number, a: number, b: number): void {
    if (!isExactProduct(a, b)) this.#inexact[at] = 1;
    this.add(at, a * b);
  }

  /** The tensor, and how many of its elements are rounded. */
  tensor(dtype: DType, shape: Shape): { readonly tensor: Tensor; readonly rounded: number } {
    const result = zeros(dtype, shape);
    for (const [i, value] of this.values.entries()) result.data[i] = value as never;
    const stored = dtype === "float16" ? tensorFromBytes(dtype, shape, tensorBytes(result)) : result;
    const back = toFloat64(stored);
    let rounded = 0;
    for (const [i, value] of this.values.entries())
      if (this.#inexact[i] === 1 || !(value === back[i])) rounded++;
    return { tensor: stored, rounded };
  }
}

/** True for dtypes whose products can be stored: the floats. */
export function isFloat(dtype: DType): boolean {
  return dtype === "float16" || dtype === "float32" || dtype === "float64";
}

/** True when a·b is a float64 (Dekker's product; false where its own steps could over- or underflow). */
function isExactProduct(a: number, b: number): boolean {
  if (a === 0 || b === 0) return true;
  const product = a * b;
  const safe = (x: number): boolean => Math.abs(x) < 2 ** 990;
  if (!(safe(a) && safe(b) && safe(product)) || Math.abs(product) < 2 ** -960) return false;
  const [ah, al] = halves(a);
  const [bh, bl] = halves(b);
  return al * bl - (product - ah * bh - al * bh - ah * bl) === 0;
}

/** Veltkamp's split into two floats of 26 bits. */
function halves(x: number): [high: number, low: number] {
  const scaled = (2 ** 27 + 1) * x;
  const high = scaled - (scaled - x);
  return [high, x - high];
}
