// Float events: tiles of columns stay in registers while the events of a row add their rows of weights.
import { madd, maddScalar } from "./lanes.ts";

export function accumulateEvents(
  rows: i32,
  k: i32,
  n: i32,
  start: usize,
  index: usize,
  value: usize,
  w: usize,
  ldw: i32,
  bias: usize,
  out: usize,
  ldo: i32,
  accumulate: i32,
  scratch: usize,
): void {
  const ld = <usize>4 * <usize>ldw;
  const events = load<u32>(start + <usize>4 * <usize>rows) - load<u32>(start);
  // Copying a tile pays where its rows are read more than about twice: power-of-two row strides share cache sets.
  const copies = scratch !== 0 && events > 2 * <u32>k;
  let j = 0;
  for (; j + 32 <= n; j += 32) {
    let from = w + <usize>4 * <usize>j;
    let step = ld;
    if (copies) {
      copyTile(from, ld, k, scratch);
      from = scratch;
      step = 128;
    }
    const offset = <usize>4 * <usize>j;
    const biasAt = bias ? bias + offset : 0;
    for (let r = 0; r < rows; r++) {
      const first = load<u32>(start + <usize>4 * <usize>r);
      const count = load<u32>(start + <usize>4 * <usize>r + 4) - first;
      const to = out + <usize>4 * <usize>r * <usize>ldo + offset;
      if (value)
        gradedTile32(
          index + <usize>4 * <usize>first,
          value + <usize>4 * <usize>first,
          count,
          from,
          step,
          biasAt,
          to,
          accumulate,
        );
      else unitTile32(index + <usize>4 * <usize>first, count, from, step, biasAt, to, accumulate);
    }
  }
  if (j === n) return;
  for (let r = 0; r < rows; r++) {
    const first = load<u32>(start + <usize>4 * <usize>r);
    const count = load<u32>(start + <usize>4 * <usize>r + 4) - first;
    const to = out + <usize>4 * <usize>r * <usize>ldo;
    const at = index + <usize>4 * <usize>first;
    const values = value ? value + <usize>4 * <usize>first : 0;
    let i = j;
    for (; i + 16 <= n; i += 16)
      tile16(
        at,
        values,
        count,
        w + <usize>4 * <usize>i,
        ld,
        bias ? bias + <usize>4 * <usize>i : 0,
        to + <usize>4 * <usize>i,
        accumulate,
      );
    for (; i + 4 <= n; i += 4)
      tile4(
        at,
        values,
        count,
        w + <usize>4 * <usize>i,
        ld,
        bias ? bias + <usize>4 * <usize>i : 0,
        to + <usize>4 * <usize>i,
        accumulate,
      );
    for (; i < n; i++)
      tile1(
        at,
        values,
        count,
        w + <usize>4 * <usize>i,
        ld,
        bias ? bias + <usize>4 * <usize>i : 0,
        to + <usize>4 * <usize>i,
        accumulate,
      );
  }
}

function copyTile(from: usize, ld: usize, k: i32, to: usize): void {
  for (let i = 0; i < k; i++, from += ld, to += 128) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    v128.store(to, v128.load(from, 32), 32);
    v128.store(to, v128.load(from, 48), 48);
    v128.store(to, v128.load(from, 64), 64);
    v128.store(to, v128.load(from, 80), 80);
    v128.store(to, v128.load(from, 96), 96);
    v128.store(to, v128.load(from, 112), 112);
  }
}

