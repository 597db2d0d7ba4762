/**
 * Percentile by linear interpolation between order statistics at rank p/100·(n − 1), NumPy's default.
 *
 * @param values at least one, finite; not changed
 * @param p 0 … 100
 * @returns NaN for no values
 * @example percentile([0.1, 0.2, …, 1.9, 8.0], 99) // 6.841; p = 95 gives 2.205
 */
export function percentile(values: ArrayLike<number>, p: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const rank = (p / 100) * (sorted.length - 1);
  const below = Math.floor(rank);
  const low = sorted[below] ?? 0;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? 0;
  return low + (high - low) * (rank - below);
}
