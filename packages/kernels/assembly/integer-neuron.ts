// Integer neurons: four at a time over all steps. Products of the leak are exact in 64 bits.
import { loadPart, storePart } from "./lanes.ts";
import {
  GE, NARROW, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKE_DELAY, SPIKING, SYNAPSE, slotAt,
} from "./neuron-flags.ts";

@inline
function word(neuron: usize, at: i32): i32 {
  return load<i32>(neuron + <usize>4 * <usize>at);
}

export function integerNeuronForward(
  neuron: usize, steps: i32, n: i32, acc: usize, clear: i32, u: usize, j: usize, fired: usize,
  mask: usize, maskStride: i32, pre: usize, post: usize,
): i32 {
  let saturations = 0;
  if (mask) memory.fill(mask, 0, <usize>steps * <usize>maskStride);
  const step = <usize>4 * <usize>n;
  const flags = word(neuron, 12), form = word(neuron, 13);
  const plain = !(flags & (SYNAPSE | RESET_DELAY | SPIKE_DELAY)) && form !== 3 && word(neuron, 20) === 0;
  let k = 0;
  for (; plain && k + 16 <= n; k += 16)
    saturations += block16(
      neuron, flags, k, steps, step, acc + <usize>4 * <usize>k, clear, u + <usize>4 * <usize>k, fired + <usize>k,
      mask ? mask + <usize>(k >> 3) : 0, mask ? <usize>maskStride : 0,
      pre ? pre + <usize>4 * <usize>k : 0, post ? post + <usize>4 * <usize>k : 0,
    );
  for (; k < n; k += 4)
    for (let t = 0; t < steps; t++) {
      const at = <usize>4 * <usize>k;
      const here = <usize>t * step + at;
      saturations += partStep(
        neuron, k, min(4, n - k), acc + here, clear, u + at, j + at, fired + <usize>k,
        mask ? mask + <usize>t * <usize>maskStride + <usize>(k >> 3) : 0, pre ? pre + here : 0, post ? post + here : 0,
      );
    }
  return saturations;
}

/** Four values of a parameter from neuron k. */
@inline
function parameter(neuron: usize, slot: i32, k: i32): v128 {
  return v128.load(slotAt(neuron, slot, k));
}

/** Leak of four states whose product with mul fits 32 bits. */
@inline
function narrowLeak(u: v128, mul: v128, form: i32, shift: i32, round: i32, below: v128, half: v128): v128 {
  if (form === 0) return u;
  if (form === 1) return i32x4.sub(u, i32x4.shr_s(u, shift));
  let product = i32x4.mul(u, mul);
  if (round === 1) product = i32x4.add(product, v128.and(i32x4.shr_s(product, 31), below));
  else if (round === 2) {
    const odd = v128.and(i32x4.shr_s(product, shift), i32x4.splat(1));
    product = i32x4.add(product, i32x4.add(half, v128.and(odd, below)));
  }
  return i32x4.shr_s(product, shift);
}

@inline
function storeRow(p: usize, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(p, a);
  v128.store(p, b, 16);
  v128.store(p, c, 32);
  v128.store(p, d, 48);
}

@inline
function afterSpike(x: v128, fired: v128, sub: v128, vReset: v128, reset: i32): v128 {
  if (reset === RESET_SUBTRACT) return i32x4.sub(x, v128.and(fired, sub));
  return reset === RESET_VALUE ? v128.bitselect(vReset, x, fired) : x;
}

