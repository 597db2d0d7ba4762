// Backward pass of float neurons of every kind: four at a time back through all steps, sums in registers.
import { loadPart, storePart } from "./lanes.ts";
import {
  GE, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKING, SYNAPSE, slotAt,
} from "./neuron-flags.ts";
import { addGradient, backStream, streamable } from "./neuron-stream.ts";
import { surrogateOf } from "./surrogate.ts";

export function neuronBackward(
  neuron: usize, surrogate: usize, gradients: usize, detach: i32, steps: i32, batch: i32, n: i32,
  x: usize, u: usize, i: usize, v0: usize, i0: usize, dSpikes: usize, dMembrane: usize, dx: usize,
  lambda: usize, mu: usize,
): void {
  const step = <usize>4 * <usize>batch * <usize>n;
  const flags = load<i32>(neuron, 64);
  const late = flags & RESET_DELAY && resetOf(flags) === RESET_SUBTRACT;
  const streams = flags & SPIKING && !(flags & SYNAPSE) && !late && streamable(gradients, surrogate);
  for (let b = 0; b < batch; b++) {
    const sample = <usize>4 * <usize>b * <usize>n;
    let k = streams ? n & ~15 : 0;
    if (k)
      backStream(neuron, surrogate, gradients, detach, steps, step, sample, k, u, v0, dSpikes, dMembrane, dx, lambda);
    for (; k < n; k += 4) {
      const at = sample + <usize>4 * <usize>k;
      const count = min(4, n - k);
      if (count === 4)
        back<f32>(neuron, surrogate, gradients, detach, steps, step, k, 4, at, x, u, i, v0, i0, dSpikes, dMembrane, dx, lambda, mu);
      else
        back<i32>(neuron, surrogate, gradients, detach, steps, step, k, count, at, x, u, i, v0, i0, dSpikes, dMembrane, dx, lambda, mu);
    }
  }
}

/** Whole vector where F is f32; p = 0 gives zeros. */
@inline
function take<F>(p: usize, at: usize, count: i32): v128 {
  if (!p) return f32x4.splat(0);
  if (isFloat<F>()) return v128.load(p + at);
  return loadPart(p + at, count);
}

@inline
function put<F>(p: usize, at: usize, value: v128, count: i32): void {
  if (isFloat<F>()) v128.store(p + at, value);
  else storePart(p + at, value, count);
}

@inline
function firedOf(flags: i32, u: v128, threshold: v128): v128 {
  if (!(flags & SPIKING)) return i32x4.splat(0);
  return flags & GE ? f32x4.ge(u, threshold) : f32x4.gt(u, threshold);
}

@inline
function afterReset(flags: i32, reset: i32, u: v128, threshold: v128, vReset: v128): v128 {
  const fired = firedOf(flags, u, threshold);
  if (reset === RESET_VALUE) return v128.bitselect(vReset, u, fired);
  return reset === RESET_SUBTRACT && !(flags & RESET_DELAY) ? f32x4.sub(u, v128.and(fired, threshold)) : u;
}

