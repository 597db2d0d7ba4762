// Integer events, exact: the order of additions is free, so that int8 rows are first summed in 16 bits.

/** Events whose int8 weights fit an int16 sum: 255 · 128 = 32 640. */
const PARTIAL: u32 = 255;

export function accumulateI8(
  rows: i32, n: i32, start: usize, index: usize, value: usize, w: usize, ldw: i32, out: usize, ldo: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const first = load<u32>(start + <usize>4 * <usize>r);
    const end = index + <usize>4 * <usize>load<u32>(start + <usize>4 * <usize>r + 4);
    const from = index + <usize>4 * <usize>first;
    const to = out + <usize>4 * <usize>r * <usize>ldo;
    const values = value ? value + <usize>4 * <usize>first : 0;
    let j = 0;
    if (value) {
      for (; j + 16 <= n; j += 16) graded16<i8>(from, end, values, w + <usize>j, <usize>ldw, to + <usize>4 * <usize>j);
    } else {
      for (; j + 64 <= n; j += 64) partial64(from, end, w + <usize>j, <usize>ldw, to + <usize>4 * <usize>j);
      for (; j + 16 <= n; j += 16) partial16(from, end, w + <usize>j, <usize>ldw, to + <usize>4 * <usize>j);
      for (; j + 8 <= n; j += 8) partial8(from, end, w + <usize>j, <usize>ldw, to + <usize>4 * <usize>j);
    }
    for (; j < n; j++) column<i8>(from, end, values, w + <usize>j, <usize>ldw, to + <usize>4 * <usize>j);
  }
}

export function accumulateI16(
  rows: i32, n: i32, start: usize, index: usize, value: usize, w: usize, ldw: i32, out: usize, ldo: i32,
): void {
  accumulateWide<i16>(rows, n, start, index, value, w, <usize>2 * <usize>ldw, out, ldo);
}

export function accumulateI32(
  rows: i32, n: i32, start: usize, index: usize, value: usize, w: usize, ldw: i32, out: usize, ldo: i32,
): void {
  accumulateWide<i32>(rows, n, start, index, value, w, <usize>4 * <usize>ldw, out, ldo);
}

function accumulateWide<W>(
  rows: i32, n: i32, start: usize, index: usize, value: usize, w: usize, ld: usize, out: usize, ldo: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const first = load<u32>(start + <usize>4 * <usize>r);
    const end = index + <usize>4 * <usize>load<u32>(start + <usize>4 * <usize>r + 4);
    const from = index + <usize>4 * <usize>first;
    const to = out + <usize>4 * <usize>r * <usize>ldo;
    const values = value ? value + <usize>4 * <usize>first : 0;
    let j = 0;
    if (!value) {
      for (; j + 32 <= n; j += 32) unit32<W>(from, end, w + sizeof<W>() * <usize>j, ld, to + <usize>4 * <usize>j);
    }
    for (; j + 16 <= n; j += 16) graded16<W>(from, end, values, w + sizeof<W>() * <usize>j, ld, to + <usize>4 * <usize>j);
    for (; j < n; j++) column<W>(from, end, values, w + sizeof<W>() * <usize>j, ld, to + <usize>4 * <usize>j);
  }
}

/** Four weights from element 4·quarter of p as int32. */
@inline
function widen<W>(p: usize, quarter: i32): v128 {
  if (sizeof<W>() === 1) return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(p + 4 * quarter)));
  if (sizeof<W>() === 2) return v128.load_ext<i16>(p + 8 * quarter);
  return v128.load(p + 16 * quarter);
}

@inline
function addTo(out: usize, sum: v128): void {
  v128.store(out, i32x4.add(v128.load(out), sum));
}

function graded16<W>(index: usize, end: usize, value: usize, w: usize, ld: usize, out: usize): void {
  let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  if (value) {
    for (; index < end; index += 4, value += 4) {
      const row = w + <usize>load<u32>(index) * ld;
      const factor = v128.load_splat<u32>(value);
      s0 = i32x4.add(s0, i32x4.mul(factor, widen<W>(row, 0)));
      s1 = i32x4.add(s1, i32x4.mul(factor, widen<W>(row, 1)));
      s2 = i32x4.add(s2, i32x4.mul(factor, widen<W>(row, 2)));
      s3 = i32x4.add(s3, i32x4.mul(factor, widen<W>(row, 3)));
    }
  } else {
    for (; index < end; index += 4) {
      const row = w + <usize>load<u32>(index) * ld;
      s0 = i32x4.add(s0, widen<W>(row, 0));
      s1 = i32x4.add(s1, widen<W>(row, 1));
      s2 = i32x4.add(s2, widen<W>(row, 2));
      s3 = i32x4.add(s3, widen<W>(row, 3));
    }
  }
  addTo(out, s0);
  addTo(out + 16, s1);
  addTo(out + 32, s2);
  addTo(out + 48, s3);
}

function unit32<W>(index: usize, end: usize, w: usize, ld: usize, out: usize): void {
  let s0 = i32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
  for (; index < end; index += 4) {
    const row = w + <usize>load<u32>(index) * ld;
    s0 = i32x4.add(s0, widen<W>(row, 0));
    s1 = i32x4.add(s1, widen<W>(row, 1));
    s2 = i32x4.add(s2, widen<W>(row, 2));
    s3 = i32x4.add(s3, widen<W>(row, 3));
    s4 = i32x4.add(s4, widen<W>(row, 4));
    s5 = i32x4.add(s5, widen<W>(row, 5));
    s6 = i32x4.add(s6, widen<W>(row, 6));
    s7 = i32x4.add(s7, widen<W>(row, 7));
  }
  addTo(out, s0);
  addTo(out + 16, s1);
  addTo(out + 32, s2);
  addTo(out + 48, s3);
  addTo(out + 64, s4);
  addTo(out + 80, s5);
  addTo(out + 96, s6);
  addTo(out + 112, s7);
}

