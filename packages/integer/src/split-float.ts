/** Exponent and mantissa of a double from its bits; a logarithm would miss powers of two. */

/** x = ±mantissa · 2^exponent, mantissa in [1, 2). */
export interface SplitFloat {
  readonly mantissa: number;
  readonly exponent: number;
}

const view = new DataView(new ArrayBuffer(8));

/**
 * Splits |x| into mantissa in [1, 2) and exponent, exactly, subnormals included.
 *
 * @param x finite, not 0
 * @throws RangeError for 0, NaN and infinities
 * @example splitFloat(0.35) // { mantissa: 1.4, exponent: -2 }
 */
export function splitFloat(x: number): SplitFloat {
  if (x === 0 || !Number.isFinite(x)) throw new RangeError(`splitFloat: ${x} has no exponent`);
  view.setFloat64(0, Math.abs(x));
  const field = view.getUint16(0) >>> 4;
  if (field === 0) {
    const scaled = splitFloat(x * 2 ** 54); // exact: a subnormal becomes normal
    return { mantissa: scaled.mantissa, exponent: scaled.exponent - 54 };
  }
  view.setUint16(0, (view.getUint16(0) & 0x000f) | 0x3ff0);
  return { mantissa: view.getFloat64(0), exponent: field - 1023 };
}
