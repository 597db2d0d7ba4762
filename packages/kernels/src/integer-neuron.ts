/** Parameters of integer neurons in the kernels' memory. */
import type { Block } from "./arena.ts";
import { neuronFlag, resetCode } from "./float-neuron.ts";
import { KernelError } from "./kernel-error.ts";

/**
 * Decay of a state in one step: `shift` U − (U >> shift); `mul` (U·mul) >> shift, rounded as stated, exact for every
 * int32 state; `none`; `forget`: the state starts every step at 0 (Threshold, sums).
 */
export type KernelLeak =
  | { readonly form: "none" }
  | { readonly form: "forget" }
  | { readonly form: "shift"; readonly shift: number }
  | {
      readonly form: "mul";
      readonly mul: number | readonly number[] | Int32Array;
      /** 0 … 31. */
      readonly shift: number;
      readonly round: "floor" | "zero" | "rne";
    };

/**
 * Integer dynamics; every number is an int32 in the finest LSB.
 *
 *     J <- store(leak_s(J) + (acc << fracBits) + bias)                     with `synLeak`
 *     x  = leak(U) + J (or the J before: old), or leak(U) + (acc << fracBits) + bias
 *     z  = x > theta (gt) or x >= theta (ge)
 *     U <- store(z ? vReset (value), x − sub (subtract), x (none) : x)
 *
 * The comparison sees x before any clamp. `store` clamps to [vMin, vMax], or wraps to stateBits, or clamps and then
 * takes the nearest of `stateLevels` (a tie goes to the lower). With `resetDelay` 1, `value` sets U before the leak
 * of the next step and `subtract` takes sub off the next x. With `spikeDelay` 1 the spike leaves one step later.
 * No sum may leave int32, and U lies within [vMin, vMax] (`sat`) from the start.
 */
export interface IntegerNeuronOptions {
  /** Number of neurons that arrays must have, unless they have one entry. */
  readonly n: number;
  readonly leak?: KernelLeak;
  /** Present for neurons with a synaptic current. */
  readonly synLeak?: KernelLeak;
  readonly order?: "new" | "old";
  readonly bias?: number | Int32Array;
  readonly theta?: number | Int32Array;
  readonly sub?: number | Int32Array;
  readonly vReset?: number | Int32Array;
  readonly spiking?: boolean;
  readonly compare?: "gt" | "ge";
  readonly reset?: "value" | "subtract" | "none";
  readonly resetDelay?: 0 | 1;
  readonly spikeDelay?: 0 | 1;
  readonly fracBits?: number;
  readonly overflow?: "sat" | "wrap";
  readonly vMin?: number;
  readonly vMax?: number;
  readonly stateBits?: number;
  /** Levels of a low-bit state, at most 256. */
  readonly stateLevels?: readonly number[];
}

/** Words of the struct: six parameter slots (address, step of bytes), then these. */
export const integerWord = {
  bias: 0,
  theta: 2,
  sub: 4,
  vReset: 6,
  mul: 8,
  synMul: 10,
  flags: 12,
  leakForm: 13,
  leakShift: 14,
  leakRound: 15,
  synForm: 16,
  synShift: 17,
  synRound: 18,
  fracBits: 19,
  overflow: 20,
  vMin: 21,
  vMax: 22,
  stateBits: 23,
  levels: 24,
  levelsPtr: 25,
} as const;

/** Numbers of leak forms, roundings and overflows in the struct. */
export const leakForm = { none: 0, shift: 1, mul: 2, forget: 3 } as const;
/** Rounding of a `mul` leak. */
export const leakRound = { floor: 0, zero: 1, rne: 2 } as const;
/** What storing a state does. */
export const overflowCode = { sat: 0, wrap: 1, levels: 2 } as const;

/** Integer neurons written into the kernels' memory. */
export interface IntegerNeuron {
  /** What `integerNeuronForward` takes. */
  readonly ptr: number;
  readonly n: number;
}

const least = -(2 ** 31);
const most = 2 ** 31 - 1;

/**
 * Writes the parameters of n integer neurons.
 *
 * @throws E_KERNEL_SHAPE where an array has neither one nor n entries, a number is no int32, or a shift is not 0 … 31
 */
