/** Parameters of float32 neurons in the kernels' memory. */
import type { Block } from "./arena.ts";
import { KernelError } from "./kernel-error.ts";

/** One value for all neurons, one per neuron, or per-neuron float32 values that already lie at `ptr`. */
export type NeuronParameter = number | Float32Array | Float64Array | { readonly ptr: number };

/**
 * Equation of a float32 neuron, every operation rounded once, in this order:
 *
 *     i  <- synapse.decay·i + synapse.gain·x                     with a synapse; then d = i (new), or the i before (old)
 *     v* <- (((v − target)·decay + target) + gain·d) + offset    d = x without a synapse
 *     z   = v* > threshold (gt) or v* >= threshold (ge)
 *     v  <- z ? vReset (value), v* − threshold (subtract), v* (none) : v*
 *
 * With `resetDelay` 1 the reset of a spike happens in the step after: `value` sets v before the leak, `subtract` takes
 * the threshold off v* before the test (the subtraction is not decayed), and v holds v*.
 */
export interface FloatNeuronOptions {
  /** Number of neurons n that per-neuron arrays must have. */
  readonly n: number;
  /** beta; 1 for an integrator. Default 1. */
  readonly decay?: NeuronParameter;
  /** Factor of the drive. Default 1. */
  readonly gain?: NeuronParameter;
  /** What v decays to. Default 0. */
  readonly target?: NeuronParameter;
  /** Added in every step. Default 0. */
  readonly offset?: NeuronParameter;
  /** Default 1. */
  readonly threshold?: NeuronParameter;
  /** Default 0. */
  readonly vReset?: NeuronParameter;
  readonly synapse?: {
    readonly decay: NeuronParameter;
    readonly gain: NeuronParameter;
    readonly order?: "new" | "old";
  };
  /** False for LI, I, CubaLI: no spike, no reset. Default true. */
  readonly spiking?: boolean;
  readonly compare?: "gt" | "ge";
  readonly reset?: "value" | "subtract" | "none";
  readonly resetDelay?: 0 | 1;
}

/** Slots of the parameters, in the order in which they lie in memory: an address and a step of bytes per neuron. */
export const floatSlots = [
  "decay",
  "gain",
  "target",
  "offset",
  "threshold",
  "vReset",
  "synDecay",
  "synGain",
] as const;

/** Name of a parameter slot. */
export type FloatSlot = (typeof floatSlots)[number];

/** Word of the flags behind the slots. */
export const floatFlagsWord = 16;

/** Bits of the flags; the reset is a number of two bits from `resetShift`. `narrow`: leak products fit 32 bits. */
export const neuronFlag = {
  ge: 1,
  resetShift: 1,
  spiking: 8,
  synapse: 16,
  old: 32,
  resetDelay: 64,
  spikeDelay: 128,
  narrow: 256,
} as const;

/** Number of each reset in the flags. */
export const resetCode = { none: 0, value: 1, subtract: 2 } as const;

/** Neurons written into the kernels' memory. */
export interface FloatNeuron {
  /** What the neuron kernels take. */
  readonly ptr: number;
  readonly n: number;
  /**
   * Address of each parameter. A shared value lies there sixteen times over (write all sixteen to change it); step 0
   * says so, step 4 is one value per neuron.
   */
  readonly slots: Readonly<Record<FloatSlot, { readonly ptr: number; readonly step: 0 | 4 }>>;
}

/** What the parameters are written with. */
export interface FloatArena {
  /** A block of n float32 numbers. */
  f32(n: number): Block<Float32Array>;
  /** A block of n int32 integers. */
  i32(n: number): Block<Int32Array>;
}

/**
 * Writes the parameters of n neurons, rounded once to float32.
 *
 * @throws E_KERNEL_SHAPE where an array has another length than n
 */
export function floatNeuron(arena: FloatArena, options: FloatNeuronOptions): FloatNeuron {
  const { n, synapse, compare = "gt", reset = "value", resetDelay = 0, spiking = true } = options;
  const given: Record<FloatSlot, NeuronParameter> = {
    decay: options.decay ?? 1,
    gain: options.gain ?? 1,
    target: options.target ?? 0,
    offset: options.offset ?? 0,
    threshold: options.threshold ?? 1,
    vReset: options.vReset ?? 0,
    synDecay: synapse?.decay ?? 0,
    synGain: synapse?.gain ?? 1,
  };
  const slot = (name: FloatSlot): { ptr: number; step: 0 | 4 } => writeParameter(arena, name, given[name], n);
  const slots: FloatNeuron["slots"] = {
    decay: slot("decay"),
    gain: slot("gain"),
    target: slot("target"),
    offset: slot("offset"),
    threshold: slot("threshold"),
    vReset: slot("vReset"),
    synDecay: slot("synDecay"),
    synGain: slot("synGain"),
  };
  const block = arena.i32(floatFlagsWord + 1);
  const words = block.view;
  floatSlots.forEach((name, at) => {
    words[2 * at] = slots[name].ptr;
    words[2 * at + 1] = slots[name].step;
  });
  words[floatFlagsWord] =
    (compare === "ge" ? neuronFlag.ge : 0) |
    (resetCode[reset] << neuronFlag.resetShift) |
    (spiking ? neuronFlag.spiking : 0) |
    (synapse === undefined ? 0 : neuronFlag.synapse) |
    (synapse?.order === "old" ? neuronFlag.old : 0) |
    (resetDelay === 1 ? neuronFlag.resetDelay : 0);
  return { ptr: block.ptr, n, slots };
}

function writeParameter(
  arena: FloatArena,
  what: string,
  value: NeuronParameter,
  n: number,
): { ptr: number; step: 0 | 4 } {
  if (typeof value === "number") {
    const shared = arena.f32(16);
    shared.view.fill(value);
    return { ptr: shared.ptr, step: 0 };
  }
  if (!ArrayBuffer.isView(value)) return { ptr: value.ptr, step: 4 };
  if (value.length !== n)
    throw new KernelError("E_KERNEL_SHAPE", { what, found: `${value.length} values`, expected: `${n}` });
  const each = arena.f32(n);
  each.view.set(value);
  return { ptr: each.ptr, step: 4 };
}
