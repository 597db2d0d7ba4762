// One run of weights added to one run of sums: what an event does to an output row.
import { madd, maddScalar } from "./lanes.ts";

/** out[0..n) += factor · w[0..n), or += w where the events are not graded. S is f32 or i32, W the weights' type. */
@inline
function addRun<S, W>(out: usize, w: usize, n: i32, factor: S, graded: bool): void {
  let i = 0;
  if (isFloat<S>()) {
    if (graded) {
      const by = f32x4.splat(<f32>factor);
      for (; i + 16 <= n; i += 16, out += 64, w += 64) {
        v128.store(out, madd(v128.load(out), by, v128.load(w)));
        v128.store(out, madd(v128.load(out, 16), by, v128.load(w, 16)), 16);
        v128.store(out, madd(v128.load(out, 32), by, v128.load(w, 32)), 32);
        v128.store(out, madd(v128.load(out, 48), by, v128.load(w, 48)), 48);
      }
      for (; i + 4 <= n; i += 4, out += 16, w += 16) v128.store(out, madd(v128.load(out), by, v128.load(w)));
      for (; i < n; i++, out += 4, w += 4)
        store<f32>(out, maddScalar(load<f32>(out), <f32>factor, load<f32>(w)));
    } else {
      for (; i + 16 <= n; i += 16, out += 64, w += 64) {
        v128.store(out, f32x4.add(v128.load(out), v128.load(w)));
        v128.store(out, f32x4.add(v128.load(out, 16), v128.load(w, 16)), 16);
        v128.store(out, f32x4.add(v128.load(out, 32), v128.load(w, 32)), 32);
        v128.store(out, f32x4.add(v128.load(out, 48), v128.load(w, 48)), 48);
      }
      for (; i + 4 <= n; i += 4, out += 16, w += 16) v128.store(out, f32x4.add(v128.load(out), v128.load(w)));
      for (; i < n; i++, out += 4, w += 4) store<f32>(out, load<f32>(out) + load<f32>(w));
    }
    return;
  }
  const by = i32x4.splat(<i32>factor);
  for (; i + 16 <= n; i += 16, out += 64, w += <usize>16 * sizeof<W>()) {
    if (graded) {
      v128.store(out, i32x4.add(v128.load(out), i32x4.mul(by, four<W>(w, 0))));
      v128.store(out, i32x4.add(v128.load(out, 16), i32x4.mul(by, four<W>(w, 1))), 16);
      v128.store(out, i32x4.add(v128.load(out, 32), i32x4.mul(by, four<W>(w, 2))), 32);
      v128.store(out, i32x4.add(v128.load(out, 48), i32x4.mul(by, four<W>(w, 3))), 48);
    } else if (sizeof<W>() === 1) {
      const row = v128.load(w);
      const low = i16x8.extend_low_i8x16_s(row), high = i16x8.extend_high_i8x16_s(row);
      v128.store(out, i32x4.add(v128.load(out), i32x4.extend_low_i16x8_s(low)));
      v128.store(out, i32x4.add(v128.load(out, 16), i32x4.extend_high_i16x8_s(low)), 16);
      v128.store(out, i32x4.add(v128.load(out, 32), i32x4.extend_low_i16x8_s(high)), 32);
      v128.store(out, i32x4.add(v128.load(out, 48), i32x4.extend_high_i16x8_s(high)), 48);
    } else {
      v128.store(out, i32x4.add(v128.load(out), four<W>(w, 0)));
      v128.store(out, i32x4.add(v128.load(out, 16), four<W>(w, 1)), 16);
      v128.store(out, i32x4.add(v128.load(out, 32), four<W>(w, 2)), 32);
      v128.store(out, i32x4.add(v128.load(out, 48), four<W>(w, 3)), 48);
    }
  }
  for (; i + 4 <= n; i += 4, out += 16, w += <usize>4 * sizeof<W>()) {
    const weights = four<W>(w, 0);
    v128.store(out, i32x4.add(v128.load(out), graded ? i32x4.mul(by, weights) : weights));
  }
  for (; i < n; i++, out += 4, w += sizeof<W>()) {
    const weight = <i32>load<W>(w);
    store<i32>(out, load<i32>(out) + (graded ? <i32>factor * weight : weight));
  }
}

/** `times` runs, one row further each time. */
export function addRuns<S, W>(
  out: usize, outStep: usize, w: usize, wStep: usize, times: i32, n: i32, factor: S, graded: bool,
): void {
  for (; times > 0; times--, out += outStep, w += wStep) addRun<S, W>(out, w, n, factor, graded);
}

/** Four weights from element 4·quarter of p as int32. */
@inline
function four<W>(p: usize, quarter: i32): v128 {
  if (sizeof<W>() === 1) return i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(v128.load_zero<u32>(p + 4 * quarter)));
  if (sizeof<W>() === 2) return v128.load_ext<i16>(p + 8 * quarter);
  return v128.load(p + 16 * quarter);
}