/** Sixteen neurons over all steps: no synapse, no delay, a clamped state. */
function block16(
  neuron: usize, flags: i32, k: i32, steps: i32, step: usize, acc: usize, clear: i32, u: usize, fired: usize,
  mask: usize, maskStride: usize, pre: usize, post: usize,
): i32 {
  const b0 = parameter(neuron, 0, k + 0), b1 = parameter(neuron, 0, k + 4), b2 = parameter(neuron, 0, k + 8), b3 = parameter(neuron, 0, k + 12);
  const h0 = parameter(neuron, 1, k + 0), h1 = parameter(neuron, 1, k + 4), h2 = parameter(neuron, 1, k + 8), h3 = parameter(neuron, 1, k + 12);
  const m0 = parameter(neuron, 2, k + 0), m1 = parameter(neuron, 2, k + 4), m2 = parameter(neuron, 2, k + 8), m3 = parameter(neuron, 2, k + 12);
  const r0 = parameter(neuron, 3, k + 0), r1 = parameter(neuron, 3, k + 4), r2 = parameter(neuron, 3, k + 8), r3 = parameter(neuron, 3, k + 12);
  const l0 = parameter(neuron, 4, k + 0), l1 = parameter(neuron, 4, k + 4), l2 = parameter(neuron, 4, k + 8), l3 = parameter(neuron, 4, k + 12);
  const reset = resetOf(flags), form = word(neuron, 13), shift = word(neuron, 14), round = word(neuron, 15);
  const fracBits = word(neuron, 19), low = i32x4.splat(word(neuron, 21)), high = i32x4.splat(word(neuron, 22));
  const below = i32x4.splat((1 << shift) - 1), half = i32x4.splat(shift > 0 ? (1 << (shift - 1)) - 1 : 0);
  const zero = i32x4.splat(0), ge = flags & GE, spiking = flags & SPIKING;
  const wide = form === 2 && !(flags & NARROW), leaks = wide ? 0 : form;
  let clamped = zero, bits = 0;
  let u0 = v128.load(u), u1 = v128.load(u, 16), u2 = v128.load(u, 32), u3 = v128.load(u, 48);
  for (let t = 0; t < steps; t++, acc += step) {
    if (wide) {
      u0 = wideLeak(u0, l0, shift, round);
      u1 = wideLeak(u1, l1, shift, round);
      u2 = wideLeak(u2, l2, shift, round);
      u3 = wideLeak(u3, l3, shift, round);
    }
    u0 = i32x4.add(narrowLeak(u0, l0, leaks, shift, round, below, half), i32x4.add(i32x4.shl(v128.load(acc, 0), fracBits), b0));
    u1 = i32x4.add(narrowLeak(u1, l1, leaks, shift, round, below, half), i32x4.add(i32x4.shl(v128.load(acc, 16), fracBits), b1));
    u2 = i32x4.add(narrowLeak(u2, l2, leaks, shift, round, below, half), i32x4.add(i32x4.shl(v128.load(acc, 32), fracBits), b2));
    u3 = i32x4.add(narrowLeak(u3, l3, leaks, shift, round, below, half), i32x4.add(i32x4.shl(v128.load(acc, 48), fracBits), b3));
    if (clear) storeRow(acc, zero, zero, zero, zero);
    if (pre) {
      storeRow(pre, u0, u1, u2, u3);
      pre += step;
    }
    if (spiking) {
      const f0 = ge ? i32x4.ge_s(u0, h0) : i32x4.gt_s(u0, h0), f1 = ge ? i32x4.ge_s(u1, h1) : i32x4.gt_s(u1, h1);
      const f2 = ge ? i32x4.ge_s(u2, h2) : i32x4.gt_s(u2, h2), f3 = ge ? i32x4.ge_s(u3, h3) : i32x4.gt_s(u3, h3);
      bits = i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(f0, f1), i16x8.narrow_i32x4_s(f2, f3)));
      if (bits) {
        u0 = afterSpike(u0, f0, m0, r0, reset);
        u1 = afterSpike(u1, f1, m1, r1, reset);
        u2 = afterSpike(u2, f2, m2, r2, reset);
        u3 = afterSpike(u3, f3, m3, r3, reset);
      }
    }
    if (mask) {
      store<u16>(mask, <u16>bits);
      mask += maskStride;
    }
    const s0 = u0, s1 = u1, s2 = u2, s3 = u3;
    u0 = i32x4.min_s(high, i32x4.max_s(low, u0));
    u1 = i32x4.min_s(high, i32x4.max_s(low, u1));
    u2 = i32x4.min_s(high, i32x4.max_s(low, u2));
    u3 = i32x4.min_s(high, i32x4.max_s(low, u3));
    clamped = i32x4.sub(clamped, i32x4.add(
      i32x4.add(i32x4.ne(s0, u0), i32x4.ne(s1, u1)), i32x4.add(i32x4.ne(s2, u2), i32x4.ne(s3, u3)),
    ));
    if (post) {
      storeRow(post, u0, u1, u2, u3);
      post += step;
    }
  }
  storeRow(u, u0, u1, u2, u3);
  if (steps > 0) for (let i = 0; i < 16; i++) store<u8>(fired + <usize>i, <u8>((bits >> i) & 1));
  return i32x4.extract_lane(clamped, 0) + i32x4.extract_lane(clamped, 1) + i32x4.extract_lane(clamped, 2) + i32x4.extract_lane(clamped, 3);
}

/** (u·mul) >> shift of two products of 64 bits, rounded: 0 floor, 1 toward zero, 2 ties to even. */
function shiftProduct(product: v128, shift: i32, round: i32): v128 {
  if (round === 1) {
    product = i64x2.add(product, v128.and(i64x2.lt_s(product, i64x2.splat(0)), i64x2.splat((<i64>1 << shift) - 1)));
  } else if (round === 2 && shift > 0) {
    const odd = v128.and(i64x2.shr_u(product, shift), i64x2.splat(1));
    product = i64x2.add(i64x2.add(product, odd), i64x2.splat((<i64>1 << (shift - 1)) - 1));
  }
  // Of each result the low 32 bits are taken: a shift without sign gives the same ones.
  return i64x2.shr_u(product, shift);
}

/** Leak of four states whose product with mul needs 64 bits. */
function wideLeak(state: v128, mul: v128, shift: i32, round: i32): v128 {
  const low = shiftProduct(i64x2.extmul_low_i32x4_s(state, mul), shift, round);
  const high = shiftProduct(i64x2.extmul_high_i32x4_s(state, mul), shift, round);
  return v128.shuffle<u32>(low, high, 0, 2, 4, 6);
}

