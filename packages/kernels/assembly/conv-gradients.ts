// Gradients of convolutions and pools.
import { gatherRow } from "./conv-dense.ts";
import { sgemm } from "./gemm.ts";
import { addRun } from "./runs.ts";
import {
  C, CHW, DILATION_H, DILATION_W, GROUPS, H, KERNEL_H, KERNEL_W, OUT_C, OUT_H, OUT_W, PAD_LEFT, PAD_TOP,
  STRIDE_H, STRIDE_W, shapeWord, W,
} from "./shape.ts";

export function convEventsWeightGradient(
  shape: usize, rows: i32, start: usize, index: usize, value: usize, dy: usize, dw: usize,
): void {
  const inC = shapeWord(shape, C), width = shapeWord(shape, W), plane = shapeWord(shape, H) * width;
  const outC = shapeWord(shape, OUT_C), groups = shapeWord(shape, GROUPS);
  const outW = shapeWord(shape, OUT_W), outH = shapeWord(shape, OUT_H);
  const outG = outC / groups, inG = inC / groups;
  const kh = shapeWord(shape, KERNEL_H), kw = shapeWord(shape, KERNEL_W);
  const sh = shapeWord(shape, STRIDE_H), sw = shapeWord(shape, STRIDE_W);
  const dh = shapeWord(shape, DILATION_H), dil = shapeWord(shape, DILATION_W);
  const pt = shapeWord(shape, PAD_TOP), pl = shapeWord(shape, PAD_LEFT), chw = shapeWord(shape, CHW);
  const runs = groups === 1 && sh === 1 && sw === 1 && dh === 1 && dil === 1;
  const image = <usize>4 * <usize>(outH * outW) * <usize>outC;
  const rowBytes = <usize>4 * <usize>(outW * outC), tapBytes = <usize>4 * <usize>outG;
  for (let r = 0; r < rows; r++, dy += image) {
    const last = load<u32>(start + <usize>4 * <usize>r + 4);
    for (let p = load<u32>(start + <usize>4 * <usize>r); p < last; p++) {
      const at = load<u32>(index + <usize>4 * <usize>p);
      const channel = <i32>(chw ? at / <u32>plane : at % <u32>inC);
      const pixel = chw ? at % <u32>plane : at / <u32>inC;
      const top = <i32>(pixel / <u32>width) + pt, left = <i32>(pixel % <u32>width) + pl;
      const factor: f32 = value ? load<f32>(value + <usize>4 * <usize>p) : 1;
      const weights = dw + <usize>(channel * kh) * <usize>kw * tapBytes;
      if (runs) {
        const first = max(0, left - kw + 1);
        const count = min(outW - 1, left) - first + 1;
        if (count <= 0) continue;
        const to = weights + <usize>(kw - 1 - left + first) * tapBytes;
        const kyEnd = min(kh - 1, top);
        for (let ky = max(0, top - outH + 1); ky <= kyEnd; ky++)
          addRun<f32, f32>(
            to + <usize>(ky * kw) * tapBytes,
            dy + <usize>(top - ky) * rowBytes + <usize>4 * <usize>(first * outC),
            count * outC, factor, value !== 0,
          );
        continue;
      }
      const group = <usize>4 * <usize>(channel / inG * outG);
      for (let ky = 0, y = top; ky < kh && y >= 0; ky++, y -= dh) {
        if (y % sh !== 0 || y / sh >= outH) continue;
        const row = dy + <usize>(y / sh) * rowBytes + group;
        for (let kx = 0, x = left; kx < kw && x >= 0; kx++, x -= dil) {
          if (x % sw !== 0 || x / sw >= outW) continue;
          addRun<f32, f32>(
            weights + <usize>(ky * kw + kw - 1 - kx) * tapBytes, row + <usize>4 * <usize>(x / sw * outC),
            outG, factor, value !== 0,
          );
        }
      }
    }
  }
}

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

export function convInputGradient(shape: usize, rows: i32, dy: usize, w: usize, dx: usize, scratch: usize): void {
  const channels = shapeWord(shape, C), groups = shapeWord(shape, GROUPS);
  const outC = shapeWord(shape, OUT_C), outW = shapeWord(shape, OUT_W), outH = shapeWord(shape, OUT_H);
  const inG = channels / groups, outG = outC / groups;
  const k = shapeWord(shape, KERNEL_H) * shapeWord(shape, KERNEL_W) * inG;
  const image = <usize>4 * <usize>(shapeWord(shape, H) * shapeWord(shape, W)) * <usize>channels;
  const together = rowsTogether(shape), products = productScratch(shape, k, scratch);
  memory.fill(dx, 0, <usize>rows * image);
  for (let r = 0; r < rows; r++, dx += image)
    for (let oy = 0; oy < outH; oy += together) {
      const height = min(together, outH - oy);
      const from = dy + <usize>4 * <usize>((r * outH + oy) * outW) * <usize>outC;
      for (let g = 0; g < groups; g++) {
        sgemm(
          height * outW, k, outG, from + <usize>4 * <usize>(g * outG), outC, 0,
          w + <usize>4 * <usize>(g * k) * <usize>outG, outG, 1, scratch, k, 0, products,
        );
        for (let i = 0; i < height; i++)
          scatterRow(shape, dx + <usize>4 * <usize>(g * inG), oy + i, inG, scratch + <usize>4 * <usize>(i * outW) * <usize>k);
      }
    }
}

/** The inverse of gatherRow: windows [outW][kH][kW][inG] of output row oy added to the image. */
function scatterRow(shape: usize, dx: usize, oy: i32, inG: i32, from: usize): void {
  const height = shapeWord(shape, H), width = shapeWord(shape, W), pixelBytes = <usize>4 * <usize>shapeWord(shape, C);
  const kh = shapeWord(shape, KERNEL_H), kw = shapeWord(shape, KERNEL_W);
  const dh = shapeWord(shape, DILATION_H), dil = shapeWord(shape, DILATION_W), sw = shapeWord(shape, STRIDE_W);
  const top = oy * shapeWord(shape, STRIDE_H) - shapeWord(shape, PAD_TOP), outW = shapeWord(shape, OUT_W);
  const bytes = <usize>4 * <usize>inG;
  const whole = dil === 1 && inG === shapeWord(shape, C);
  for (let ox = 0, left = -shapeWord(shape, PAD_LEFT); ox < outW; ox++, left += sw)
    for (let ky = 0, y = top; ky < kh; ky++, y += dh) {
      if (y < 0 || y >= height) {
        from += bytes * <usize>kw;
        continue;
      }
      const row = dx + <usize>(y * width) * pixelBytes;
      if (whole && left >= 0 && left + kw <= width) {
        addRun<f32, f32>(row + <usize>left * pixelBytes, from, kw * inG, 1, false);
        from += bytes * <usize>kw;
        continue;
      }
      for (let kx = 0, column = left; kx < kw; kx++, column += dil, from += bytes)
        if (column >= 0 && column < width) addRun<f32, f32>(row + <usize>column * pixelBytes, from, inG, 1, false);
    }
}

export function poolInputGradient(shape: usize, rows: i32, dy: usize, scale: f32, dx: usize): void {
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
              addRun<f32, f32>(dx + <usize>(y * width + column) * pixelBytes, dy, channels, scale, true);
        }
}
