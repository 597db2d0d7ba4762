// Backward pass of float neurons: four at a time back through all steps, sums in registers.
import { loadPart, storePart } from "./lanes.ts";
import {
  GE, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKING, SYNAPSE, sharedParameters, slotAt,
} from "./neuron-flags.ts";
import { fastSigmoid, surrogateOf } from "./surrogate.ts";

export function neuronBackward(
  neuron: usize, surrogate: usize, gradients: usize, detach: i32, steps: i32, batch: i32, n: i32,
  x: usize, u: usize, i: usize, v0: usize, i0: usize, dSpikes: usize, dMembrane: usize, dx: usize,
  lambda: usize, mu: usize,
): void {
  const step = <usize>4 * <usize>batch * <usize>n;
  const flags = load<i32>(neuron, 64);
  const late = flags & RESET_DELAY && resetOf(flags) === RESET_SUBTRACT;
  const plain = flags & SPIKING && !(flags & SYNAPSE) && !late;
  const common = plain && onlyDecayAndThreshold(gradients, surrogate);
  const streams = plain && lambda !== 0 && learnsNothing(gradients);
  for (let b = 0; b < batch; b++) {
    const whole = streams ? n & ~15 : 0;
    backStream(neuron, surrogate, detach, steps, step, <usize>4 * <usize>b * <usize>n, whole, u, dSpikes, dMembrane, dx, lambda);
    let k = whole;
    for (; common && k + 16 <= n; k += 16)
      back16(neuron, surrogate, gradients, detach, steps, step, k, <usize>4 * (<usize>b * <usize>n + <usize>k), u, v0, dSpikes, dMembrane, dx, lambda);
    for (; k < n; k += 4) {
      const at = <usize>4 * (<usize>b * <usize>n + <usize>k);
      const count = min(4, n - k);
      if (count === 4)
        back<f32>(neuron, surrogate, gradients, detach, steps, step, k, 4, at, x, u, i, v0, i0, dSpikes, dMembrane, dx, lambda, mu);
      else
        back<i32>(neuron, surrogate, gradients, detach, steps, step, k, count, at, x, u, i, v0, i0, dSpikes, dMembrane, dx, lambda, mu);
    }
  }
}

/** True where no gradient of gain, target, offset or vReset is wanted, and none of a threshold that scales h. */
function onlyDecayAndThreshold(gradients: usize, surrogate: usize): bool {
  if (load<u32>(gradients, 16) && load<i32>(surrogate, 16)) return false;
  return !(load<u32>(gradients, 4) | load<u32>(gradients, 8) | load<u32>(gradients, 12) | load<u32>(gradients, 20));
}

