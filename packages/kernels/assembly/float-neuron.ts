// Float neurons: sixteen at a time over all steps, so that a cache line of the drive is read once.
import { loadLanes, storeLanes } from "./lanes.ts";
import {
  GE, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKING, SYNAPSE, slotAt,
} from "./neuron-flags.ts";

export function neuronForward(
  neuron: usize, steps: i32, batch: i32, n: i32, x: usize, v: usize, i: usize,
  mask: usize, maskStride: i32, spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): void {
  if (mask) memory.fill(mask, 0, <usize>steps * <usize>batch * <usize>maskStride);
  const step = <usize>4 * <usize>batch * <usize>n;
  for (let b = 0; b < batch; b++)
    for (let k = 0; k < n; k += 16) {
      const at = <usize>4 * (<usize>b * <usize>n + <usize>k);
      for (let t = 0; t < steps; t++) {
        const here = at + <usize>t * step;
        let bits = 0;
        const lanes = min(16, n - k);
        for (let j = 0; j < lanes; j += 4) {
          const near = <usize>4 * <usize>j;
          const sp = spikes ? spikes + here + near : 0;
          const pre = vpre ? vpre + here + near : 0;
          const post = vOut ? vOut + here + near : 0;
          const current = iOut ? iOut + here + near : 0;
          const state = i ? i + at + near : 0;
          bits |=
            (j + 4 <= lanes
              ? vectorStep<f32>(neuron, k + j, 4, x + here + near, v + at + near, state, sp, pre, post, current)
              : vectorStep<i32>(neuron, k + j, lanes - j, x + here + near, v + at + near, state, sp, pre, post, current)) << j;
        }
        if (mask) store<u16>(mask + (<usize>t * <usize>batch + <usize>b) * <usize>maskStride + (<usize>k >> 3), <u16>bits);
      }
    }
}

// @ts-expect-error: decorator
@inline
function fires(flags: i32, v: v128, threshold: v128): v128 {
  if (!(flags & SPIKING)) return i32x4.splat(0);
  return flags & GE ? f32x4.ge(v, threshold) : f32x4.gt(v, threshold);
}

/** One step of up to four neurons; the bits of those that fired. F is f32 for whole vectors, i32 for partial ones. */
// @ts-expect-error: decorator
@inline
function vectorStep<F>(
  neuron: usize, k: i32, count: i32, x: usize, v: usize, i: usize,
  spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): i32 {
  const flags = load<i32>(neuron, 64);
  const reset = resetOf(flags);
  let drive = loadLanes<F>(x, count);
  if (flags & SYNAPSE) {
    const before = loadLanes<F>(i, count);
    const after = f32x4.add(
      f32x4.mul(before, loadLanes<F>(slotAt(neuron, 6, k), count)),
      f32x4.mul(drive, loadLanes<F>(slotAt(neuron, 7, k), count)),
    );
    storeLanes<F>(i, after, count);
    if (iOut) storeLanes<F>(iOut, after, count);
    drive = flags & OLD ? before : after;
  }
  const threshold = loadLanes<F>(slotAt(neuron, 4, k), count);
  const target = loadLanes<F>(slotAt(neuron, 2, k), count);
  let state = loadLanes<F>(v, count);
  let late = i32x4.splat(0);
  if (flags & RESET_DELAY) {
    late = fires(flags, state, threshold);
    if (reset === RESET_VALUE) state = v128.bitselect(loadLanes<F>(slotAt(neuron, 5, k), count), state, late);
  }
  state = f32x4.add(f32x4.mul(f32x4.sub(state, target), loadLanes<F>(slotAt(neuron, 0, k), count)), target);
  state = f32x4.add(state, f32x4.mul(drive, loadLanes<F>(slotAt(neuron, 1, k), count)));
  state = f32x4.add(state, loadLanes<F>(slotAt(neuron, 3, k), count));
  if (reset === RESET_SUBTRACT && flags & RESET_DELAY) state = f32x4.sub(state, v128.and(late, threshold));
  const fired = fires(flags, state, threshold);
  if (vpre) storeLanes<F>(vpre, state, count);
  if (!(flags & RESET_DELAY)) {
    if (reset === RESET_VALUE) state = v128.bitselect(loadLanes<F>(slotAt(neuron, 5, k), count), state, fired);
    else if (reset === RESET_SUBTRACT) state = f32x4.sub(state, v128.and(fired, threshold));
  }
  storeLanes<F>(v, state, count);
  if (vOut) storeLanes<F>(vOut, state, count);
  if (spikes) storeLanes<F>(spikes, v128.and(fired, f32x4.splat(1)), count);
  return isFloat<F>() ? i32x4.bitmask(fired) : i32x4.bitmask(fired) & ((1 << count) - 1);
}
