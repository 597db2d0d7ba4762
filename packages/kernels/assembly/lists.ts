// Event lists from masks and dense rows, and the counting sort that turns them around.

export function compactMask(rows: i32, n: i32, mask: usize, maskStride: i32, start: usize, index: usize): i32 {
  const first = index;
  for (let r = 0; r < rows; r++, mask += <usize>maskStride) {
    store<u32>(start + <usize>4 * <usize>r, <u32>((index - first) >> 2));
    for (let base = 0; base < n; base += 64) {
      let bits = load<u64>(mask + (<usize>base >> 3));
      while (bits) {
        store<u32>(index, <u32>base + <u32>ctz(bits));
        index += 4;
        bits &= bits - 1;
      }
    }
  }
  const count = <i32>((index - first) >> 2);
  store<u32>(start + <usize>4 * <usize>rows, <u32>count);
  return count;
}

export function compactF32(rows: i32, n: i32, x: usize, start: usize, index: usize, value: usize): i32 {
  return compactDense<f32>(rows, n, x, start, index, value);
}

export function compactI32(rows: i32, n: i32, x: usize, start: usize, index: usize, value: usize): i32 {
  return compactDense<i32>(rows, n, x, start, index, value);
}

@inline
function nonZero<S>(p: usize): i32 {
  const x = v128.load(p);
  if (isFloat<S>()) return i32x4.bitmask(f32x4.ne(x, f32x4.splat(0)));
  return i32x4.bitmask(i32x4.ne(x, i32x4.splat(0)));
}

function compactDense<S>(rows: i32, n: i32, x: usize, start: usize, index: usize, value: usize): i32 {
  let count = 0;
  for (let r = 0; r < rows; r++, x += <usize>4 * <usize>n) {
    store<u32>(start + <usize>4 * <usize>r, count);
    let i = 0;
    for (; i + 16 <= n; i += 16) {
      const p = x + <usize>4 * <usize>i;
      let bits = nonZero<S>(p) | (nonZero<S>(p + 16) << 4) | (nonZero<S>(p + 32) << 8) | (nonZero<S>(p + 48) << 12);
      for (; bits; bits &= bits - 1, count++) {
        const at = i + ctz(bits);
        store<u32>(index + <usize>4 * <usize>count, at);
        if (value) store<u32>(value + <usize>4 * <usize>count, load<u32>(x + <usize>4 * <usize>at));
      }
    }
    for (; i < n; i++) {
      if (load<S>(x + <usize>4 * <usize>i) === <S>0) continue;
      store<u32>(index + <usize>4 * <usize>count, i);
      if (value) store<u32>(value + <usize>4 * <usize>count, load<u32>(x + <usize>4 * <usize>i));
      count++;
    }
  }
  store<u32>(start + <usize>4 * <usize>rows, count);
  return count;
}

export function transposeEvents(
  rows: i32, k: i32, start: usize, index: usize, value: usize, byStart: usize, byRow: usize, byValue: usize,
): void {
  const first = load<u32>(start), end = load<u32>(start + <usize>4 * <usize>rows);
  memory.fill(byStart, 0, <usize>4 * <usize>(k + 1));
  for (let p = first; p < end; p++) {
    const at = byStart + <usize>4 * <usize>load<u32>(index + <usize>4 * <usize>p) + 4;
    store<u32>(at, load<u32>(at) + 1);
  }
  for (let i = 0; i < k; i++) {
    const at = byStart + <usize>4 * <usize>i;
    store<u32>(at + 4, load<u32>(at + 4) + load<u32>(at));
  }
  for (let r = 0; r < rows; r++) {
    const last = load<u32>(start + <usize>4 * <usize>r + 4);
    for (let p = load<u32>(start + <usize>4 * <usize>r); p < last; p++) {
      // byStart[i] serves as the cursor of i, and is moved back below.
      const at = byStart + <usize>4 * <usize>load<u32>(index + <usize>4 * <usize>p);
      const to = load<u32>(at);
      store<u32>(at, to + 1);
      store<u32>(byRow + <usize>4 * <usize>to, r);
      if (value) store<u32>(byValue + <usize>4 * <usize>to, load<u32>(value + <usize>4 * <usize>p));
    }
  }
  memory.copy(byStart + 4, byStart, <usize>4 * <usize>k);
  store<u32>(byStart, 0);
}

export function transposeImages(rows: i32, m: i32, n: i32, from: usize, to: usize): void {
  const size = <usize>4 * <usize>m * <usize>n;
  for (let r = 0; r < rows; r++, from += size, to += size)
    for (let i = 0; i < m; i += 16) {
      const end = min(m, i + 16);
      for (let j = 0; j < n; j++)
        for (let at = i; at < end; at++)
          store<u32>(to + <usize>4 * (<usize>j * <usize>m + <usize>at), load<u32>(from + <usize>4 * (<usize>at * <usize>n + <usize>j)));
    }
}
