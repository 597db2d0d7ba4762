// Event-driven convolution and pooling. With stride and dilation 1 an event adds one run per kernel row.
import { addRun } from "./runs.ts";
import {
  C,
  CHW,
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

export function convEvents(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  w: usize,
  bias: usize,
  out: usize,
  accumulate: i32,
): void {
  if (!accumulate) fillBias(shape, rows, bias, out);
  convInto<f32, f32>(shape, rows, start, index, value, w, out);
}

export function convEventsI8(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  w: usize,
  out: usize,
): void {
  convInto<i32, i8>(shape, rows, start, index, value, w, out);
}

export function convEventsI16(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  w: usize,
  out: usize,
): void {
  convInto<i32, i16>(shape, rows, start, index, value, w, out);
}

export function convEventsI32(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  w: usize,
  out: usize,
): void {
  convInto<i32, i32>(shape, rows, start, index, value, w, out);
}

/** Every pixel of `rows` images to the bias of its channels, or to 0. */
export function fillBias(shape: usize, rows: i32, bias: usize, out: usize): void {
  const channels = <usize>4 * <usize>shapeWord(shape, OUT_C);
  const pixels = <usize>rows * <usize>(shapeWord(shape, OUT_H) * shapeWord(shape, OUT_W));
  const total = pixels * channels;
  if (!bias) {
    memory.fill(out, 0, total);
    return;
  }
  if (total === 0) return;
  memory.copy(out, bias, channels);
  for (let done: usize = channels; done < total; ) {
    const next = min(done, total - done);
    memory.copy(out + done, out, next);
    done += next;
  }
}

function convInto<S, V>(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  w: usize,
  out: usize,
): void {
  const inC = shapeWord(shape, C),
    width = shapeWord(shape, W),
    plane = shapeWord(shape, H) * width;
  const outC = shapeWord(shape, OUT_C),
    groups = shapeWord(shape, GROUPS);
  const outW = shapeWord(shape, OUT_W),
    outH = shapeWord(shape, OUT_H);
  const outG = outC / groups,
    inG = inC / groups;
  const kh = shapeWord(shape, KERNEL_H),
    kw = shapeWord(shape, KERNEL_W);
  const sh = shapeWord(shape, STRIDE_H),
    sw = shapeWord(shape, STRIDE_W);
  const dh = shapeWord(shape, DILATION_H),
    dw = shapeWord(shape, DILATION_W);
  const pt = shapeWord(shape, PAD_TOP),
    pl = shapeWord(shape, PAD_LEFT),
    chw = shapeWord(shape, CHW);
  const runs = groups === 1 && sh === 1 && sw === 1 && dh === 1 && dw === 1;
  const image = <usize>4 * <usize>(outH * outW) * <usize>outC;
  const rowBytes = <usize>4 * <usize>(outW * outC);
  const tapBytes = sizeof<V>() * <usize>outG;
  for (let r = 0; r < rows; r++, out += image) {
    const last = load<u32>(start + <usize>4 * <usize>r + 4);
    for (let p = load<u32>(start + <usize>4 * <usize>r); p < last; p++) {
      const at = load<u32>(index + <usize>4 * <usize>p);
      const channel = <i32>(chw ? at / <u32>plane : at % <u32>inC);
      const pixel = chw ? at % <u32>plane : at / <u32>inC;
      const top = <i32>(pixel / <u32>width) + pt;
      const left = <i32>(pixel % <u32>width) + pl;
      const factor: S = value ? load<S>(value + <usize>4 * <usize>p) : <S>1;
      const weights = w + <usize>(channel * kh) * <usize>kw * tapBytes;
      if (runs) {
        const first = max(0, left - kw + 1);
        const count = min(outW - 1, left) - first + 1;
        if (count <= 0) continue;
        // Taps lie from right to left, so that they meet the outputs from left to right.
        const from = weights + <usize>(kw - 1 - left + first) * tapBytes;
        const kyEnd = min(kh - 1, top);
        for (let ky = max(0, top - outH + 1); ky <= kyEnd; ky++)
          addRun<S, V>(
            out + <usize>(top - ky) * rowBytes + <usize>4 * <usize>(first * outC),
            from + <usize>(ky * kw) * tapBytes,
            count * outC,
            factor,
            value !== 0,
          );
      } else {
        const group = <usize>4 * <usize>((channel / inG) * outG);
        for (let ky = 0, y = top; ky < kh; ky++, y -= dh) {
          if (y < 0 || y % sh !== 0 || y / sh >= outH) continue;
          const row = out + <usize>(y / sh) * rowBytes + group;
          for (let kx = 0, x = left; kx < kw; kx++, x -= dw) {
            if (x < 0 || x % sw !== 0 || x / sw >= outW) continue;
            addRun<S, V>(
              row + <usize>4 * <usize>((x / sw) * outC),
              weights + <usize>(ky * kw + kw - 1 - kx) * tapBytes,
              outG,
              factor,
              value !== 0,
            );
          }
        }
      }
    }
  }
}

export function poolEvents(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  scale: f32,
  out: usize,
): void {
  const size = rows * shapeWord(shape, OUT_H) * shapeWord(shape, OUT_W) * shapeWord(shape, C);
  memory.fill(out, 0, <usize>4 * <usize>size);
  poolInto<f32>(shape, rows, start, index, value, out);
  if (scale !== 1) {
    const by = f32x4.splat(scale);
    let i = 0;
    for (; i + 4 <= size; i += 4)
      v128.store(out + <usize>4 * <usize>i, f32x4.mul(v128.load(out + <usize>4 * <usize>i), by));
    for (; i < size; i++) store<f32>(out + <usize>4 * <usize>i, load<f32>(out + <usize>4 * <usize>i) * scale);
  }
}

export function poolEventsI32(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  out: usize,
): void {
  poolInto<i32>(shape, rows, start, index, value, out);
}

function poolInto<S>(shape: usize, rows: i32, start: usize, index: usize, value: usize, out: usize): void {
  const channels = shapeWord(shape, C),
    width = shapeWord(shape, W),
    plane = shapeWord(shape, H) * width;
  const outW = shapeWord(shape, OUT_W),
    outH = shapeWord(shape, OUT_H);
  const kh = shapeWord(shape, KERNEL_H),
    kw = shapeWord(shape, KERNEL_W);
  const sh = shapeWord(shape, STRIDE_H),
    sw = shapeWord(shape, STRIDE_W);
  const dh = shapeWord(shape, DILATION_H),
    dw = shapeWord(shape, DILATION_W);
  const pt = shapeWord(shape, PAD_TOP),
    pl = shapeWord(shape, PAD_LEFT),
    chw = shapeWord(shape, CHW);
  const image = <usize>4 * <usize>(outH * outW) * <usize>channels;
  for (let r = 0; r < rows; r++, out += image) {
    const last = load<u32>(start + <usize>4 * <usize>r + 4);
    for (let p = load<u32>(start + <usize>4 * <usize>r); p < last; p++) {
      const at = load<u32>(index + <usize>4 * <usize>p);
      const channel = <i32>(chw ? at / <u32>plane : at % <u32>channels);
      const pixel = chw ? at % <u32>plane : at / <u32>channels;
      const top = <i32>(pixel / <u32>width) + pt;
      const left = <i32>(pixel % <u32>width) + pl;
      const amount: S = value ? load<S>(value + <usize>4 * <usize>p) : <S>1;
      for (let ky = 0, y = top; ky < kh && y >= 0; ky++, y -= dh) {
        if (y % sh !== 0 || y / sh >= outH) continue;
        for (let kx = 0, x = left; kx < kw && x >= 0; kx++, x -= dw) {
          if (x % sw !== 0 || x / sw >= outW) continue;
          const to = out + <usize>4 * <usize>(((y / sh) * outW + x / sw) * channels + channel);
          store<S>(to, load<S>(to) + amount);
        }
      }
    }
  }
}
