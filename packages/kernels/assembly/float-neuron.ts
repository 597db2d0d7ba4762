// Float neurons: sixteen at a time over all steps, so that a cache line of the drive is read once.
import { loadPart, storePart } from "./lanes.ts";
import {
  GE, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKING, sharedParameters, SYNAPSE, slotAt,
} from "./neuron-flags.ts";

/** Neurons whose state stays near while the steps go by, so that each step is read in long runs. */
const TOGETHER: i32 = 512;

export function neuronForward(
  neuron: usize, steps: i32, batch: i32, n: i32, x: usize, v: usize, i: usize,
  mask: usize, maskStride: i32, spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): void {
  if (mask) memory.fill(mask, 0, <usize>steps * <usize>batch * <usize>maskStride);
  const step = <usize>4 * <usize>batch * <usize>n;
  const maskStep = <usize>batch * <usize>maskStride;
  const flags = load<i32>(neuron, 64);
  const whole = flags & RESET_DELAY ? 0 : n & ~15;
  const lean = sharedParameters(neuron) && !(flags & SYNAPSE) && flags & SPIKING && mask !== 0 && !(spikes | vOut) && leanReset(flags);
  for (let b = 0; b < batch; b++) {
    const row = mask ? mask + <usize>b * <usize>maskStride : 0;
    const sample = <usize>4 * <usize>b * <usize>n;
    for (let k = 0; k < whole; k += TOGETHER) {
      const end = min(k + TOGETHER, whole);
      for (let t = 0, here = sample; t < steps; t++, here += step) {
        const bits = mask ? row + <usize>t * maskStep : 0;
        if (lean) leanRow(neuron, flags, k, end, x + here, v + sample, vpre ? vpre + here : v + sample, bits);
        else row16(neuron, flags, k, end, sample, here, x, v, i, bits, spikes, vpre, vOut, iOut);
      }
    }
    for (let k = whole; k < n; k += 4) {
      const at = sample + <usize>4 * <usize>k;
      for (let t = 0; t < steps; t++) {
        const here = at + <usize>t * step;
        const fired = partStep(
          neuron, k, min(4, n - k), x + here, v + at, i ? i + at : 0,
          spikes ? spikes + here : 0, vpre ? vpre + here : 0, vOut ? vOut + here : 0, iOut ? iOut + here : 0,
        );
        if (mask) {
          const byte = row + <usize>t * maskStep + (<usize>k >> 3);
          store<u8>(byte, load<u8>(byte) | <u8>(fired << (k & 4)));
        }
      }
    }
  }
}

/** Four values of a parameter from neuron k, a multiple of four. */
@inline
function parameter(neuron: usize, slot: i32, k: i32): v128 {
  return v128.load(slotAt(neuron, slot, k));
}

/** (((v − target)·decay + target) + gain·drive) + offset. */
@inline
function advance(v: v128, drive: v128, decay: v128, gain: v128, target: v128, offset: v128): v128 {
  v = f32x4.add(f32x4.mul(f32x4.sub(v, target), decay), target);
  return f32x4.add(f32x4.add(v, f32x4.mul(drive, gain)), offset);
}

@inline
function afterSpike(v: v128, fired: v128, threshold: v128, vReset: v128, reset: i32): v128 {
  if (reset === RESET_SUBTRACT) return f32x4.sub(v, v128.and(fired, threshold));
  return reset === RESET_VALUE ? v128.bitselect(vReset, v, fired) : v;
}

/** How neurons compare (over, or at) and reset (to a value, or by the threshold), known when this is compiled. */
type Over = i32;
type At = f32;
type ToValue = i32;
type ByThreshold = f32;

/** The kinds that are compiled for speed: any but no reset, and a reset to a value at the threshold. */
@inline
function leanReset(flags: i32): bool {
  return resetOf(flags) === RESET_SUBTRACT || (resetOf(flags) === RESET_VALUE && !(flags & GE));
}

