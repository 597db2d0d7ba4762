// Dense images: windows gathered side by side, then one matrix product; pooling by vectors of channels.
import { fillBias } from "./conv-events.ts";
import { sgemm } from "./gemm.ts";
import { loadPart, storePart } from "./lanes.ts";
import {
  C,
  DILATION_H,
  DILATION_W,
  GROUPS,
  H,
  KERNEL_H,
  KERNEL_W,
  OUT_C,
  OUT_H,
  OUT_W,
  PAD_LEFT,
  PAD_TOP,
  STRIDE_H,
  STRIDE_W,
  shapeWord,
  W,
} from "./shape.ts";

export function convDense(
  shape: usize,
  rows: i32,
  x: usize,
  w: usize,
  bias: usize,
  out: usize,
  scratch: usize,
): void {
  const channels = shapeWord(shape, C),
    groups = shapeWord(shape, GROUPS);
  const outC = shapeWord(shape, OUT_C),
    outW = shapeWord(shape, OUT_W),
    outH = shapeWord(shape, OUT_H);
  const inG = channels / groups,
    outG = outC / groups;
  const k = shapeWord(shape, KERNEL_H) * shapeWord(shape, KERNEL_W) * inG;
  const image = <usize>4 * <usize>(shapeWord(shape, H) * shapeWord(shape, W)) * <usize>channels;
  const together = max(1, 64 / outW);
  const products = (scratch + <usize>4 * <usize>k * <usize>max(outW, 64) + 127) & ~(<usize>127);
  fillBias(shape, rows, bias, out);
  for (let r = 0; r < rows; r++, x += image)
    for (let oy = 0; oy < outH; oy += together) {
      const height = min(together, outH - oy);
      const to = out + <usize>4 * <usize>((r * outH + oy) * outW) * <usize>outC;
      for (let g = 0; g < groups; g++) {
        for (let i = 0; i < height; i++)
          gatherRow(
            shape,
            x + <usize>4 * <usize>(g * inG),
            oy + i,
            inG,
            scratch + <usize>4 * <usize>(i * outW) * <usize>k,
          );
        sgemm(
          height * outW,
          outG,
          k,
          scratch,
          k,
          0,
          w + <usize>4 * <usize>(g * k) * <usize>outG,
          outG,
          0,
          to + <usize>4 * <usize>(g * outG),
          outC,
          1,
          products,
        );
      }
    }
}

/** Windows of output row oy: [outW][kH][kW][inG], zeros outside the image. */
export function gatherRow(shape: usize, x: usize, oy: i32, inG: i32, to: usize): void {
  const height = shapeWord(shape, H),
    width = shapeWord(shape, W),
    pixelBytes = <usize>4 * <usize>shapeWord(shape, C);
  const kh = shapeWord(shape, KERNEL_H),
    kw = shapeWord(shape, KERNEL_W);
  const dh = shapeWord(shape, DILATION_H),
    dw = shapeWord(shape, DILATION_W),
    sw = shapeWord(shape, STRIDE_W);
  const top = oy * shapeWord(shape, STRIDE_H) - shapeWord(shape, PAD_TOP),
    outW = shapeWord(shape, OUT_W);
  const bytes = <usize>4 * <usize>inG;
  const whole = dw === 1 && inG === shapeWord(shape, C);
  for (let ox = 0, left = -shapeWord(shape, PAD_LEFT); ox < outW; ox++, left += sw)
    for (let ky = 0, y = top; ky < kh; ky++, y += dh) {
      if (y < 0 || y >= height) {
        memory.fill(to, 0, bytes * <usize>kw);
        to += bytes * <usize>kw;
        continue;
      }
      const row = x + <usize>(y * width) * pixelBytes;
      if (whole && left >= 0 && left + kw <= width) {
        const run = bytes * <usize>kw;
        copyWords(to, row + <usize>left * pixelBytes, run);
        to += run;
        continue;
      }
      for (let kx = 0, column = left; kx < kw; kx++, column += dw, to += bytes) {
        if (column < 0 || column >= width) memory.fill(to, 0, bytes);
        else copyWords(to, row + <usize>column * pixelBytes, bytes);
      }
    }
}

/** A copy of few 4-byte words: shorter than the start of a call to memory.copy. */
function copyWords(to: usize, from: usize, bytes: usize): void {
  const end = from + bytes;
  for (; from + 16 <= end; from += 16, to += 16) v128.store(to, v128.load(from));
  for (; from < end; from += 4, to += 4) store<u32>(to, load<u32>(from));
}

export function poolDense(shape: usize, rows: i32, x: usize, scale: f32, out: usize): void {
  const channels = shapeWord(shape, C),
    height = shapeWord(shape, H),
    width = shapeWord(shape, W);
  const kh = shapeWord(shape, KERNEL_H),
    kw = shapeWord(shape, KERNEL_W);
  const dh = shapeWord(shape, DILATION_H),
    dw = shapeWord(shape, DILATION_W);
  const sh = shapeWord(shape, STRIDE_H),
    sw = shapeWord(shape, STRIDE_W);
  const outW = shapeWord(shape, OUT_W),
    outH = shapeWord(shape, OUT_H);
  const pixelBytes = <usize>4 * <usize>channels;
  const by = f32x4.splat(scale);
  for (let r = 0; r < rows; r++, x += <usize>(height * width) * pixelBytes)
    for (let oy = 0, top = -shapeWord(shape, PAD_TOP); oy < outH; oy++, top += sh)
      for (let ox = 0, left = -shapeWord(shape, PAD_LEFT); ox < outW; ox++, left += sw, out += pixelBytes)
        for (let c = 0; c < channels; c += 4) {
          const lanes = min(4, channels - c);
          let sum = f32x4.splat(0);
          for (let ky = 0, y = top; ky < kh; ky++, y += dh) {
            if (y < 0 || y >= height) continue;
            for (let kx = 0, column = left; kx < kw; kx++, column += dw)
              if (column >= 0 && column < width)
                sum = f32x4.add(
                  sum,
                  loadPart(x + <usize>(y * width + column) * pixelBytes + <usize>4 * <usize>c, lanes),
                );
          }
          storePart(out + <usize>4 * <usize>c, f32x4.mul(sum, by), lanes);
        }
}
