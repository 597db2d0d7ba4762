/**
 * Counter-based hash of the synthetic scene: any trial, pixel and step on its own (events.md 15.2). The data set is
 * defined by it, so it stands beside, not instead of, the Philox streams of everything else.
 */

/** The finaliser of MurmurHash3. @example mix(1) // 0x514e28b7 */
export function mix(word: number): number {
  let h = word;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const seed = 0x9e3779b9;

/** Hash of a list of integers, 0 … 2^32 - 1. @example sceneHash(1, 2) // 0x8ef42ffe */
export function sceneHash(...keys: readonly number[]): number {
  let h = seed;
  for (const key of keys) h = mix((Math.imul(h, 31) + key) >>> 0);
  return h;
}

/** One more key behind a hash: `sceneHash(a, b)` is `extendHash(sceneHash(a), b)`. */
export function extendHash(hash: number, key: number): number {
  return mix((Math.imul(hash, 31) + key) >>> 0);
}

/** The hash as a number of [0, 1). */
export function sceneUniform(...keys: readonly number[]): number {
  return sceneHash(...keys) / 4294967296;
}

/** The hash as a number of [low, high). */
export function sceneRange(low: number, high: number, ...keys: readonly number[]): number {
  return low + (high - low) * sceneUniform(...keys);
}
