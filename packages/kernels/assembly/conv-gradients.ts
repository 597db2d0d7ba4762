// Gradients of convolutions and pools.
import { gatherRow } from "./conv-dense.ts";
import { sgemm } from "./gemm.ts";
import { addRuns } from "./runs.ts";
import {
  C, DILATION_H, DILATION_W, GROUPS, H, KERNEL_H, KERNEL_W, OUT_C, OUT_H, OUT_W, PAD_LEFT, PAD_TOP,
  STRIDE_H, STRIDE_W, shapeWord, tiles, W,
} from "./shape.ts";

/** Output rows that are handled together, so that products have about 64 rows. */
@inline
function rowsTogether(shape: usize): i32 {
  return max(1, 64 / shapeWord(shape, OUT_W));
}

/** Where the products' own scratch lies behind the gathered windows. */
@inline
function productScratch(shape: usize, k: i32, scratch: usize): usize {
  return (scratch + <usize>4 * <usize>k * <usize>max(shapeWord(shape, OUT_W), 64) + 127) & ~(<usize>127);
}

export function convDenseWeightGradient(
  shape: usize, rows: i32, x: usize, dy: usize, dw: usize, scratch: usize,
): void {
  const channels = shapeWord(shape, C), groups = shapeWord(shape, GROUPS);
  const outC = shapeWord(shape, OUT_C), outW = shapeWord(shape, OUT_W), outH = shapeWord(shape, OUT_H);
  const inG = channels / groups, outG = outC / groups;
  const k = shapeWord(shape, KERNEL_H) * shapeWord(shape, KERNEL_W) * inG;
  const image = <usize>4 * <usize>(shapeWord(shape, H) * shapeWord(shape, W)) * <usize>channels;
  const together = rowsTogether(shape), products = productScratch(shape, k, scratch);
  for (let r = 0; r < rows; r++, x += image)
    for (let oy = 0; oy < outH; oy += together) {
      const height = min(together, outH - oy);
      const from = dy + <usize>4 * <usize>((r * outH + oy) * outW) * <usize>outC;
      for (let g = 0; g < groups; g++) {
        for (let i = 0; i < height; i++)
          gatherRow(shape, x + <usize>4 * <usize>(g * inG), oy + i, inG, scratch + <usize>4 * <usize>(i * outW) * <usize>k);
        sgemm(
          k, outG, height * outW, scratch, k, 1, from + <usize>4 * <usize>(g * outG), outC, 0,
          dw + <usize>4 * <usize>(g * k) * <usize>outG, outG, 1, products,
        );
      }
    }
}

export function poolInputGradient(shape: usize, rows: i32, dy: usize, scale: f32, dx: usize): void {
  if (tiles(shape) && shapeWord(shape, PAD_TOP) === 0 && shapeWord(shape, PAD_LEFT) === 0) {
    spreadTiles(shape, rows, dy, scale, dx);
    return;
  }
  const channels = shapeWord(shape, C), height = shapeWord(shape, H), width = shapeWord(shape, W);
  const kh = shapeWord(shape, KERNEL_H), kw = shapeWord(shape, KERNEL_W);
  const dh = shapeWord(shape, DILATION_H), dil = shapeWord(shape, DILATION_W);
  const sh = shapeWord(shape, STRIDE_H), sw = shapeWord(shape, STRIDE_W);
  const outW = shapeWord(shape, OUT_W), outH = shapeWord(shape, OUT_H);
  const pixelBytes = <usize>4 * <usize>channels, image = <usize>(height * width) * pixelBytes;
  memory.fill(dx, 0, <usize>rows * image);
  for (let r = 0; r < rows; r++, dx += image)
    for (let oy = 0, top = -shapeWord(shape, PAD_TOP); oy < outH; oy++, top += sh)
      for (let ox = 0, left = -shapeWord(shape, PAD_LEFT); ox < outW; ox++, left += sw, dy += pixelBytes)
        for (let ky = 0, y = top; ky < kh; ky++, y += dh) {
          if (y < 0 || y >= height) continue;
          for (let kx = 0, column = left; kx < kw; kx++, column += dil)
            if (column >= 0 && column < width)
              addRuns<f32, f32>(dx + <usize>(y * width + column) * pixelBytes, 0, dy, 0, 1, channels, scale, true);
        }
}

/** Windows side by side: every pixel is written once. */
function spreadTiles(shape: usize, rows: i32, dy: usize, scale: f32, dx: usize): void {
  const height = shapeWord(shape, H), width = shapeWord(shape, W);
  const kh = shapeWord(shape, KERNEL_H), kw = shapeWord(shape, KERNEL_W);
  const outW = shapeWord(shape, OUT_W), outH = shapeWord(shape, OUT_H);
  const pixelBytes = <usize>4 * <usize>shapeWord(shape, C), rowBytes = <usize>width * pixelBytes;
  const covered = min(width, outW * kw);
  for (let r = 0; r < rows; r++, dy += <usize>(outH * outW) * pixelBytes)
    for (let y = 0, ky = 0, from = dy; y < height; y++, dx += rowBytes) {
      if (from === dy + <usize>(outH * outW) * pixelBytes) {
        memory.fill(dx, 0, rowBytes);
        continue;
      }
      for (let x = 0, kx = 0, source = from; x < covered; x++) {
        scaleRun(dx + <usize>x * pixelBytes, source, pixelBytes, scale);
        if (++kx === kw) {
          kx = 0;
          source += pixelBytes;
        }
      }
      if (covered < width) memory.fill(dx + <usize>covered * pixelBytes, 0, <usize>(width - covered) * pixelBytes);
      if (++ky === kh) {
        ky = 0;
        from += <usize>outW * pixelBytes;
      }
    }
}

/** to = 0 + scale · from: a sum of one term. */
@inline
function scaleRun(to: usize, from: usize, bytes: usize, scale: f32): void {
  const end = from + bytes, by = f32x4.splat(scale), zero = f32x4.splat(0);
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, f32x4.add(zero, f32x4.mul(by, v128.load(from))));
  for (; from < end; from += 4, to += 4) store<f32>(to, 0 + scale * load<f32>(from));
}
