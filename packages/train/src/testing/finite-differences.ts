/** Central differences of a function of numbers. */

/**
 * (f(x + ε) − f(x − ε)) / 2ε for each entry.
 *
 * @param epsilon 1e-6 suits float64; float32 needs about 1e-2
 * @example finiteDifferences((x) => x[0] ** 2, [3]) // [6]
 */
export function finiteDifferences(
  f: (x: Float64Array) => number,
  x: ArrayLike<number>,
  epsilon = 1e-6,
): Float64Array {
  const at = Float64Array.from(x);
  return at.map((value, i) => {
    at[i] = value + epsilon;
    const above = f(at);
    at[i] = value - epsilon;
    const below = f(at);
    at[i] = value;
    return (above - below) / (2 * epsilon);
  });
}

/** Largest difference, as a share of the largest expected value. */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, scale] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs((found[i] as number) - (expected[i] as number)));
    scale = Math.max(scale, Math.abs(expected[i] as number));
  }
  return found.length === expected.length ? worst / (scale === 0 ? 1 : scale) : Number.POSITIVE_INFINITY;
}
