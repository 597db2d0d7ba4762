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
