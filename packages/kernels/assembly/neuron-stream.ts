// Backward pass of spiking neurons without synapse or delayed reset: a block of neurons at a time back through all
// steps, λ and the sums of the block in scratch, so that each step is read and written in long runs.
import { loadPart, storePart } from "./lanes.ts";
import { GE, RESET_SUBTRACT, RESET_VALUE, resetOf, sharedParameters, slotAt } from "./neuron-flags.ts";
import { atan, fastSigmoid, surrogateOf } from "./surrogate.ts";

/** Neurons of a block; src/train/neuron-gradients.ts has room for three numbers of each. */
const BLOCK: i32 = 512;
const DECAY: i32 = 0;
const GAIN: i32 = 1;
const TARGET: i32 = 2;
const THRESHOLD: i32 = 4;
const VRESET: i32 = 5;

/** True where the stream gives all gradients that are wanted: those of decay and of a threshold that does not scale h. */
export function streamable(gradients: usize, surrogate: usize): bool {
  if (load<u32>(gradients, 4 * THRESHOLD) && load<i32>(surrogate, 16)) return false;
  return !(load<u32>(gradients, 4) | load<u32>(gradients, 8) | load<u32>(gradients, 12) | load<u32>(gradients, 20));
}

/** Adds the sums of `count` neurons from k to the gradient of a slot, where it is wanted. */
export function addGradient(neuron: usize, gradients: usize, slot: i32, k: i32, count: i32, sum: v128): void {
  const to = <usize>load<u32>(gradients + <usize>4 * <usize>slot);
  if (!to) return;
  const each = load<u32>(neuron + <usize>8 * <usize>slot + 4);
  const at = to + <usize>4 * <usize>(each ? k : k & 15);
  storePart(at, f32x4.add(loadPart(at, count), sum), count);
}

/** Neurons 0 to n, a multiple of 16, of the sample whose first step lies `sample` bytes into each array. */
export function backStream(
  neuron: usize, surrogate: usize, gradients: usize, detach: i32, steps: i32, step: usize, sample: usize, n: i32,
  u: usize, v0: usize, dSpikes: usize, dMembrane: usize, dx: usize, lambda: usize,
): void {
  const room = <usize>load<u32>(gradients, 32), bytes = <usize>(4 * BLOCK);
  const learns = (load<u32>(gradients, 4 * DECAY) | load<u32>(gradients, 4 * THRESHOLD)) !== 0;
  const kind = load<i32>(surrogate), reset = resetOf(load<i32>(neuron, 64));
  const lean =
    sharedParameters(neuron) && detach && dSpikes !== 0 && !dMembrane && kind < 2 &&
    load<i32>(surrogate, 12) === 1 && !load<i32>(surrogate, 16) &&
    (learns ? reset === RESET_SUBTRACT : reset !== RESET_VALUE);
  for (let k = 0; k < n; k += BLOCK) {
    const end = min(k + BLOCK, n), own = <usize>4 * <usize>(end - k), from = <usize>4 * <usize>k;
    if (lambda) memory.copy(room, lambda + sample + from, own);
    else memory.fill(room, 0, own);
    if (learns) memory.fill(room + bytes, 0, 2 * bytes);
    // Addressed, like the rows, by neuron from 0.
    const carried = room - from;
    for (let t = steps - 1, here = sample + <usize>(steps - 1) * step; t >= 0; t--, here -= step) {
      const earlier = t > 0 ? u + here - step : 0, first = t === 0 && v0 ? v0 + sample : 0;
      if (!lean) backRow(neuron, surrogate, learns, detach, k, end, here, u, earlier, first, dSpikes, dMembrane, dx, carried);
      else if (kind === 0) leanRow<f32>(neuron, surrogate, learns, k, end, u + here, earlier, first, dSpikes + here, dx + here, carried);
      else leanRow<i32>(neuron, surrogate, learns, k, end, u + here, earlier, first, dSpikes + here, dx + here, carried);
    }
    if (lambda) memory.copy(lambda + sample + from, room, own);
    if (!learns) continue;
    for (let at: usize = 0, j = k; j < end; j += 4, at += 16) {
      addGradient(neuron, gradients, DECAY, j, 4, v128.load(room + bytes + at));
      addGradient(neuron, gradients, THRESHOLD, j, 4, v128.load(room + 2 * bytes + at));
    }
  }
}

/** Four values of a parameter from neuron k, a multiple of four. */
@inline
function parameter(neuron: usize, slot: i32, k: i32): v128 {
  return v128.load(slotAt(neuron, slot, k));
}

/** A step of neurons that share their parameters, with a detached reset. S is f32 for fast sigmoid, i32 for atan. */
function leanRow<S>(
  neuron: usize, surrogate: usize, learns: bool, k: i32, end: i32,
  u: usize, earlier: usize, first: usize, dSpikes: usize, dx: usize, carried: usize,
): void {
  if (learns) leanSteps<S, f32>(neuron, surrogate, k, end, u, earlier, first, dSpikes, dx, carried);
  else leanSteps<S, i32>(neuron, surrogate, k, end, u, earlier, first, dSpikes, dx, carried);
}