/** One leak of four states; `form` is a word of the struct, followed by the shift and the rounding. */
function leak(neuron: usize, form: i32, slot: i32, k: i32, count: i32, state: v128): v128 {
  const kind = word(neuron, form);
  if (kind === 0) return state;
  if (kind === 3) return i32x4.splat(0);
  const shift = word(neuron, form + 1);
  if (kind === 1) return i32x4.sub(state, i32x4.shr_s(state, shift));
  return wideLeak(state, loadPart(slotAt(neuron, slot, k), count), shift, word(neuron, form + 2));
}

function kept(neuron: usize, value: v128): v128 {
  const overflow = word(neuron, 20);
  if (overflow === 1) {
    const shift = 32 - word(neuron, 23);
    return i32x4.shr_s(i32x4.shl(value, shift), shift);
  }
  value = i32x4.min_s(i32x4.splat(word(neuron, 22)), i32x4.max_s(i32x4.splat(word(neuron, 21)), value));
  if (overflow === 0) return value;
  const levels = word(neuron, 24);
  let table = <usize>load<u32>(neuron + 100);
  let level = v128.load_splat<u32>(table);
  table += 4;
  for (let k = 1; k < levels; k++, table += 8)
    level = i32x4.add(level, v128.and(i32x4.gt_s(value, v128.load_splat<u32>(table)), v128.load_splat<u32>(table, 4)));
  return level;
}

@inline
function changed(a: v128, b: v128, lanes: i32): i32 {
  return popcnt(i32x4.bitmask(i32x4.ne(a, b)) & lanes);
}

/** Fired flags, one byte a neuron, as lanes of ones. */
@inline
function firedLanes(fired: usize, count: i32): v128 {
  let bytes: u32 = 0;
  if (count === 4) bytes = load<u32>(fired);
  else for (let i = 0; i < count; i++) bytes |= <u32>load<u8>(fired + <usize>i) << (8 * i);
  const lanes = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(i32x4.splat(bytes)));
  return i32x4.ne(lanes, i32x4.splat(0));
}

/** One step of up to four neurons of any kind; the states that storing changed. */
function partStep(
  neuron: usize, k: i32, count: i32, acc: usize, clear: i32, u: usize, j: usize, fired: usize,
  mask: usize, pre: usize, post: usize,
): i32 {
  const flags = word(neuron, 12);
  const reset = resetOf(flags);
  const lanes = (1 << count) - 1;
  const zero = i32x4.splat(0);
  let saturations = 0;
  let drive = i32x4.add(i32x4.shl(loadPart(acc, count), word(neuron, 19)), loadPart(slotAt(neuron, 0, k), count));
  if (clear) storePart(acc, zero, count);
  if (flags & SYNAPSE) {
    const before = loadPart(j, count);
    const sum = i32x4.add(leak(neuron, 16, 5, k, count, before), drive);
    const current = kept(neuron, sum);
    saturations += changed(sum, current, lanes);
    storePart(j, current, count);
    drive = flags & OLD ? before : current;
  }
  const last = flags & (RESET_DELAY | SPIKE_DELAY) ? firedLanes(fired, count) : zero;
  let state = loadPart(u, count);
  const sub = loadPart(slotAt(neuron, 2, k), count);
  const vReset = loadPart(slotAt(neuron, 3, k), count);
  if (flags & RESET_DELAY && reset === RESET_VALUE) state = v128.bitselect(vReset, state, last);
  let x = i32x4.add(leak(neuron, 13, 4, k, count, state), drive);
  if (flags & RESET_DELAY && reset === RESET_SUBTRACT) x = i32x4.sub(x, v128.and(last, sub));
  if (pre) storePart(pre, x, count);
  let spikes = zero;
  if (flags & SPIKING) {
    const theta = loadPart(slotAt(neuron, 1, k), count);
    spikes = flags & GE ? i32x4.ge_s(x, theta) : i32x4.gt_s(x, theta);
  }
  const bits = i32x4.bitmask(spikes) & lanes;
  for (let i = 0; i < count; i++) store<u8>(fired + <usize>i, <u8>((bits >> i) & 1));
  if (mask) {
    const out = flags & SPIKE_DELAY ? i32x4.bitmask(last) & lanes : bits;
    store<u8>(mask, load<u8>(mask) | <u8>(out << (k & 7)));
  }
  // A spike test without memory keeps nothing.
  if (!(flags & SPIKING && word(neuron, 13) === 3)) {
    if (!(flags & RESET_DELAY)) {
      if (reset === RESET_VALUE) x = v128.bitselect(vReset, x, spikes);
      else if (reset === RESET_SUBTRACT) x = i32x4.sub(x, v128.and(spikes, sub));
    }
    state = kept(neuron, x);
    saturations += changed(x, state, lanes);
    storePart(u, state, count);
  } else state = loadPart(u, count);
  if (post) storePart(post, state, count);
  return saturations;
}
