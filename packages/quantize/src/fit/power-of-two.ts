/** Powers of two to clip at. */
import { splitFloat } from "@nirkit/integer";

/** 2^ceil(log2 x) for x > 0, from the exponent bits. */
export function roundUpToPowerOfTwo(x: number): number {
  const { mantissa, exponent } = splitFloat(x);
  return 2 ** (mantissa === 1 ? exponent : exponent + 1);
}