export function integerNeuron(
  arena: { i32(n: number): Block<Int32Array> },
  options: IntegerNeuronOptions,
): IntegerNeuron {
  const { n, leak = { form: "none" }, synLeak, stateLevels, overflow = "sat" } = options;
  const { vMin = least, vMax = most, stateBits = 32, fracBits = 0, spiking = true } = options;
  const block = arena.i32(26);
  const write = (word: number, what: string, values: number | readonly number[] | Int32Array): void => {
    const { ptr, step } = writeIntegers(arena, what, values, n);
    block.view.set([ptr, step], word);
  };
  write(integerWord.bias, "bias", options.bias ?? 0);
  write(integerWord.theta, "theta", options.theta ?? 0);
  write(integerWord.sub, "sub", options.sub ?? 0);
  write(integerWord.vReset, "vReset", options.vReset ?? 0);
  write(integerWord.mul, "leak.mul", leak.form === "mul" ? leak.mul : 0);
  write(integerWord.synMul, "synLeak.mul", synLeak?.form === "mul" ? synLeak.mul : 0);
  const flags =
    (options.compare === "ge" ? neuronFlag.ge : 0) |
    (resetCode[options.reset ?? "value"] << neuronFlag.resetShift) |
    (spiking ? neuronFlag.spiking : 0) |
    (synLeak === undefined ? 0 : neuronFlag.synapse) |
    (options.order === "old" ? neuronFlag.old : 0) |
    (options.resetDelay === 1 ? neuronFlag.resetDelay : 0) |
    (options.spikeDelay === 1 ? neuronFlag.spikeDelay : 0) |
    (isNarrow(leak, Math.max(Math.abs(vMin), Math.abs(vMax))) ? neuronFlag.narrow : 0);
  const levels = writeLevels(arena, stateLevels);
  const kind = stateLevels === undefined || overflow === "wrap" ? overflow : "levels";
  for (const [what, shift] of Object.entries({
    "leak.shift": shiftOf(leak),
    fracBits,
    "synLeak.shift": shiftOf(synLeak),
  }))
    if (!Number.isInteger(shift) || shift < 0 || shift > 31)
      throw new KernelError("E_KERNEL_SHAPE", {
        what,
        found: `${shift}`,
        expected: "an integer from 0 to 31",
      });
  block.view.set([flags, ...leakWords(leak), ...leakWords(synLeak), fracBits], integerWord.flags);
  block.view.set([overflowCode[kind], vMin, vMax, stateBits, levels.count, levels.ptr], integerWord.overflow);
  return { ptr: block.ptr, n };
}

/** Whether U·mul and the rounding offset stay in 32 bits for every state up to `largest`. */
function isNarrow(leak: KernelLeak, largest: number): boolean {
  if (leak.form !== "mul") return true;
  let factor = 0;
  for (const mul of typeof leak.mul === "number" ? [leak.mul] : leak.mul)
    factor = Math.max(factor, Math.abs(mul));
  return factor * largest + 2 ** leak.shift < 2 ** 31;
}

function shiftOf(leak: KernelLeak | undefined): number {
  return leak !== undefined && "shift" in leak ? leak.shift : 0;
}

function leakWords(leak: KernelLeak = { form: "none" }): [number, number, number] {
  return [leakForm[leak.form], shiftOf(leak), leak.form === "mul" ? leakRound[leak.round] : 0];
}

/** Lowest level, then for each further level the largest value below it (the tie stays below) and the rise to it. */
function writeLevels(
  arena: { i32(n: number): Block<Int32Array> },
  levels: readonly number[] | undefined,
): { ptr: number; count: number } {
  if (levels === undefined) return { ptr: 0, count: 0 };
  const sorted = [...levels].sort((a, b) => a - b);
  if (sorted.length === 0 || sorted.length > 256)
    throw new KernelError("E_KERNEL_SHAPE", {
      what: "The number of state levels",
      found: `${sorted.length}`,
      expected: "1 to 256",
    });
  const block = arena.i32(2 * sorted.length - 1);
  const words = block.view;
  words[0] = sorted[0] as number;
  for (let k = 1; k < sorted.length; k++) {
    const [lower, upper] = [sorted[k - 1] as number, sorted[k] as number];
    words[2 * k - 1] = Math.floor((lower + upper) / 2);
    words[2 * k] = upper - lower;
  }
  return { ptr: block.ptr, count: sorted.length };
}

function writeIntegers(
  arena: { i32(n: number): Block<Int32Array> },
  what: string,
  values: number | readonly number[] | Int32Array,
  n: number,
): { ptr: number; step: 0 | 4 } {
  const list = typeof values === "number" ? [values] : values;
  if (list.length !== 1 && list.length !== n)
    throw new KernelError("E_KERNEL_SHAPE", { what, found: `${list.length} values`, expected: `1 or ${n}` });
  if (!list.every((value) => Number.isInteger(value) && value >= least && value <= most))
    throw new KernelError("E_KERNEL_SHAPE", {
      what,
      found: "a number outside int32",
      expected: "int32 integers",
    });
  if (list.length === 1 && n !== 1) {
    const shared = arena.i32(16);
    shared.view.fill(list[0] as number);
    return { ptr: shared.ptr, step: 0 };
  }
  const each = arena.i32(n);
  each.view.set(list);
  return { ptr: each.ptr, step: 4 };
}
