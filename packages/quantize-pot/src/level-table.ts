/**
 * Nearest integer level by table. Midpoints of integers are multiples of 1/2, so between two such multiples the nearest
 * level is one and the same: one table answers for the open intervals, a second for the multiples themselves, where
 * ties are.
 */

/** Everything that quantising to a fixed set of integer levels needs. */
export interface LevelTable {
  /** Sorted, unique. */
  readonly levels: Int32Array;
  readonly min: number;
  readonly max: number;
  /** Nearest level inside (k/2, (k + 1)/2), at k − 2·min. */
  readonly inside: Int32Array;
  /** Nearest level of k/2, ties by the scheme's rule, at k − 2·min. */
  readonly at: Int32Array;
  /** Code of a level, at level − min. */
  readonly codes: Uint16Array;
}

/**
 * Makes the table of a level set.
 *
 * @param levels sorted, unique integers
 * @param preferred which of two levels a value halfway between them takes
 * @param encode code of a level
 */
export function levelTable(
  levels: Int32Array,
  preferred: (lower: number, upper: number) => number,
  encode: (level: number) => number,
): LevelTable {
  const min = levels[0] ?? 0;
  const max = levels.at(-1) ?? 0;
  const inside = new Int32Array(2 * (max - min) + 1);
  const at = new Int32Array(2 * (max - min) + 1);
  const codes = new Uint16Array(max - min + 1);
  for (let i = 0; i < levels.length; i++) {
    const lower = levels[i] ?? 0;
    const upper = levels[i + 1] ?? lower;
    codes[lower - min] = encode(lower);
    const middle = lower + upper; // twice the midpoint
    for (let k = 2 * lower; k < 2 * upper; k++) {
      inside[k - 2 * min] = k < middle ? lower : upper;
      at[k - 2 * min] = k < middle ? lower : k > middle ? upper : preferred(lower, upper);
    }
  }
  return { levels, min, max, inside, at, codes };
}

/**
 * The nearest level of x.
 *
 * @param x finite; beyond the levels it takes the outermost one
 */
export function nearestLevel(x: number, { min, max, inside, at }: LevelTable): number {
  if (x <= min) return min;
  if (x >= max) return max;
  const twice = 2 * x;
  const k = Math.floor(twice);
  return (k === twice ? at[k - 2 * min] : inside[k - 2 * min]) ?? 0;
}

const kept = new Map<string, LevelTable>();
const keptTables = 16;

/** The table of a parameter set, made once for each of the last sixteen. */
export function cachedTable(key: string, make: () => LevelTable): LevelTable {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const table = make();
  const oldest = kept.keys().next().value;
  if (kept.size >= keptTables && oldest !== undefined) kept.delete(oldest);
  kept.set(key, table);
  return table;
}