function back<F>(
  neuron: usize, surrogate: usize, gradients: usize, detach: i32, steps: i32, step: usize, k: i32, count: i32, at: usize,
  x: usize, u: usize, i: usize, v0: usize, i0: usize, dSpikes: usize, dMembrane: usize, dx: usize,
  lambda: usize, mu: usize,
): void {
  const flags = load<i32>(neuron, 64), reset = resetOf(flags);
  const late = flags & RESET_DELAY, spiking = flags & SPIKING, synapse = flags & SYNAPSE, old = flags & OLD;
  const decay = take<F>(slotAt(neuron, 0, k), 0, count), gain = take<F>(slotAt(neuron, 1, k), 0, count);
  const target = take<F>(slotAt(neuron, 2, k), 0, count), threshold = take<F>(slotAt(neuron, 4, k), 0, count);
  const vReset = take<F>(slotAt(neuron, 5, k), 0, count);
  const synDecay = take<F>(slotAt(neuron, 6, k), 0, count), synGain = take<F>(slotAt(neuron, 7, k), 0, count);
  const normalize = load<i32>(surrogate, 16);
  const zero = f32x4.splat(0), forgets = f32x4.sub(f32x4.splat(1), decay);
  let sumDecay = zero, sumGain = zero, sumTarget = zero, sumOffset = zero;
  let sumThreshold = zero, sumReset = zero, sumSynDecay = zero, sumSynGain = zero;
  let next = take<F>(lambda, at, count), nextMu = take<F>(mu, at, count);
  let here = at + <usize>(steps - 1) * step;
  let potential = steps > 0 ? take<F>(u, here, count) : zero;
  let now = synapse && steps > 0 ? take<F>(i, here, count) : zero;
  for (let t = steps - 1; t >= 0; t--, here -= step) {
    const earlier = t > 0 ? take<F>(u, here - step, count) : zero;
    const before = t > 0 ? afterReset(flags, reset, earlier, threshold, vReset) : take<F>(v0, at, count);
    const delta = f32x4.mul(decay, next);
    const fired = firedOf(flags, potential, threshold);
    const kept = reset === RESET_SUBTRACT ? (late ? next : delta) : zero;
    let q = take<F>(dSpikes, here, count);
    if (!detach) {
      if (reset === RESET_SUBTRACT) q = f32x4.sub(q, f32x4.mul(threshold, kept));
      else if (reset === RESET_VALUE) q = f32x4.add(q, f32x4.mul(f32x4.sub(vReset, potential), delta));
    }
    const through = reset === RESET_VALUE ? v128.andnot(delta, fired) : delta;
    const h = spiking ? surrogateOf(surrogate, potential, threshold) : zero;
    const hq = f32x4.mul(h, q);
    const present = f32x4.add(f32x4.add(take<F>(dMembrane, here, count), through), hq);
    sumDecay = f32x4.add(sumDecay, f32x4.mul(present, f32x4.sub(before, target)));
    sumTarget = f32x4.add(sumTarget, f32x4.mul(present, forgets));
    sumOffset = f32x4.add(sumOffset, present);
    const slid = normalize ? f32x4.div(f32x4.mul(hq, potential), threshold) : hq;
    sumThreshold = f32x4.sub(sumThreshold, f32x4.add(slid, v128.and(fired, kept)));
    if (reset === RESET_VALUE) sumReset = f32x4.add(sumReset, v128.and(fired, delta));
    if (!synapse) {
      if (x) sumGain = f32x4.add(sumGain, f32x4.mul(present, take<F>(x, here, count)));
      put<F>(dx, here, f32x4.mul(gain, present), count);
    } else {
      const past = t > 0 ? take<F>(i, here - step, count) : take<F>(i0, at, count);
      sumGain = f32x4.add(sumGain, f32x4.mul(present, old ? past : now));
      nextMu = f32x4.add(f32x4.mul(gain, old ? next : present), f32x4.mul(synDecay, nextMu));
      sumSynDecay = f32x4.add(sumSynDecay, f32x4.mul(nextMu, past));
      if (x) sumSynGain = f32x4.add(sumSynGain, f32x4.mul(nextMu, take<F>(x, here, count)));
      put<F>(dx, here, f32x4.mul(synGain, nextMu), count);
      now = past;
    }
    next = present;
    potential = earlier;
  }
  if (lambda) put<F>(lambda, at, next, count);
  if (mu) put<F>(mu, at, nextMu, count);
  addGradient(neuron, gradients, 0, k, count, sumDecay);
  addGradient(neuron, gradients, 1, k, count, sumGain);
  addGradient(neuron, gradients, 2, k, count, sumTarget);
  addGradient(neuron, gradients, 3, k, count, sumOffset);
  addGradient(neuron, gradients, 4, k, count, sumThreshold);
  addGradient(neuron, gradients, 5, k, count, sumReset);
  addGradient(neuron, gradients, 6, k, count, sumSynDecay);
  addGradient(neuron, gradients, 7, k, count, sumSynGain);
}

export function surrogateDerivative(surrogate: usize, n: i32, u: usize, theta: usize, out: usize): void {
  for (let k = 0; k < n; k += 4) {
    const at = <usize>4 * <usize>k;
    const count = min(4, n - k);
    storePart(out + at, surrogateOf(surrogate, loadPart(u + at, count), loadPart(theta + at, count)), count);
  }
}