/** L is f32 where sums are wanted; the reset is by the threshold then. */
function leanSteps<S, L>(
  neuron: usize, surrogate: usize, k: i32, end: i32,
  u: usize, earlier: usize, first: usize, dSpikes: usize, dx: usize, carried: usize,
): void {
  const a = v128.load_splat<u32>(surrogate, 4), b = v128.load_splat<u32>(surrogate, 8), zero = f32x4.splat(0);
  const decay = parameter(neuron, DECAY, k), gain = parameter(neuron, GAIN, k), target = parameter(neuron, TARGET, k);
  const threshold = parameter(neuron, THRESHOLD, k), ge = load<i32>(neuron, 64) & GE;
  const sums = carried + 4 * BLOCK;
  for (let at = <usize>4 * <usize>k, last = <usize>4 * <usize>end; at < last; at += 16) {
    const potential = v128.load(u + at), d = f32x4.sub(potential, threshold);
    const q = f32x4.mul(isFloat<S>() ? fastSigmoid(a, f32x4.abs(d)) : atan(a, b, d), v128.load(dSpikes + at));
    const delta = f32x4.mul(decay, v128.load(carried + at));
    const present = f32x4.add(f32x4.add(zero, delta), q);
    v128.store(carried + at, present);
    v128.store(dx + at, f32x4.mul(gain, present));
    if (isFloat<L>()) {
      const before = earlier
        ? afterReset(ge, RESET_SUBTRACT, v128.load(earlier + at), threshold, zero)
        : first ? v128.load(first + at) : zero;
      const spent = v128.and(ge ? f32x4.ge(potential, threshold) : f32x4.gt(potential, threshold), delta);
      v128.store(sums + at, f32x4.add(v128.load(sums + at), f32x4.mul(present, f32x4.sub(before, target))));
      v128.store(sums + at, f32x4.sub(v128.load(sums + at, 4 * BLOCK), f32x4.add(q, spent)), 4 * BLOCK);
    }
  }
}

@inline
function afterReset(ge: i32, reset: i32, u: v128, threshold: v128, vReset: v128): v128 {
  const fired = ge ? f32x4.ge(u, threshold) : f32x4.gt(u, threshold);
  if (reset === RESET_SUBTRACT) return f32x4.sub(u, v128.and(fired, threshold));
  return reset === RESET_VALUE ? v128.bitselect(vReset, u, fired) : u;
}

/** A step of neurons of any parameters, reset and surrogate. */
function backRow(
  neuron: usize, surrogate: usize, learns: bool, detach: i32, k: i32, end: i32, here: usize,
  u: usize, earlier: usize, first: usize, dSpikes: usize, dMembrane: usize, dx: usize, carried: usize,
): void {
  const flags = load<i32>(neuron, 64), reset = resetOf(flags), ge = flags & GE;
  const zero = f32x4.splat(0), sums = carried + 4 * BLOCK;
  for (; k < end; k += 4) {
    const at = <usize>4 * <usize>k;
    const threshold = parameter(neuron, THRESHOLD, k), vReset = parameter(neuron, VRESET, k);
    const potential = v128.load(u + here + at);
    const delta = f32x4.mul(parameter(neuron, DECAY, k), v128.load(carried + at));
    let q = dSpikes ? v128.load(dSpikes + here + at) : zero;
    if (!detach) {
      if (reset === RESET_SUBTRACT) q = f32x4.sub(q, f32x4.mul(threshold, delta));
      else if (reset === RESET_VALUE) q = f32x4.add(q, f32x4.mul(f32x4.sub(vReset, potential), delta));
    }
    q = f32x4.mul(surrogateOf(surrogate, potential, threshold), q);
    const fired = ge ? f32x4.ge(potential, threshold) : f32x4.gt(potential, threshold);
    const through = reset === RESET_VALUE ? v128.andnot(delta, fired) : delta;
    const present = f32x4.add(f32x4.add(dMembrane ? v128.load(dMembrane + here + at) : zero, through), q);
    v128.store(carried + at, present);
    v128.store(dx + here + at, f32x4.mul(parameter(neuron, GAIN, k), present));
    if (learns) {
      const before = earlier
        ? afterReset(ge, reset, v128.load(earlier + at), threshold, vReset)
        : first ? v128.load(first + at) : zero;
      const forgotten = f32x4.mul(present, f32x4.sub(before, parameter(neuron, TARGET, k)));
      v128.store(sums + at, f32x4.add(v128.load(sums + at), forgotten));
      const spent = reset === RESET_SUBTRACT ? f32x4.add(q, v128.and(fired, delta)) : q;
      v128.store(sums + at, f32x4.sub(v128.load(sums + at, 4 * BLOCK), spent), 4 * BLOCK);
    }
  }
}
