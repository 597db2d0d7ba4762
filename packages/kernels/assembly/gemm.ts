// C = op(A)·op(B) from packed panels: every transpose costs the same. Order: k in blocks of 256, ascending.
import { madd, maddScalar, loadPart as part } from "./lanes.ts";

const KC: i32 = 256;
const MC: i32 = 96;
const NC: i32 = 1024;
const NR: i32 = 8;

/** Rows of the register tile: four without, six with fused multiply-adds. */
@inline
function tileRows(): i32 {
  return ASC_FEATURE_RELAXED_SIMD ? 6 : 4;
}

export function sgemm(
  m: i32, n: i32, k: i32,
  a: usize, lda: i32, ta: i32,
  b: usize, ldb: i32, tb: i32,
  c: usize, ldc: i32, accumulate: i32, scratch: usize,
): void {
  const mr = tileRows();
  // The tile has at most six rows of eight; panels of B come last, since their size depends on that of the product.
  const tile = scratch;
  const packedA = tile + 256;
  const packedB = packedA + <usize>4 * <usize>(KC * MC);
  if (k === 0 && !accumulate) {
    for (let i = 0; i < m; i++) memory.fill(c + <usize>4 * <usize>(i * ldc), 0, <usize>4 * <usize>n);
  }
  for (let j0 = 0; j0 < n; j0 += NC) {
    const nc = min(NC, n - j0);
    for (let p0 = 0; p0 < k; p0 += KC) {
      const kc = min(KC, k - p0);
      const set = p0 === 0 && !accumulate;
      packB(packedB, b, ldb, tb, p0, kc, j0, nc);
      for (let i0 = 0; i0 < m; i0 += MC) {
        const mc = min(MC, m - i0);
        packA(packedA, a, lda, ta, p0, kc, i0, mc);
        for (let j = 0; j < nc; j += NR) {
          const panelB = packedB + <usize>4 * <usize>(j * kc);
          for (let i = 0; i < mc; i += mr) {
            const to = c + <usize>4 * (<usize>(i0 + i) * <usize>ldc + <usize>(j0 + j));
            const panelA = packedA + <usize>4 * <usize>(i * kc);
            if (i + mr <= mc && j + NR <= nc) tileProduct(kc, panelA, panelB, to, <usize>4 * <usize>ldc, set);
            else {
              tileProduct(kc, panelA, panelB, tile, <usize>4 * <usize>NR, true);
              copyEdge(tile, to, <usize>ldc, min(mr, mc - i), min(NR, nc - j), set);
            }
          }
        }
      }
    }
  }
}

function copyEdge(tile: usize, to: usize, ldc: usize, rows: i32, columns: i32, set: bool): void {
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      const sum = load<f32>(tile + <usize>4 * <usize>(i * NR + j));
      const at = to + <usize>4 * (<usize>i * ldc + <usize>j);
      store<f32>(at, set ? sum : load<f32>(at) + sum);
    }
}

@inline
function writeRow(c: usize, low: v128, high: v128, set: bool): void {
  if (set) {
    v128.store(c, low);
    v128.store(c, high, 16);
  } else {
    v128.store(c, f32x4.add(v128.load(c), low));
    v128.store(c, f32x4.add(v128.load(c, 16), high), 16);
  }
}

/** Register tile: the product of one panel of A and one of B. */
function tileProduct(kc: i32, a: usize, b: usize, c: usize, ldc: usize, set: bool): void {
  let r00 = f32x4.splat(0), r01 = r00, r10 = r00, r11 = r00;
  let r20 = r00, r21 = r00, r30 = r00, r31 = r00;
  if (ASC_FEATURE_RELAXED_SIMD) {
    let r40 = r00, r41 = r00, r50 = r00, r51 = r00;
    for (let p = 0; p < kc; p++) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load_splat<u32>(a);
      r00 = madd(r00, x, b0);
      r01 = madd(r01, x, b1);
      x = v128.load_splat<u32>(a, 4);
      r10 = madd(r10, x, b0);
      r11 = madd(r11, x, b1);
      x = v128.load_splat<u32>(a, 8);
      r20 = madd(r20, x, b0);
      r21 = madd(r21, x, b1);
      x = v128.load_splat<u32>(a, 12);
      r30 = madd(r30, x, b0);
      r31 = madd(r31, x, b1);
      x = v128.load_splat<u32>(a, 16);
      r40 = madd(r40, x, b0);
      r41 = madd(r41, x, b1);
      x = v128.load_splat<u32>(a, 20);
      r50 = madd(r50, x, b0);
      r51 = madd(r51, x, b1);
      a += 24;
      b += 32;
    }
    writeRow(c + 4 * ldc, r40, r41, set);
    writeRow(c + 5 * ldc, r50, r51, set);
  } else {
    for (let p = 0; p < kc; p++) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      let x = v128.load_splat<u32>(a);
      r00 = madd(r00, x, b0);
      r01 = madd(r01, x, b1);
      x = v128.load_splat<u32>(a, 4);
      r10 = madd(r10, x, b0);
      r11 = madd(r11, x, b1);
      x = v128.load_splat<u32>(a, 8);
      r20 = madd(r20, x, b0);
      r21 = madd(r21, x, b1);
      x = v128.load_splat<u32>(a, 12);
      r30 = madd(r30, x, b0);
      r31 = madd(r31, x, b1);
      a += 16;
      b += 32;
    }
  }
  writeRow(c, r00, r01, set);
  writeRow(c + ldc, r10, r11, set);
  writeRow(c + 2 * ldc, r20, r21, set);
  writeRow(c + 3 * ldc, r30, r31, set);
}