function unitTile32(
  index: usize,
  count: u32,
  w: usize,
  ld: usize,
  bias: usize,
  out: usize,
  accumulate: i32,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0,
    s7 = s0;
  if (accumulate) {
    s0 = v128.load(out);
    s1 = v128.load(out, 16);
    s2 = v128.load(out, 32);
    s3 = v128.load(out, 48);
    s4 = v128.load(out, 64);
    s5 = v128.load(out, 80);
    s6 = v128.load(out, 96);
    s7 = v128.load(out, 112);
  }
  for (const end = index + <usize>4 * <usize>count; index < end; index += 4) {
    const row = w + <usize>load<u32>(index) * ld;
    s0 = f32x4.add(s0, v128.load(row));
    s1 = f32x4.add(s1, v128.load(row, 16));
    s2 = f32x4.add(s2, v128.load(row, 32));
    s3 = f32x4.add(s3, v128.load(row, 48));
    s4 = f32x4.add(s4, v128.load(row, 64));
    s5 = f32x4.add(s5, v128.load(row, 80));
    s6 = f32x4.add(s6, v128.load(row, 96));
    s7 = f32x4.add(s7, v128.load(row, 112));
  }
  if (bias) {
    s0 = f32x4.add(s0, v128.load(bias));
    s1 = f32x4.add(s1, v128.load(bias, 16));
    s2 = f32x4.add(s2, v128.load(bias, 32));
    s3 = f32x4.add(s3, v128.load(bias, 48));
    s4 = f32x4.add(s4, v128.load(bias, 64));
    s5 = f32x4.add(s5, v128.load(bias, 80));
    s6 = f32x4.add(s6, v128.load(bias, 96));
    s7 = f32x4.add(s7, v128.load(bias, 112));
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
}

function gradedTile32(
  index: usize,
  value: usize,
  count: u32,
  w: usize,
  ld: usize,
  bias: usize,
  out: usize,
  accumulate: i32,
): void {
  tile16(index, value, count, w, ld, bias, out, accumulate);
  tile16(index, value, count, w + 64, ld, bias ? bias + 64 : 0, out + 64, accumulate);
}

function tile16(
  index: usize,
  value: usize,
  count: u32,
  w: usize,
  ld: usize,
  bias: usize,
  out: usize,
  accumulate: i32,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  if (accumulate) {
    s0 = v128.load(out);
    s1 = v128.load(out, 16);
    s2 = v128.load(out, 32);
    s3 = v128.load(out, 48);
  }
  const end = index + <usize>4 * <usize>count;
  if (value) {
    for (; index < end; index += 4, value += 4) {
      const row = w + <usize>load<u32>(index) * ld;
      const factor = v128.load_splat<u32>(value);
      s0 = madd(s0, factor, v128.load(row));
      s1 = madd(s1, factor, v128.load(row, 16));
      s2 = madd(s2, factor, v128.load(row, 32));
      s3 = madd(s3, factor, v128.load(row, 48));
    }
  } else {
    for (; index < end; index += 4) {
      const row = w + <usize>load<u32>(index) * ld;
      s0 = f32x4.add(s0, v128.load(row));
      s1 = f32x4.add(s1, v128.load(row, 16));
      s2 = f32x4.add(s2, v128.load(row, 32));
      s3 = f32x4.add(s3, v128.load(row, 48));
    }
  }
  if (bias) {
    s0 = f32x4.add(s0, v128.load(bias));
    s1 = f32x4.add(s1, v128.load(bias, 16));
    s2 = f32x4.add(s2, v128.load(bias, 32));
    s3 = f32x4.add(s3, v128.load(bias, 48));
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}

function tile4(
  index: usize,
  value: usize,
  count: u32,
  w: usize,
  ld: usize,
  bias: usize,
  out: usize,
  accumulate: i32,
): void {
  let sum = accumulate ? v128.load(out) : f32x4.splat(0);
  const end = index + <usize>4 * <usize>count;
  if (value) {
    for (; index < end; index += 4, value += 4)
      sum = madd(sum, v128.load_splat<u32>(value), v128.load(w + <usize>load<u32>(index) * ld));
  } else {
    for (; index < end; index += 4) sum = f32x4.add(sum, v128.load(w + <usize>load<u32>(index) * ld));
  }
  if (bias) sum = f32x4.add(sum, v128.load(bias));
  v128.store(out, sum);
}

function tile1(
  index: usize,
  value: usize,
  count: u32,
  w: usize,
  ld: usize,
  bias: usize,
  out: usize,
  accumulate: i32,
): void {
  let sum: f32 = accumulate ? load<f32>(out) : 0;
  const end = index + <usize>4 * <usize>count;
  for (; index < end; index += 4) {
    const weight = load<f32>(w + <usize>load<u32>(index) * ld);
    if (value) {
      sum = maddScalar(sum, load<f32>(value), weight);
      value += 4;
    } else sum += weight;
  }
  if (bias) sum += load<f32>(bias);
  store<f32>(out, sum);
}
