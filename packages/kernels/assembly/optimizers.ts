// Sums over parameters, and optimizers.
import { loadPart, storePart } from "./lanes.ts";
import { addRuns } from "./runs.ts";

export function sumRows(rows: i32, n: i32, x: usize, out: usize): void {
  let k = 0;
  // Two vectors of columns at a time: a row of eight is read at once.
  for (; k + 8 <= n; k += 8) {
    let low = f32x4.splat(0), high = low;
    const step = <usize>4 * <usize>n, at = <usize>4 * <usize>k;
    for (let from = x + at, end = from + <usize>rows * step; from < end; from += step) {
      low = f32x4.add(low, v128.load(from));
      high = f32x4.add(high, v128.load(from, 16));
    }
    v128.store(out + at, f32x4.add(v128.load(out + at), low));
    v128.store(out + at, f32x4.add(v128.load(out + at, 16), high), 16);
  }
  for (; k < n; k += 4) {
    const count = min(4, n - k), at = <usize>4 * <usize>k;
    let sum = f32x4.splat(0);
    for (let r = 0; r < rows; r++) sum = f32x4.add(sum, loadPart(x + <usize>4 * <usize>r * <usize>n + at, count));
    storePart(out + at, f32x4.add(loadPart(out + at, count), sum), count);
  }
}

export function addScaled(n: i32, a: f32, x: usize, y: usize): void {
  addRuns<f32, f32>(y, 0, x, 0, 1, n, a, true);
}

export function countNonZero(n: i32, x: usize): i32 {
  let counts = i32x4.splat(0), k = 0;
  for (; k + 4 <= n; k += 4)
    counts = i32x4.sub(counts, f32x4.ne(v128.load(x + <usize>4 * <usize>k), f32x4.splat(0)));
  let count = 0;
  for (; k < n; k++) if (load<f32>(x + <usize>4 * <usize>k) !== 0) count++;
  count += i32x4.extract_lane(counts, 0) + i32x4.extract_lane(counts, 1);
  return count + i32x4.extract_lane(counts, 2) + i32x4.extract_lane(counts, 3);
}

export function sumSquares(n: i32, x: usize): f64 {
  let sum = f64x2.splat(0);
  let k = 0;
  for (; k + 2 <= n; k += 2) {
    const pair = f64x2.promote_low_f32x4(v128.load_zero<u64>(x + <usize>4 * <usize>k));
    sum = f64x2.add(sum, f64x2.mul(pair, pair));
  }
  let even = f64x2.extract_lane(sum, 0);
  if (k < n) {
    const last = <f64>load<f32>(x + <usize>4 * <usize>k);
    even += last * last;
  }
  return even + f64x2.extract_lane(sum, 1);
}

export function adam(
  n: i32, p: usize, g: usize, m: usize, v: usize,
  rate: f64, b1: f64, b2: f64, epsilon: f64, c1: f64, c2: f64, decay: f64,
): void {
  const beta1 = f32x4.splat(<f32>b1), beta2 = f32x4.splat(<f32>b2);
  const left1 = f32x4.splat(<f32>(1 - b1)), left2 = f32x4.splat(<f32>(1 - b2));
  const r = f32x4.splat(<f32>rate), e = f32x4.splat(<f32>epsilon), d = f32x4.splat(<f32>decay);
  const k1 = f32x4.splat(<f32>c1), k2 = f32x4.splat(<f32>c2);
  for (let k = 0; k < n; k += 4) {
    const count = min(4, n - k), at = <usize>4 * <usize>k;
    const gradient = loadPart(g + at, count), old = loadPart(p + at, count);
    const mean = f32x4.add(f32x4.mul(beta1, loadPart(m + at, count)), f32x4.mul(left1, gradient));
    const square = f32x4.add(f32x4.mul(beta2, loadPart(v + at, count)), f32x4.mul(left2, f32x4.mul(gradient, gradient)));
    const root = f32x4.add(f32x4.sqrt(f32x4.div(square, k2)), e);
    storePart(m + at, mean, count);
    storePart(v + at, square, count);
    const kept = f32x4.sub(old, f32x4.mul(d, old));
    storePart(p + at, f32x4.sub(kept, f32x4.mul(r, f32x4.div(f32x4.div(mean, k1), root))), count);
  }
}

export function sgd(n: i32, p: usize, g: usize, m: usize, rate: f64, momentum: f64, decay: f64): void {
  const r = f32x4.splat(<f32>rate), a = f32x4.splat(<f32>momentum), d = f32x4.splat(<f32>decay);
  for (let k = 0; k < n; k += 4) {
    const count = min(4, n - k), at = <usize>4 * <usize>k;
    const old = loadPart(p + at, count);
    let move = f32x4.add(loadPart(g + at, count), f32x4.mul(d, old));
    if (m) {
      move = f32x4.add(f32x4.mul(a, loadPart(m + at, count)), move);
      storePart(m + at, move, count);
    }
    storePart(p + at, f32x4.sub(old, f32x4.mul(r, move)), count);
  }
}