/** A step of neurons that share their parameters, spike and reset; u may be v where nobody wants it. */
function leanRow(neuron: usize, flags: i32, k: i32, end: i32, x: usize, v: usize, u: usize, mask: usize): void {
  if (resetOf(flags) === RESET_VALUE) leanSteps<Over, ToValue>(neuron, k, end, x, v, u, mask);
  else if (flags & GE) leanSteps<At, ByThreshold>(neuron, k, end, x, v, u, mask);
  else leanSteps<Over, ByThreshold>(neuron, k, end, x, v, u, mask);
}

function leanSteps<F, R>(neuron: usize, k: i32, end: i32, x: usize, v: usize, u: usize, mask: usize): void {
  const decay = parameter(neuron, 0, k), gain = parameter(neuron, 1, k), target = parameter(neuron, 2, k);
  const offset = parameter(neuron, 3, k), threshold = parameter(neuron, 4, k), vReset = parameter(neuron, 5, k);
  for (let at = <usize>4 * <usize>k, last = <usize>4 * <usize>end; at < last; at += 64) {
    const s0 = advance(v128.load(v + at), v128.load(x + at), decay, gain, target, offset);
    const s1 = advance(v128.load(v + at, 16), v128.load(x + at, 16), decay, gain, target, offset);
    const s2 = advance(v128.load(v + at, 32), v128.load(x + at, 32), decay, gain, target, offset);
    const s3 = advance(v128.load(v + at, 48), v128.load(x + at, 48), decay, gain, target, offset);
    v128.store(u + at, s0);
    v128.store(u + at, s1, 16);
    v128.store(u + at, s2, 32);
    v128.store(u + at, s3, 48);
    const f0 = spikes4<F>(s0, threshold), f1 = spikes4<F>(s1, threshold);
    const f2 = spikes4<F>(s2, threshold), f3 = spikes4<F>(s3, threshold);
    v128.store(v + at, settle<R>(s0, f0, threshold, vReset));
    v128.store(v + at, settle<R>(s1, f1, threshold, vReset), 16);
    v128.store(v + at, settle<R>(s2, f2, threshold, vReset), 32);
    v128.store(v + at, settle<R>(s3, f3, threshold, vReset), 48);
    const bits = i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(f0, f1), i16x8.narrow_i32x4_s(f2, f3));
    store<u16>(mask + (at >> 5), <u16>i8x16.bitmask(bits));
  }
}

@inline
function spikes4<F>(state: v128, threshold: v128): v128 {
  return isFloat<F>() ? f32x4.ge(state, threshold) : f32x4.gt(state, threshold);
}

@inline
function settle<R>(state: v128, fired: v128, threshold: v128, vReset: v128): v128 {
  return isFloat<R>() ? f32x4.sub(state, v128.and(fired, threshold)) : v128.bitselect(vReset, state, fired);
}