function column<W>(index: usize, end: usize, value: usize, w: usize, ld: usize, out: usize): void {
  let sum = load<i32>(out);
  for (; index < end; index += 4) {
    const weight = <i32>load<W>(w + <usize>load<u32>(index) * ld);
    if (value) {
      sum += load<i32>(value) * weight;
      value += 4;
    } else sum += weight;
  }
  store<i32>(out, sum);
}

@inline
function addHalves(out: usize, partial: v128): void {
  addTo(out, i32x4.extend_low_i16x8_s(partial));
  addTo(out + 16, i32x4.extend_high_i16x8_s(partial));
}

function partial64(index: usize, end: usize, w: usize, ld: usize, out: usize): void {
  while (index < end) {
    const stop = min(end, index + <usize>4 * <usize>PARTIAL);
    let s0 = i16x8.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
    for (; index < stop; index += 4) {
      const row = w + <usize>load<u32>(index) * ld;
      s0 = i16x8.add(s0, v128.load_ext<i8>(row));
      s1 = i16x8.add(s1, v128.load_ext<i8>(row, 8));
      s2 = i16x8.add(s2, v128.load_ext<i8>(row, 16));
      s3 = i16x8.add(s3, v128.load_ext<i8>(row, 24));
      s4 = i16x8.add(s4, v128.load_ext<i8>(row, 32));
      s5 = i16x8.add(s5, v128.load_ext<i8>(row, 40));
      s6 = i16x8.add(s6, v128.load_ext<i8>(row, 48));
      s7 = i16x8.add(s7, v128.load_ext<i8>(row, 56));
    }
    addHalves(out, s0);
    addHalves(out + 32, s1);
    addHalves(out + 64, s2);
    addHalves(out + 96, s3);
    addHalves(out + 128, s4);
    addHalves(out + 160, s5);
    addHalves(out + 192, s6);
    addHalves(out + 224, s7);
  }
}

function partial16(index: usize, end: usize, w: usize, ld: usize, out: usize): void {
  while (index < end) {
    const stop = min(end, index + <usize>4 * <usize>PARTIAL);
    let s0 = i16x8.splat(0), s1 = s0;
    for (; index < stop; index += 4) {
      const row = w + <usize>load<u32>(index) * ld;
      s0 = i16x8.add(s0, v128.load_ext<i8>(row));
      s1 = i16x8.add(s1, v128.load_ext<i8>(row, 8));
    }
    addHalves(out, s0);
    addHalves(out + 32, s1);
  }
}

function partial8(index: usize, end: usize, w: usize, ld: usize, out: usize): void {
  while (index < end) {
    const stop = min(end, index + <usize>4 * <usize>PARTIAL);
    let sum = i16x8.splat(0);
    for (; index < stop; index += 4) sum = i16x8.add(sum, v128.load_ext<i8>(w + <usize>load<u32>(index) * ld));
    addHalves(out, sum);
  }
}

export function accumulateSaturatingI8(
  rows: i32, n: i32, start: usize, index: usize, low: i32, high: i32, w: usize, ldw: i32, out: usize, ldo: i32,
): void {
  for (let r = 0; r < rows; r++) {
    const from = index + <usize>4 * <usize>load<u32>(start + <usize>4 * <usize>r);
    const end = index + <usize>4 * <usize>load<u32>(start + <usize>4 * <usize>r + 4);
    const to = out + <usize>4 * <usize>r * <usize>ldo;
    let j = 0;
    for (; j + 16 <= n; j += 16) saturating16(from, end, low, high, w + <usize>j, <usize>ldw, to + <usize>4 * <usize>j);
    for (; j < n; j++) {
      let sum = load<i32>(to + <usize>4 * <usize>j);
      for (let p = from; p < end; p += 4)
        sum = min(high, max(low, sum + <i32>load<i8>(w + <usize>load<u32>(p) * <usize>ldw + <usize>j)));
      store<i32>(to + <usize>4 * <usize>j, sum);
    }
  }
}

function saturating16(index: usize, end: usize, low: i32, high: i32, w: usize, ld: usize, out: usize): void {
  const least = i32x4.splat(low), most = i32x4.splat(high);
  let s0 = v128.load(out), s1 = v128.load(out, 16), s2 = v128.load(out, 32), s3 = v128.load(out, 48);
  for (; index < end; index += 4) {
    const row = v128.load(w + <usize>load<u32>(index) * ld);
    const first = i16x8.extend_low_i8x16_s(row), second = i16x8.extend_high_i8x16_s(row);
    s0 = i32x4.min_s(most, i32x4.max_s(least, i32x4.add(s0, i32x4.extend_low_i16x8_s(first))));
    s1 = i32x4.min_s(most, i32x4.max_s(least, i32x4.add(s1, i32x4.extend_high_i16x8_s(first))));
    s2 = i32x4.min_s(most, i32x4.max_s(least, i32x4.add(s2, i32x4.extend_low_i16x8_s(second))));
    s3 = i32x4.min_s(most, i32x4.max_s(least, i32x4.add(s3, i32x4.extend_high_i16x8_s(second))));
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
}