/** Four rows of four elements at p, distance ld bytes, written as columns, distance `step` bytes. */
@inline
function transpose4(p: usize, ld: usize, to: usize, step: usize): void {
  const r0 = v128.load(p), r1 = v128.load(p + ld), r2 = v128.load(p + 2 * ld), r3 = v128.load(p + 3 * ld);
  const low01 = v128.shuffle<u32>(r0, r1, 0, 4, 1, 5), high01 = v128.shuffle<u32>(r0, r1, 2, 6, 3, 7);
  const low23 = v128.shuffle<u32>(r2, r3, 0, 4, 1, 5), high23 = v128.shuffle<u32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<u64>(low01, low23, 0, 2));
  v128.store(to + step, v128.shuffle<u64>(low01, low23, 1, 3));
  v128.store(to + 2 * step, v128.shuffle<u64>(high01, high23, 0, 2));
  v128.store(to + 3 * step, v128.shuffle<u64>(high01, high23, 1, 3));
}

/** One panel: `width` lanes by kc terms, zeros beyond `have` lanes. `lane` and `term` are the strides of the source. */
export function packPanel(to: usize, from: usize, width: i32, have: i32, kc: i32, lane: usize, term: usize): void {
  let done = 0;
  const step = <usize>4 * <usize>width;
  if (term === 4) {
    // Lanes are rows of the source: four by four.
    for (; done + 4 <= have; done += 4) {
      let p = 0;
      const source = from + <usize>done * lane;
      const target = to + <usize>4 * <usize>done;
      for (; p + 4 <= kc; p += 4) transpose4(source + <usize>4 * <usize>p, lane, target + <usize>p * step, step);
      for (; p < kc; p++)
        for (let r = 0; r < 4; r++)
          store<f32>(target + <usize>p * step + <usize>4 * <usize>r, load<f32>(source + <usize>r * lane + <usize>4 * <usize>p));
    }
  } else {
    for (; done + 4 <= have; done += 4)
      for (let p = 0; p < kc; p++)
        v128.store(to + <usize>p * step + <usize>4 * <usize>done, v128.load(from + <usize>p * term + <usize>4 * <usize>done));
  }
  for (; done < width; done++)
    for (let p = 0; p < kc; p++)
      store<f32>(
        to + <usize>p * step + <usize>4 * <usize>done,
        done < have ? load<f32>(from + <usize>done * lane + <usize>p * term) : 0,
      );
}

function packA(to: usize, a: usize, lda: i32, ta: i32, p0: i32, kc: i32, i0: i32, mc: i32): void {
  const mr = tileRows();
  const lane = ta ? <usize>4 : <usize>4 * <usize>lda;
  const term = ta ? <usize>4 * <usize>lda : <usize>4;
  const from = a + <usize>i0 * lane + <usize>p0 * term;
  for (let i = 0; i < mc; i += mr)
    packPanel(to + <usize>4 * <usize>(i * kc), from + <usize>i * lane, mr, min(mr, mc - i), kc, lane, term);
}

function packB(to: usize, b: usize, ldb: i32, tb: i32, p0: i32, kc: i32, j0: i32, nc: i32): void {
  const lane = tb ? <usize>4 * <usize>ldb : <usize>4;
  const term = tb ? <usize>4 : <usize>4 * <usize>ldb;
  const from = b + <usize>j0 * lane + <usize>p0 * term;
  for (let j = 0; j < nc; j += NR)
    packPanel(to + <usize>4 * <usize>(j * kc), from + <usize>j * lane, NR, min(NR, nc - j), kc, lane, term);
}

