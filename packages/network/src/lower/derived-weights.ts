/** Integers that come from annotated ones by adding or negating them, in the form of a quantised tensor. */
import type { Shape } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import { intArray, type QuantTensor } from "@nirkit/quantize";

/** What derived weights keep of their origin. */
export interface Origin {
  readonly scheme: string;
  readonly shape: Shape;
  /** One entry, or one per run of equal length over `ints`. */
  readonly scale: Float64Array;
}

/** A tensor of given integers: codes are two's complement, and nothing is lost. */
export function derivedWeights(values: ArrayLike<number>, origin: Origin): QuantTensor {
  let largest = 1;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] as number));
  const bits = 1 + bitLength(largest);
  const ints = intArray(bits, values.length);
  const codes = bits <= 8 ? new Uint8Array(values.length) : new Uint16Array(bits <= 16 ? values.length : 0);
  const dequant = new Float32Array(values.length);
  const { scheme, shape, scale } = origin;
  const per = values.length / scale.length;
  let zeros = 0;
  for (let i = 0; i < values.length; i++) {
    const int = values[i] as number;
    ints[i] = int;
    if (codes.length > 0) codes[i] = int & (2 ** bits - 1);
    dequant[i] = int * (scale[Math.floor(i / per)] ?? 1) + 0;
    if (int === 0) zeros++;
  }
  return {
    scheme,
    bits,
    intBits: bits,
    shape,
    axis: scale.length === 1 ? null : 0,
    scale,
    ints,
    codes,
    dequant,
    stats: {
      mse: 0,
      sqnrDb: Number.POSITIVE_INFINITY,
      clippedFraction: 0,
      zeroFraction: zeros / Math.max(1, values.length),
      levelHistogram: new Uint32Array(0),
    },
  };
}
