/** The leak of a population: one word per form, applied to one state or to all. */
import { leakMul, leakShift } from "@nirkit/integer";
import type { IntegerLeak } from "@nirkit/quantize";
import type { Accumulator } from "./fan-out.ts";

/** One leak step of one state; `neuron` selects a per-neuron factor. */
export function applyLeak(leak: IntegerLeak, u: number, neuron: number): number {
  if (leak.form === "none") return u;
  if (leak.form === "shift") return leakShift(u, leak.shift);
  const mul = typeof leak.mul === "number" ? leak.mul : (leak.mul[neuron] as number);
  return leakMul(u, mul, leak.shift, leak.round);
}

/** Fills `into[i] = leak(state[i])` for a whole population. */
export type LeakAll = (state: Accumulator, into: Accumulator) => void;

/**
 * Chooses the loop of a leak once. Shifts and products stay integers below 2^53 (a power of two divides a double
 * exactly), so Math.floor is the arithmetic shift.
 *
 * @param stateBound largest |U|; where |U| · mul may pass 2^52 every state goes through the exact BigInt product
 */
export function createLeak(leak: IntegerLeak, stateBound: number): LeakAll {
  if (leak.form === "none") return (state, into) => into.set(state);
  if (leak.form === "shift") return floorLeak(leak.shift);
  const { mul, shift, round } = leak;
  const largest = typeof mul === "number" ? Math.abs(mul) : mul.reduce((a, m) => Math.max(a, Math.abs(m)), 0);
  if (typeof mul === "number" && round !== "rne" && stateBound * largest < 2 ** 52)
    return round === "floor" ? productLeak(mul, shift) : truncatedLeak(mul, shift);
  const factors = typeof mul === "number" ? undefined : Float64Array.from(mul);
  return (state, into) => {
    for (let i = 0; i < state.length; i++)
      into[i] = leakMul(state[i] as number, factors ? (factors[i] as number) : (mul as number), shift, round);
  };
}

function floorLeak(shift: number): LeakAll {
  const unit = 2 ** -shift;
  return (state, into) => {
    for (let i = 0; i < state.length; i++)
      into[i] = (state[i] as number) - Math.floor((state[i] as number) * unit);
  };
}

function productLeak(mul: number, shift: number): LeakAll {
  const unit = 2 ** -shift;
  return (state, into) => {
    for (let i = 0; i < state.length; i++) into[i] = Math.floor((state[i] as number) * mul * unit);
  };
}

function truncatedLeak(mul: number, shift: number): LeakAll {
  const unit = 2 ** -shift;
  return (state, into) => {
    for (let i = 0; i < state.length; i++) into[i] = Math.trunc((state[i] as number) * mul * unit);
  };
}