export function sgemv(
  k: i32, n: i32, x: usize, w: usize, ldw: i32, tw: i32, bias: usize, out: usize, accumulate: i32,
): void {
  if (tw) dots(k, n, x, w, <usize>4 * <usize>ldw, out, accumulate);
  else {
    let j = 0;
    for (; j + 32 <= n; j += 32) columns32(k, x, w + <usize>4 * <usize>j, <usize>4 * <usize>ldw, out + <usize>4 * <usize>j, accumulate);
    for (; j + 4 <= n; j += 4) columns4(k, x, w + <usize>4 * <usize>j, <usize>4 * <usize>ldw, out + <usize>4 * <usize>j, accumulate);
    for (; j < n; j++) {
      let sum: f32 = accumulate ? load<f32>(out + <usize>4 * <usize>j) : 0;
      for (let i = 0; i < k; i++)
        sum = maddScalar(sum, load<f32>(x + <usize>4 * <usize>i), load<f32>(w + <usize>4 * (<usize>i * <usize>ldw + <usize>j)));
      store<f32>(out + <usize>4 * <usize>j, sum);
    }
  }
  if (bias) {
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      const at = out + <usize>4 * <usize>j;
      v128.store(at, f32x4.add(v128.load(at), v128.load(bias + <usize>4 * <usize>j)));
    }
    for (; j < n; j++) store<f32>(out + <usize>4 * <usize>j, load<f32>(out + <usize>4 * <usize>j) + load<f32>(bias + <usize>4 * <usize>j));
  }
}

function columns32(k: i32, x: usize, w: usize, ldw: usize, out: usize, accumulate: i32): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
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
  for (const end = x + <usize>4 * <usize>k; x < end; x += 4, w += ldw) {
    const value = v128.load_splat<u32>(x);
    s0 = madd(s0, value, v128.load(w));
    s1 = madd(s1, value, v128.load(w, 16));
    s2 = madd(s2, value, v128.load(w, 32));
    s3 = madd(s3, value, v128.load(w, 48));
    s4 = madd(s4, value, v128.load(w, 64));
    s5 = madd(s5, value, v128.load(w, 80));
    s6 = madd(s6, value, v128.load(w, 96));
    s7 = madd(s7, value, v128.load(w, 112));
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

function columns4(k: i32, x: usize, w: usize, ldw: usize, out: usize, accumulate: i32): void {
  let sum = accumulate ? v128.load(out) : f32x4.splat(0);
  for (const end = x + <usize>4 * <usize>k; x < end; x += 4, w += ldw)
    sum = madd(sum, v128.load_splat<u32>(x), v128.load(w));
  v128.store(out, sum);
}

/** Rows of W times x: sixteen partial sums, input i in sum i mod 16, then halves added to halves. */
function dots(k: i32, n: i32, x: usize, w: usize, ldw: usize, out: usize, accumulate: i32): void {
  for (let j = 0; j < n; j++, w += ldw) {
    let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
    let i = 0;
    for (; i + 16 <= k; i += 16) {
      const p = x + <usize>4 * <usize>i, q = w + <usize>4 * <usize>i;
      s0 = madd(s0, v128.load(p), v128.load(q));
      s1 = madd(s1, v128.load(p, 16), v128.load(q, 16));
      s2 = madd(s2, v128.load(p, 32), v128.load(q, 32));
      s3 = madd(s3, v128.load(p, 48), v128.load(q, 48));
    }
    const p = x + <usize>4 * <usize>i, q = w + <usize>4 * <usize>i;
    const rest = k - i;
    if (rest > 0) s0 = madd(s0, part(p, rest), part(q, rest));
    if (rest > 4) s1 = madd(s1, part(p + 16, rest - 4), part(q + 16, rest - 4));
    if (rest > 8) s2 = madd(s2, part(p + 32, rest - 8), part(q + 32, rest - 8));
    if (rest > 12) s3 = madd(s3, part(p + 48, rest - 12), part(q + 48, rest - 12));
    s0 = f32x4.add(f32x4.add(s0, s2), f32x4.add(s1, s3));
    s0 = f32x4.add(s0, v128.shuffle<u64>(s0, s0, 1, 1));
    const sum = f32x4.extract_lane(s0, 0) + f32x4.extract_lane(s0, 1);
    store<f32>(out + <usize>4 * <usize>j, (accumulate ? load<f32>(out + <usize>4 * <usize>j) : 0) + sum);
  }
}