/** One step of the neurons from k to end, multiples of 16, of any kind without a delayed reset. */
function row16(
  neuron: usize, flags: i32, k: i32, end: i32, sample: usize, here: usize, x: usize, v: usize, i: usize,
  mask: usize, spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): void {
  const reset = resetOf(flags), spiking = flags & SPIKING, ge = flags & GE, synapse = flags & SYNAPSE;
  const one = f32x4.splat(1);
  for (; k < end; k += 16) {
    let bits = 0;
    // A shared value lies there sixteen times, so that one address serves sixteen neurons either way.
    const p0 = slotAt(neuron, 0, k), p1 = slotAt(neuron, 1, k), p2 = slotAt(neuron, 2, k);
    const p3 = slotAt(neuron, 3, k), p4 = slotAt(neuron, 4, k), p5 = slotAt(neuron, 5, k);
    for (let lane: usize = 0; lane < 64; lane += 16) {
      const at = <usize>4 * <usize>k + lane;
      const threshold = v128.load(p4 + lane), vReset = v128.load(p5 + lane);
      let drive = v128.load(x + here + at);
      if (synapse) {
        const before = v128.load(i + sample + at);
        const after = f32x4.add(
          f32x4.mul(before, v128.load(slotAt(neuron, 6, k) + lane)),
          f32x4.mul(drive, v128.load(slotAt(neuron, 7, k) + lane)),
        );
        v128.store(i + sample + at, after);
        if (iOut) v128.store(iOut + here + at, after);
        drive = flags & OLD ? before : after;
      }
      let state = advance(
        v128.load(v + sample + at), drive,
        v128.load(p0 + lane), v128.load(p1 + lane), v128.load(p2 + lane), v128.load(p3 + lane),
      );
      if (vpre) v128.store(vpre + here + at, state);
      if (spiking) {
        const fired = ge ? f32x4.ge(state, threshold) : f32x4.gt(state, threshold);
        bits |= i32x4.bitmask(fired) << <i32>(lane >> 2);
        if (spikes) v128.store(spikes + here + at, v128.and(fired, one));
        state = afterSpike(state, fired, threshold, vReset, reset);
      } else if (spikes) v128.store(spikes + here + at, f32x4.splat(0));
      if (vOut) v128.store(vOut + here + at, state);
      v128.store(v + sample + at, state);
    }
    if (mask) store<u16>(mask + (<usize>k >> 3), <u16>bits);
  }
}

@inline
function fires(flags: i32, v: v128, threshold: v128): v128 {
  if (!(flags & SPIKING)) return i32x4.splat(0);
  return flags & GE ? f32x4.ge(v, threshold) : f32x4.gt(v, threshold);
}

/** One step of up to four neurons of any kind; the bits of those that fired. */
function partStep(
  neuron: usize, k: i32, count: i32, x: usize, v: usize, i: usize,
  spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): i32 {
  const flags = load<i32>(neuron, 64);
  const reset = resetOf(flags);
  let drive = loadPart(x, count);
  if (flags & SYNAPSE) {
    const before = loadPart(i, count);
    const after = f32x4.add(
      f32x4.mul(before, loadPart(slotAt(neuron, 6, k), count)),
      f32x4.mul(drive, loadPart(slotAt(neuron, 7, k), count)),
    );
    storePart(i, after, count);
    if (iOut) storePart(iOut, after, count);
    drive = flags & OLD ? before : after;
  }
  const threshold = loadPart(slotAt(neuron, 4, k), count);
  const target = loadPart(slotAt(neuron, 2, k), count);
  let state = loadPart(v, count);
  let late = i32x4.splat(0);
  if (flags & RESET_DELAY) {
    late = fires(flags, state, threshold);
    if (reset === RESET_VALUE) state = v128.bitselect(loadPart(slotAt(neuron, 5, k), count), state, late);
  }
  state = f32x4.add(f32x4.mul(f32x4.sub(state, target), loadPart(slotAt(neuron, 0, k), count)), target);
  state = f32x4.add(state, f32x4.mul(drive, loadPart(slotAt(neuron, 1, k), count)));
  state = f32x4.add(state, loadPart(slotAt(neuron, 3, k), count));
  if (reset === RESET_SUBTRACT && flags & RESET_DELAY) state = f32x4.sub(state, v128.and(late, threshold));
  const fired = fires(flags, state, threshold);
  if (vpre) storePart(vpre, state, count);
  if (!(flags & RESET_DELAY)) {
    if (reset === RESET_VALUE) state = v128.bitselect(loadPart(slotAt(neuron, 5, k), count), state, fired);
    else if (reset === RESET_SUBTRACT) state = f32x4.sub(state, v128.and(fired, threshold));
  }
  storePart(v, state, count);
  if (vOut) storePart(vOut, state, count);
  if (spikes) storePart(spikes, v128.and(fired, f32x4.splat(1)), count);
  return i32x4.bitmask(fired) & ((1 << count) - 1);
}
