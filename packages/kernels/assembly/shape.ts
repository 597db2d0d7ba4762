// Words of a convolution's shape, in the order of src/conv-shape.ts.

@inline
export function shapeWord(shape: usize, word: i32): i32 {
  return load<i32>(shape + <usize>4 * <usize>word);
}
export const H: i32 = 0;
export const W: i32 = 1;
export const C: i32 = 2;
export const OUT_H: i32 = 3;
export const OUT_W: i32 = 4;
export const OUT_C: i32 = 5;
export const KERNEL_H: i32 = 6;
export const KERNEL_W: i32 = 7;
export const STRIDE_H: i32 = 8;
export const STRIDE_W: i32 = 9;
export const PAD_TOP: i32 = 10;
export const PAD_LEFT: i32 = 11;
export const DILATION_H: i32 = 12;
export const DILATION_W: i32 = 13;
export const GROUPS: i32 = 14;
export const CHW: i32 = 15;

/** What `quotient` multiplies with in place of a division by d of numbers below `limit`; 0 where they are too large. */
export function reciprocal(d: i32, limit: i32): u64 {
  return limit > 0 && limit < 1 << 20 && d < 1 << 20 ? (<u64>1 << 40) / <u64>d + 1 : 0;
}

/** n / d. Exact with the reciprocal: its error, at most d of 2^40, times n stays below 2^40. */
@inline
export function quotient(n: u32, d: i32, by: u64): u32 {
  return by ? <u32>((<u64>n * by) >> 40) : n / <u32>d;
}

/** True where windows lie side by side: every pixel is in one window, or in none behind the last. */
export function tiles(shape: usize): bool {
  return (
    shapeWord(shape, KERNEL_H) === shapeWord(shape, STRIDE_H) &&
    shapeWord(shape, KERNEL_W) === shapeWord(shape, STRIDE_W) &&
    shapeWord(shape, DILATION_H) === 1 &&
    shapeWord(shape, DILATION_W) === 1
  );
}