/** True where the gradient of no parameter is wanted. */
function learnsNothing(gradients: usize): bool {
  let wanted: u32 = 0;
  for (let slot: usize = 0; slot < 8; slot++) wanted |= load<u32>(gradients + 4 * slot);
  return wanted === 0;
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

function addGradient(neuron: usize, gradients: usize, slot: i32, k: i32, count: i32, sum: v128): void {
  const to = <usize>load<u32>(gradients + <usize>4 * <usize>slot);
  if (!to) return;
  const each = load<u32>(neuron + <usize>8 * <usize>slot + 4);
  const at = to + <usize>4 * <usize>(each ? k : k & 15);
  storePart(at, f32x4.add(loadPart(at, count), sum), count);
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

/** Four values of a parameter from neuron k, a multiple of four. */
@inline
function parameter(neuron: usize, slot: i32, k: i32): v128 {
  return v128.load(slotAt(neuron, slot, k));
}

/** Gradient that goes on through the spike. */
@inline
function spikeGradient(q: v128, u: v128, delta: v128, threshold: v128, vReset: v128, reset: i32): v128 {
  if (reset === RESET_SUBTRACT) return f32x4.sub(q, f32x4.mul(threshold, delta));
  return reset === RESET_VALUE ? f32x4.add(q, f32x4.mul(f32x4.sub(vReset, u), delta)) : q;
}

/** Sixteen spiking neurons without synapse or delayed reset; sums for decay and threshold alone. */
function back16(
  neuron: usize, surrogate: usize, gradients: usize, detach: i32, steps: i32, step: usize, k: i32, at: usize,
  u: usize, v0: usize, dSpikes: usize, dMembrane: usize, dx: usize, lambda: usize,
): void {
  const flags = load<i32>(neuron, 64), reset = resetOf(flags);
  const fast = load<i32>(surrogate) === 0 && load<i32>(surrogate, 12) === 1 && !load<i32>(surrogate, 16);
  const slope = v128.load_splat<u32>(surrogate, 4), one = f32x4.splat(1), zero = f32x4.splat(0);
  const d0 = parameter(neuron, 0, k + 0), d1 = parameter(neuron, 0, k + 4), d2 = parameter(neuron, 0, k + 8), d3 = parameter(neuron, 0, k + 12);
  const g0 = parameter(neuron, 1, k + 0), g1 = parameter(neuron, 1, k + 4), g2 = parameter(neuron, 1, k + 8), g3 = parameter(neuron, 1, k + 12);
  const e0 = parameter(neuron, 2, k + 0), e1 = parameter(neuron, 2, k + 4), e2 = parameter(neuron, 2, k + 8), e3 = parameter(neuron, 2, k + 12);
  const h0 = parameter(neuron, 4, k + 0), h1 = parameter(neuron, 4, k + 4), h2 = parameter(neuron, 4, k + 8), h3 = parameter(neuron, 4, k + 12);
  const r0 = parameter(neuron, 5, k + 0), r1 = parameter(neuron, 5, k + 4), r2 = parameter(neuron, 5, k + 8), r3 = parameter(neuron, 5, k + 12);
  let a0 = zero, a1 = zero, a2 = zero, a3 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero;
  let here = at + <usize>(steps - 1) * step;
  let n0 = take<f32>(lambda, at + 0, 4), u0 = steps > 0 ? v128.load(u + here, 0) : zero;
  let n1 = take<f32>(lambda, at + 16, 4), u1 = steps > 0 ? v128.load(u + here, 16) : zero;
  let n2 = take<f32>(lambda, at + 32, 4), u2 = steps > 0 ? v128.load(u + here, 32) : zero;
  let n3 = take<f32>(lambda, at + 48, 4), u3 = steps > 0 ? v128.load(u + here, 48) : zero;
  for (let t = steps - 1; t >= 0; t--, here -= step) {
    const w0 = t > 0 ? v128.load(u + here - step, 0) : zero;
    const f0 = flags & GE ? f32x4.ge(u0, h0) : f32x4.gt(u0, h0);
    n0 = f32x4.mul(d0, n0);
    let q0 = take<f32>(dSpikes, here + 0, 4);
    if (!detach) q0 = spikeGradient(q0, u0, n0, h0, r0, reset);
    const w1 = t > 0 ? v128.load(u + here - step, 16) : zero;
    const f1 = flags & GE ? f32x4.ge(u1, h1) : f32x4.gt(u1, h1);
    n1 = f32x4.mul(d1, n1);
    let q1 = take<f32>(dSpikes, here + 16, 4);
    if (!detach) q1 = spikeGradient(q1, u1, n1, h1, r1, reset);
    const w2 = t > 0 ? v128.load(u + here - step, 32) : zero;
    const f2 = flags & GE ? f32x4.ge(u2, h2) : f32x4.gt(u2, h2);
    n2 = f32x4.mul(d2, n2);
    let q2 = take<f32>(dSpikes, here + 32, 4);
    if (!detach) q2 = spikeGradient(q2, u2, n2, h2, r2, reset);
    const w3 = t > 0 ? v128.load(u + here - step, 48) : zero;
    const f3 = flags & GE ? f32x4.ge(u3, h3) : f32x4.gt(u3, h3);
    n3 = f32x4.mul(d3, n3);
    let q3 = take<f32>(dSpikes, here + 48, 4);
    if (!detach) q3 = spikeGradient(q3, u3, n3, h3, r3, reset);
    if (fast) {
      const s0 = f32x4.add(one, f32x4.mul(slope, f32x4.abs(f32x4.sub(u0, h0))));
      q0 = f32x4.mul(f32x4.div(one, f32x4.mul(s0, s0)), q0);
      const s1 = f32x4.add(one, f32x4.mul(slope, f32x4.abs(f32x4.sub(u1, h1))));
      q1 = f32x4.mul(f32x4.div(one, f32x4.mul(s1, s1)), q1);
      const s2 = f32x4.add(one, f32x4.mul(slope, f32x4.abs(f32x4.sub(u2, h2))));
      q2 = f32x4.mul(f32x4.div(one, f32x4.mul(s2, s2)), q2);
      const s3 = f32x4.add(one, f32x4.mul(slope, f32x4.abs(f32x4.sub(u3, h3))));
      q3 = f32x4.mul(f32x4.div(one, f32x4.mul(s3, s3)), q3);
    } else {
      q0 = f32x4.mul(surrogateOf(surrogate, u0, h0), q0);
      q1 = f32x4.mul(surrogateOf(surrogate, u1, h1), q1);
      q2 = f32x4.mul(surrogateOf(surrogate, u2, h2), q2);
      q3 = f32x4.mul(surrogateOf(surrogate, u3, h3), q3);
    }
    b0 = f32x4.sub(b0, reset === RESET_SUBTRACT ? f32x4.add(q0, v128.and(f0, n0)) : q0);
    if (reset === RESET_VALUE) n0 = v128.andnot(n0, f0);
    n0 = f32x4.add(f32x4.add(take<f32>(dMembrane, here + 0, 4), n0), q0);
    v128.store(dx + here, f32x4.mul(g0, n0), 0);
    a0 = f32x4.add(a0, f32x4.mul(n0, f32x4.sub(t > 0 ? afterReset(flags, reset, w0, h0, r0) : take<f32>(v0, at + 0, 4), e0)));
    u0 = w0;
    b1 = f32x4.sub(b1, reset === RESET_SUBTRACT ? f32x4.add(q1, v128.and(f1, n1)) : q1);
    if (reset === RESET_VALUE) n1 = v128.andnot(n1, f1);
    n1 = f32x4.add(f32x4.add(take<f32>(dMembrane, here + 16, 4), n1), q1);
    v128.store(dx + here, f32x4.mul(g1, n1), 16);
    a1 = f32x4.add(a1, f32x4.mul(n1, f32x4.sub(t > 0 ? afterReset(flags, reset, w1, h1, r1) : take<f32>(v0, at + 16, 4), e1)));
    u1 = w1;
    b2 = f32x4.sub(b2, reset === RESET_SUBTRACT ? f32x4.add(q2, v128.and(f2, n2)) : q2);
    if (reset === RESET_VALUE) n2 = v128.andnot(n2, f2);
    n2 = f32x4.add(f32x4.add(take<f32>(dMembrane, here + 32, 4), n2), q2);
    v128.store(dx + here, f32x4.mul(g2, n2), 32);
    a2 = f32x4.add(a2, f32x4.mul(n2, f32x4.sub(t > 0 ? afterReset(flags, reset, w2, h2, r2) : take<f32>(v0, at + 32, 4), e2)));
    u2 = w2;
    b3 = f32x4.sub(b3, reset === RESET_SUBTRACT ? f32x4.add(q3, v128.and(f3, n3)) : q3);
    if (reset === RESET_VALUE) n3 = v128.andnot(n3, f3);
    n3 = f32x4.add(f32x4.add(take<f32>(dMembrane, here + 48, 4), n3), q3);
    v128.store(dx + here, f32x4.mul(g3, n3), 48);
    a3 = f32x4.add(a3, f32x4.mul(n3, f32x4.sub(t > 0 ? afterReset(flags, reset, w3, h3, r3) : take<f32>(v0, at + 48, 4), e3)));
    u3 = w3;
  }
  if (lambda) v128.store(lambda + at, n0, 0);
  addGradient(neuron, gradients, 0, k + 0, 4, a0);
  addGradient(neuron, gradients, 4, k + 0, 4, b0);
  if (lambda) v128.store(lambda + at, n1, 16);
  addGradient(neuron, gradients, 0, k + 4, 4, a1);
  addGradient(neuron, gradients, 4, k + 4, 4, b1);
  if (lambda) v128.store(lambda + at, n2, 32);
  addGradient(neuron, gradients, 0, k + 8, 4, a2);
  addGradient(neuron, gradients, 4, k + 8, 4, b2);
  if (lambda) v128.store(lambda + at, n3, 48);
  addGradient(neuron, gradients, 0, k + 12, 4, a3);
  addGradient(neuron, gradients, 4, k + 12, 4, b3);
}

/** Neurons whose λ stays near while the steps go by, so that each step is read in long runs. */
const TOGETHER: i32 = 512;

/** Spiking neurons 0 to n, a multiple of 16, without synapse or delayed reset, and without sums; λ in memory. */
function backStream(
  neuron: usize, surrogate: usize, detach: i32, steps: i32, step: usize, sample: usize, n: i32,
  u: usize, dSpikes: usize, dMembrane: usize, dx: usize, lambda: usize,
): void {
  const shared = sharedParameters(neuron);
  for (let k = 0; k < n; k += TOGETHER) {
    const end = min(k + TOGETHER, n);
    for (let t = steps - 1, here = sample + <usize>(steps - 1) * step; t >= 0; t--, here -= step) {
      if (shared) backRow<f32>(neuron, surrogate, detach, k, end, sample, here, u, dSpikes, dMembrane, dx, lambda);
      else backRow<i32>(neuron, surrogate, detach, k, end, sample, here, u, dSpikes, dMembrane, dx, lambda);
    }
  }
}

/** One step of the neurons from k to end, multiples of 16. P is f32 where they share their parameters, else i32. */
function backRow<P>(
  neuron: usize, surrogate: usize, detach: i32, k: i32, end: i32, sample: usize, here: usize,
  u: usize, dSpikes: usize, dMembrane: usize, dx: usize, lambda: usize,
): void {
  const flags = load<i32>(neuron, 64), reset = resetOf(flags);
  const fast = load<i32>(surrogate) === 0 && load<i32>(surrogate, 12) === 1 && !load<i32>(surrogate, 16);
  const slope = v128.load_splat<u32>(surrogate, 4), zero = f32x4.splat(0);
  let decay = parameter(neuron, 0, k), gain = parameter(neuron, 1, k);
  let threshold = parameter(neuron, 4, k), vReset = parameter(neuron, 5, k);
  for (; k < end; k += 16) {
    const p0 = slotAt(neuron, 0, k), p1 = slotAt(neuron, 1, k), p4 = slotAt(neuron, 4, k), p5 = slotAt(neuron, 5, k);
    for (let lane: usize = 0; lane < 64; lane += 16) {
      const at = <usize>4 * <usize>k + lane;
      if (!isFloat<P>()) {
        decay = v128.load(p0 + lane);
        gain = v128.load(p1 + lane);
        threshold = v128.load(p4 + lane);
        vReset = v128.load(p5 + lane);
      }
      const potential = v128.load(u + here + at);
      let delta = f32x4.mul(decay, v128.load(lambda + sample + at));
      let q = dSpikes ? v128.load(dSpikes + here + at) : zero;
      if (!detach) q = spikeGradient(q, potential, delta, threshold, vReset, reset);
      if (fast) q = f32x4.mul(fastSigmoid(slope, f32x4.abs(f32x4.sub(potential, threshold))), q);
      else q = f32x4.mul(surrogateOf(surrogate, potential, threshold), q);
      if (reset === RESET_VALUE)
        delta = v128.andnot(delta, flags & GE ? f32x4.ge(potential, threshold) : f32x4.gt(potential, threshold));
      const present = f32x4.add(f32x4.add(dMembrane ? v128.load(dMembrane + here + at) : zero, delta), q);
      v128.store(lambda + sample + at, present);
      v128.store(dx + here + at, f32x4.mul(gain, present));
    }
  }
}

export function surrogateDerivative(surrogate: usize, n: i32, u: usize, theta: usize, out: usize): void {
  for (let k = 0; k < n; k += 4) {
    const at = <usize>4 * <usize>k;
    const count = min(4, n - k);
    storePart(out + at, surrogateOf(surrogate, loadPart(u + at, count), loadPart(theta + at, count)), count);
  }
}
