// Whole and partial vectors, and the multiply-add that the relaxed build fuses.

/** acc + a·b: two roundings, or one where the build is relaxed. */
@inline
export function madd(acc: v128, a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, acc);
  return f32x4.add(acc, f32x4.mul(a, b));
}

@inline
export function maddScalar(acc: f32, a: f32, b: f32): f32 {
  return acc + a * b;
}

/** The first `count` (1 to 4) 4-byte elements at p, the rest 0. */
export function loadPart(p: usize, count: i32): v128 {
  if (count >= 4) return v128.load(p);
  if (count === 1) return v128.load_zero<u32>(p);
  if (count === 2) return v128.load_zero<u64>(p);
  return v128.load_lane<u32>(p, v128.load_zero<u64>(p), 2, 8);
}

/** Writes the first `count` (1 to 4) 4-byte elements of x. */
export function storePart(p: usize, x: v128, count: i32): void {
  if (count >= 4) v128.store(p, x);
  else if (count === 1) v128.store_lane<u32>(p, x, 0);
  else if (count === 2) v128.store_lane<u64>(p, x, 0);
  else {
    v128.store_lane<u64>(p, x, 0);
    v128.store_lane<u32>(p, x, 2, 8);
  }
}
