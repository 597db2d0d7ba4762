// Event-driven convolution and pooling. With stride and dilation 1 an event adds one run per kernel row.
import { addRuns } from "./runs.ts";
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
  quotient,
  reciprocal,
  STRIDE_H,
  STRIDE_W,
  shapeWord,
  tiles,
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
  eachRun<f32, f32, Forward>(shape, rows, start, index, value, w, out);
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
  eachRun<i32, i8, Forward>(shape, rows, start, index, value, w, out);
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
  eachRun<i32, i16, Forward>(shape, rows, start, index, value, w, out);
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
  eachRun<i32, i32, Forward>(shape, rows, start, index, value, w, out);
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

/** What meets what: events add weights to outputs, or outputs (their gradient) to weights. */
type Forward = i32;
type WeightGradient = f32;

export function convEventsWeightGradient(
  shape: usize,
  rows: i32,
  start: usize,
  index: usize,
  value: usize,
  dy: usize,
  dw: usize,
): void {
  eachRun<f32, f32, WeightGradient>(shape, rows, start, index, value, dw, dy);
}

/** Walks the events and, for each, the taps that meet an output. D is the direction of what is added. */
function eachRun<S, V, D>(
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
  const byPlane = reciprocal(plane, plane * inC),
    byChannels = reciprocal(inC, plane * inC),
    byWidth = reciprocal(width, plane * inC);
  const runs = groups === 1 && sh === 1 && sw === 1 && dh === 1 && dw === 1;
  const image = <usize>4 * <usize>(outH * outW) * <usize>outC;
  const rowBytes = <usize>4 * <usize>(outW * outC);
  const tapBytes = sizeof<V>() * <usize>outG;
  for (let r = 0; r < rows; r++, out += image) {
    const last = load<u32>(start + <usize>4 * <usize>r + 4);
    for (let p = load<u32>(start + <usize>4 * <usize>r); p < last; p++) {
      const at = load<u32>(index + <usize>4 * <usize>p);
      const whole = chw ? quotient(at, plane, byPlane) : quotient(at, inC, byChannels);
      const rest = at - whole * <u32>(chw ? plane : inC);
      const channel = <i32>(chw ? whole : rest),
        pixel = chw ? rest : whole;
      const y = quotient(pixel, width, byWidth);
      const top = <i32>y + pt,
        left = <i32>(pixel - y * <u32>width) + pl;
      const factor: S = value ? load<S>(value + <usize>4 * <usize>p) : <S>1;
      const weights = w + <usize>(channel * kh) * <usize>kw * tapBytes;
      if (runs) {
        const first = max(0, left - kw + 1),
          ky = max(0, top - outH + 1);
        const count = min(outW - 1, left) - first + 1,
          times = min(kh - 1, top) - ky + 1;
        if (count <= 0) continue;
        // Taps lie from right to left, so that they meet the outputs from left to right.
        const from = weights + <usize>(ky * kw + kw - 1 - left + first) * tapBytes;
        const to = out + <usize>(top - ky) * rowBytes + <usize>4 * <usize>(first * outC);
        if (isFloat<D>())
          addRuns<S, V>(
            from,
            <usize>kw * tapBytes,
            to,
            0 - rowBytes,
            times,
            count * outC,
            factor,
            value !== 0,
          );
        else
          addRuns<S, V>(
            to,
            0 - rowBytes,
            from,
            <usize>kw * tapBytes,
            times,
            count * outC,
            factor,
            value !== 0,
          );
        continue;
      }
      const group = <usize>4 * <usize>((channel / inG) * outG);
      for (let ky = 0, y = top; ky < kh && y >= 0; ky++, y -= dh) {
        if (y % sh !== 0 || y / sh >= outH) continue;
        const row = out + <usize>(y / sh) * rowBytes + group;
        for (let kx = 0, x = left; kx < kw && x >= 0; kx++, x -= dw) {
          if (x % sw !== 0 || x / sw >= outW) continue;
          const from = weights + <usize>(ky * kw + kw - 1 - kx) * tapBytes;
          const to = row + <usize>4 * <usize>((x / sw) * outC);
          if (isFloat<D>()) addRuns<S, V>(from, 0, to, 0, 1, outG, factor, value !== 0);
          else addRuns<S, V>(to, 0, from, 0, 1, outG, factor, value !== 0);
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
  const size = plane * channels;
  const byPlane = reciprocal(plane, size),
    byChannels = reciprocal(channels, size),
    byWidth = reciprocal(width, size);
  const across = size + (pt + pl + 1) * width;
  const byDown = reciprocal(sh, across),
    byAcross = reciprocal(sw, across);
  const apart = tiles(shape);
  const image = <usize>4 * <usize>(outH * outW) * <usize>channels;
  for (let r = 0; r < rows; r++, out += image) {
    const last = load<u32>(start + <usize>4 * <usize>r + 4);
    for (let p = load<u32>(start + <usize>4 * <usize>r); p < last; p++) {
      const at = load<u32>(index + <usize>4 * <usize>p);
      const whole = chw ? quotient(at, plane, byPlane) : quotient(at, channels, byChannels);
      const rest = at - whole * <u32>(chw ? plane : channels);
      const channel = <i32>(chw ? whole : rest),
        pixel = chw ? rest : whole;
      const row = quotient(pixel, width, byWidth);
      const top = <i32>row + pt,
        left = <i32>(pixel - row * <u32>width) + pl;
      const amount: S = value ? load<S>(value + <usize>4 * <usize>p) : <S>1;
      if (apart) {
        const oy = <i32>quotient(<u32>top, sh, byDown),
          ox = <i32>quotient(<u32>left, sw, byAcross);
        if (oy >= outH || ox >= outW) continue;
        const to = out + <usize>4 * <usize>((oy * outW + ox) * channels + channel);
        store<S>(to, load<S>(to) + amount);
        continue;
      }
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
