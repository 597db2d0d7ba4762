/** The nearest level by looking at all of them; ties by the smallest of what `rank` gives, in order. */
export function nearestByScan(
  x: number,
  levels: Int32Array,
  ...ranks: ((level: number) => number)[]
): number {
  const better = (a: number, b: number): boolean => {
    const [nearA, nearB] = [Math.abs(x - a), Math.abs(x - b)];
    if (nearA !== nearB) return nearA < nearB;
    for (const rank of ranks) if (rank(a) !== rank(b)) return rank(a) < rank(b);
    return false;
  };
  return levels.reduce((best, level) => (better(level, best) ? level : best));
}
