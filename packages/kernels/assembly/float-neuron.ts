// Float neurons: sixteen at a time over all steps, so that a cache line of the drive is read once.
import { loadPart, storePart } from "./lanes.ts";
import {
  GE, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKING, SYNAPSE, slotAt,
} from "./neuron-flags.ts";

export function neuronForward(
  neuron: usize, steps: i32, batch: i32, n: i32, x: usize, v: usize, i: usize,
  mask: usize, maskStride: i32, spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): void {
  if (mask) memory.fill(mask, 0, <usize>steps * <usize>batch * <usize>maskStride);
  const step = <usize>4 * <usize>batch * <usize>n;
  const maskStep = <usize>batch * <usize>maskStride;
  const flags = load<i32>(neuron, 64);
  for (let b = 0; b < batch; b++) {
    const row = mask ? mask + <usize>b * <usize>maskStride : 0;
    let k = 0;
    for (; k + 16 <= n && !(flags & RESET_DELAY); k += 16) {
      const at = <usize>4 * (<usize>b * <usize>n + <usize>k);
      const bits = mask ? row + (<usize>k >> 3) : 0, stride = mask ? maskStep : 0;
      if (flags & SYNAPSE) block16<f32>(neuron, flags, k, steps, step, at, x, v, i, bits, stride, spikes, vpre, vOut, iOut);
      else block16<i32>(neuron, flags, k, steps, step, at, x, v, i, bits, stride, spikes, vpre, vOut, iOut);
    }
    for (; k < n; k += 4) {
      const at = <usize>4 * (<usize>b * <usize>n + <usize>k);
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

/** Four vectors of a row. */
@inline
function storeRow(p: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(p, a);
  v128.store(p, b, 16);
  v128.store(p, c, 32);
  v128.store(p, d, 48);
}

/** Current of one vector; with `old` the one before the update. Writes the new one. */
@inline
function current(neuron: usize, flags: i32, k: i32, x: v128, i: usize): v128 {
  const before = v128.load(i);
  const after = f32x4.add(f32x4.mul(before, parameter(neuron, 6, k)), f32x4.mul(x, parameter(neuron, 7, k)));
  v128.store(i, after);
  return flags & OLD ? before : after;
}

/** Sixteen neurons without a delayed reset over all steps. C is f32 for neurons with a synapse, i32 without. */
function block16<C>(
  neuron: usize, flags: i32, k: i32, steps: i32, step: usize, at: usize, x: usize, v: usize, i: usize,
  mask: usize, maskStep: usize, spikes: usize, vpre: usize, vOut: usize, iOut: usize,
): void {
  const d0 = parameter(neuron, 0, k + 0), d1 = parameter(neuron, 0, k + 4), d2 = parameter(neuron, 0, k + 8), d3 = parameter(neuron, 0, k + 12);
  const g0 = parameter(neuron, 1, k + 0), g1 = parameter(neuron, 1, k + 4), g2 = parameter(neuron, 1, k + 8), g3 = parameter(neuron, 1, k + 12);
  const e0 = parameter(neuron, 2, k + 0), e1 = parameter(neuron, 2, k + 4), e2 = parameter(neuron, 2, k + 8), e3 = parameter(neuron, 2, k + 12);
  const o0 = parameter(neuron, 3, k + 0), o1 = parameter(neuron, 3, k + 4), o2 = parameter(neuron, 3, k + 8), o3 = parameter(neuron, 3, k + 12);
  const h0 = parameter(neuron, 4, k + 0), h1 = parameter(neuron, 4, k + 4), h2 = parameter(neuron, 4, k + 8), h3 = parameter(neuron, 4, k + 12);
  const r0 = parameter(neuron, 5, k + 0), r1 = parameter(neuron, 5, k + 4), r2 = parameter(neuron, 5, k + 8), r3 = parameter(neuron, 5, k + 12);
  const reset = resetOf(flags), spiking = flags & SPIKING, ge = flags & GE;
  const one = f32x4.splat(1);
  v += at;
  i += at;
  let v0 = v128.load(v), v1 = v128.load(v, 16), v2 = v128.load(v, 32), v3 = v128.load(v, 48);
  for (let t = 0, here = at; t < steps; t++, here += step) {
    let x0 = v128.load(x + here), x1 = v128.load(x + here, 16), x2 = v128.load(x + here, 32), x3 = v128.load(x + here, 48);
    if (isFloat<C>()) {
      x0 = current(neuron, flags, k, x0, i);
      x1 = current(neuron, flags, k + 4, x1, i + 16);
      x2 = current(neuron, flags, k + 8, x2, i + 32);
      x3 = current(neuron, flags, k + 12, x3, i + 48);
      if (iOut) storeRow(iOut + here, v128.load(i), v128.load(i, 16), v128.load(i, 32), v128.load(i, 48));
    }
    v0 = advance(v0, x0, d0, g0, e0, o0);
    v1 = advance(v1, x1, d1, g1, e1, o1);
    v2 = advance(v2, x2, d2, g2, e2, o2);
    v3 = advance(v3, x3, d3, g3, e3, o3);
    if (vpre) storeRow(vpre + here, v0, v1, v2, v3);
    if (spiking) {
      const f0 = ge ? f32x4.ge(v0, h0) : f32x4.gt(v0, h0), f1 = ge ? f32x4.ge(v1, h1) : f32x4.gt(v1, h1);
      const f2 = ge ? f32x4.ge(v2, h2) : f32x4.gt(v2, h2), f3 = ge ? f32x4.ge(v3, h3) : f32x4.gt(v3, h3);
      const bits = i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(f0, f1), i16x8.narrow_i32x4_s(f2, f3)));
      if (mask) store<u16>(mask, <u16>bits);
      if (spikes) storeRow(spikes + here, v128.and(f0, one), v128.and(f1, one), v128.and(f2, one), v128.and(f3, one));
      if (bits) {
      v0 = afterSpike(v0, f0, h0, r0, reset);
      v1 = afterSpike(v1, f1, h1, r1, reset);
      v2 = afterSpike(v2, f2, h2, r2, reset);
      v3 = afterSpike(v3, f3, h3, r3, reset);
      }
    } else if (spikes) memory.fill(spikes + here, 0, 64);
    if (vOut) storeRow(vOut + here, v0, v1, v2, v3);
    mask += maskStep;
  }
  storeRow(v, v0, v1, v2, v3);
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
