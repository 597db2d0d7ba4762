/** Correctly rounded sums of float64 values. */

/**
 * The sum, rounded once: Shewchuk's non-overlapping partials, as Python's `math.fsum`.
 * NaN or infinite when a term, or the sum, is.
 *
 * @example exactSum([1, 1e100, 1, -1e100]) // 2
 * @see Shewchuk, "Adaptive precision floating-point arithmetic", 1997
 */
export function exactSum(values: Iterable<number>): number {
  const partials: number[] = [];
  let special = 0;
  for (const value of values) {
    if (!Number.isFinite(value)) special += value;
    let x = value;
    let kept = 0;
    for (let j = 0; j < partials.length; j++) {
      const y = partials[j] ?? 0;
      const [large, small] = Math.abs(x) < Math.abs(y) ? [y, x] : [x, y];
      const high = large + small;
      const low = small - (high - large);
      if (low !== 0) partials[kept++] = low;
      x = high;
    }
    partials.length = kept;
    partials.push(x);
  }
  return special !== 0 || Number.isNaN(special) ? special : rounded(partials);
}

/** The partials grow in size and do not overlap; a tie is settled by the sign of the next one. */
function rounded(partials: readonly number[]): number {
  let n = partials.length;
  if (n === 0) return 0;
  let high = partials[--n] ?? 0;
  let low = 0;
  while (n > 0 && low === 0) {
    const x = high;
    const y = partials[--n] ?? 0;
    high = x + y;
    low = y - (high - x);
  }
  const next = partials[n - 1] ?? 0;
  if (n > 0 && low * next > 0) {
    const doubled = low * 2;
    const up = high + doubled;
    if (doubled === up - high) high = up;
  }
  return high;
}
