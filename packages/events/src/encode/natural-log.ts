/** A natural logarithm of the four operations alone: `Math.log` may differ in the last bit between engines. */
import { splitFloat } from "@nirkit/integer";

/**
 * ln(x) of a positive, finite number, to about 1e-15 relative.
 *
 * x = m 2^e with m in [1/sqrt 2, sqrt 2); ln m = 2 atanh((m - 1) / (m + 1)), summed to the eleventh odd power.
 */
export function naturalLog(x: number): number {
  const { fraction, exponent } = normalized(x);
  const z = (fraction - 1) / (fraction + 1);
  const square = z * z;
  let sum = 0;
  // |z| < 0.1716: the term after z^23/23 is below 1e-19.
  for (let power = 23; power >= 1; power -= 2) sum = sum * square + 1 / power;
  return exponent * Math.LN2 + 2 * z * sum;
}

function normalized(x: number): { readonly fraction: number; readonly exponent: number } {
  const { mantissa, exponent } = splitFloat(x);
  return mantissa > Math.SQRT2
    ? { fraction: mantissa / 2, exponent: exponent + 1 }
    : { fraction: mantissa, exponent };
}
