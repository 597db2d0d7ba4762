// Integer neurons: four at a time over all steps. Products of the leak are exact in 64 bits.
import { loadLanes, storeLanes } from "./lanes.ts";
import {
  GE, OLD, RESET_DELAY, RESET_SUBTRACT, RESET_VALUE, resetOf, SPIKE_DELAY, SPIKING, SYNAPSE, slotAt,
} from "./neuron-flags.ts";

// @ts-expect-error: decorator
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
  for (let k = 0; k < n; k += 16) {
    const lanes = min(16, n - k);
    for (let t = 0; t < steps; t++)
      for (let i = 0; i < lanes; i += 4) {
        const at = <usize>4 * <usize>(k + i);
        const here = <usize>t * step + at;
        const bits = mask ? mask + <usize>t * <usize>maskStride + <usize>((k + i) >> 3) : 0;
        const before = pre ? pre + here : 0;
        const after = post ? post + here : 0;
        saturations +=
          i + 4 <= lanes
            ? vectorStep<f32>(neuron, k + i, 4, acc + here, clear, u + at, j + at, fired + <usize>(k + i), bits, before, after)
            : vectorStep<i32>(neuron, k + i, lanes - i, acc + here, clear, u + at, j + at, fired + <usize>(k + i), bits, before, after);
      }
  }
  return saturations;
}

/** (u·mul) >> shift of two products of 64 bits, rounded: 0 floor, 1 toward zero, 2 ties to even. */
// @ts-expect-error: decorator
@inline
function shiftProduct(product: v128, shift: i32, round: i32): v128 {
  if (round === 1) {
    product = i64x2.add(product, v128.and(i64x2.shr_s(product, 63), i64x2.splat((<i64>1 << shift) - 1)));
  } else if (round === 2 && shift > 0) {
    const odd = v128.and(i64x2.shr_u(product, shift), i64x2.splat(1));
    product = i64x2.add(i64x2.add(product, odd), i64x2.splat((<i64>1 << (shift - 1)) - 1));
  }
  return i64x2.shr_s(product, shift);
}

/** One leak of four states; `form` is a word of the struct, followed by the shift and the rounding. */
// @ts-expect-error: decorator
@inline
function leak<F>(neuron: usize, form: i32, slot: i32, k: i32, count: i32, state: v128): v128 {
  const kind = word(neuron, form);
  if (kind === 0) return state;
  if (kind === 3) return i32x4.splat(0);
  const shift = word(neuron, form + 1);
  if (kind === 1) return i32x4.sub(state, i32x4.shr_s(state, shift));
  const mul = loadLanes<F>(slotAt(neuron, slot, k), count);
  const round = word(neuron, form + 2);
  const low = shiftProduct(i64x2.extmul_low_i32x4_s(state, mul), shift, round);
  const high = shiftProduct(i64x2.extmul_high_i32x4_s(state, mul), shift, round);
  return v128.shuffle<u32>(low, high, 0, 2, 4, 6);
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

// @ts-expect-error: decorator
@inline
function changed(a: v128, b: v128, lanes: i32): i32 {
  return popcnt(i32x4.bitmask(i32x4.ne(a, b)) & lanes);
}

/** Fired flags, one byte a neuron, as lanes of ones. */
// @ts-expect-error: decorator
@inline
function firedLanes(fired: usize, count: i32): v128 {
  let bytes: u32 = 0;
  if (count === 4) bytes = load<u32>(fired);
  else for (let i = 0; i < count; i++) bytes |= <u32>load<u8>(fired + <usize>i) << (8 * i);
  const lanes = i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(i32x4.splat(bytes)));
  return i32x4.ne(lanes, i32x4.splat(0));
}

// @ts-expect-error: decorator
@inline
function vectorStep<F>(
  neuron: usize, k: i32, count: i32, acc: usize, clear: i32, u: usize, j: usize, fired: usize,
  mask: usize, pre: usize, post: usize,
): i32 {
  const flags = word(neuron, 12);
  const reset = resetOf(flags);
  const lanes = (1 << count) - 1;
  const zero = i32x4.splat(0);
  let saturations = 0;
  let drive = i32x4.add(i32x4.shl(loadLanes<F>(acc, count), word(neuron, 19)), loadLanes<F>(slotAt(neuron, 0, k), count));
  if (clear) storeLanes<F>(acc, zero, count);
  if (flags & SYNAPSE) {
    const before = loadLanes<F>(j, count);
    const sum = i32x4.add(leak<F>(neuron, 16, 5, k, count, before), drive);
    const current = kept(neuron, sum);
    saturations += changed(sum, current, lanes);
    storeLanes<F>(j, current, count);
    drive = flags & OLD ? before : current;
  }
  const last = flags & (RESET_DELAY | SPIKE_DELAY) ? firedLanes(fired, count) : zero;
  let state = loadLanes<F>(u, count);
  const sub = loadLanes<F>(slotAt(neuron, 2, k), count);
  const vReset = loadLanes<F>(slotAt(neuron, 3, k), count);
  if (flags & RESET_DELAY && reset === RESET_VALUE) state = v128.bitselect(vReset, state, last);
  let x = i32x4.add(leak<F>(neuron, 13, 4, k, count, state), drive);
  if (flags & RESET_DELAY && reset === RESET_SUBTRACT) x = i32x4.sub(x, v128.and(last, sub));
  if (pre) storeLanes<F>(pre, x, count);
  let spikes = zero;
  if (flags & SPIKING) {
    const theta = loadLanes<F>(slotAt(neuron, 1, k), count);
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
    storeLanes<F>(u, state, count);
  } else state = loadLanes<F>(u, count);
  if (post) storeLanes<F>(post, state, count);
  return saturations;
}
