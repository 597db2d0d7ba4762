/**
 * One time step of a population with float state, integer weights and exact integer input sums.
 *
 *     lif            v <- alpha·v + i_offset + x
 *     lif_curr_exp   Ie <- de·Ie + x+,  Ii <- di·Ii + x-,  v <- alpha·v + (Ie − Ii) + i_offset
 *     then           spike if v >= threshold;  v <- v − threshold (subtract) or v_reset (value)
 *
 * `separate` rounds every product and every sum to float32; `fused` contracts alpha·v + I and d·I + x to one fused
 * multiply-add, rounded once; `float64` keeps float64 state with the same float32 parameters.
 *
 * Source: spinnaker2.md 2.1, reproduced against chip recordings.
 */
import type { Float32Neuron, Float32Parameter } from "./network.ts";

/** State or parameters: float32, or float64 in the mode of that name. */
type Floats = Float32Array | Float64Array;

/** The running state of one population; arrays have one entry per neuron. */
export interface Float32State {
  readonly size: number;
  readonly neuron: Float32Neuron;
  /** Membrane after the reset. */
  readonly v: Floats;
  /** Membrane before the spike test. */
  readonly vpre: Floats;
  /** Exciting and inhibiting current of `lif_curr_exp`; empty for `lif`. */
  readonly exciting: Floats;
  readonly inhibiting: Floats;
  readonly alpha: Floats;
  readonly threshold: Floats;
  readonly offset: Floats;
  readonly vInit: Floats;
  readonly vReset: Floats;
  readonly excDecay: Floats;
  readonly inhDecay: Floats;
  /** Neurons that fired in the last step, ascending: the first `count` entries. */
  readonly fired: Uint32Array;
  count: number;
}

const defaults: Readonly<Record<Float32Parameter, number>> = {
  threshold: 1,
  alpha_decay: 1,
  i_offset: 0,
  v_init: 0,
  v_reset: 0,
  exc_decay: 0,
  inh_decay: 0,
};

/**
 * Allocates a population at its start values; parameters are rounded to float32 in every mode, as the chip stores them.
 *
 * @param size neurons
 */
export function createFloat32State(neuron: Float32Neuron, size: number): Float32State {
  const zeros = (n: number): Floats => (neuron.fp === "float64" ? new Float64Array(n) : new Float32Array(n));
  const spread = (name: Float32Parameter, n: number): Floats => {
    const values = neuron.params.get(name);
    const out = zeros(n);
    for (let i = 0; i < n; i++) out[i] = Math.fround(values?.[values.length === 1 ? 0 : i] ?? defaults[name]);
    return out;
  };
  const currents = neuron.model === "lif_curr_exp" ? size : 0;
  const state = {
    size,
    neuron,
    v: zeros(size),
    vpre: zeros(size),
    exciting: zeros(currents),
    inhibiting: zeros(currents),
    alpha: spread("alpha_decay", size),
    threshold: spread("threshold", size),
    offset: spread("i_offset", size),
    vInit: spread("v_init", size),
    vReset: spread("v_reset", size),
    excDecay: spread("exc_decay", currents),
    inhDecay: spread("inh_decay", currents),
    fired: new Uint32Array(size),
    count: 0,
  };
  resetFloat32State(state);
  return state;
}

/** Back to the start of a sample: v = v_init, currents 0. */
export function resetFloat32State(state: Float32State): void {
  state.v.set(state.vInit);
  state.vpre.fill(0);
  state.exciting.fill(0);
  state.inhibiting.fill(0);
  state.count = 0;
}

/** Entries that the input sums of one step need: x for `lif`, x+ and then x- for `lif_curr_exp`. */
export function float32SumLength(neuron: Float32Neuron, size: number): number {
  return neuron.model === "lif_curr_exp" ? 2 * size : size;
}

/**
 * Advances a population by one step and clears its input sums.
 *
 * @param sums exact integer sums; of this step `sums[at … at + float32SumLength − 1]`
 */
export function stepFloat32(state: Float32State, sums: Int32Array, at: number): void {
  const { neuron, size } = state;
  if (neuron.model === "lif") stepMembranes(state, sums, at);
  else stepCurrents(state, sums, at);
  sums.fill(0, at, at + float32SumLength(neuron, size));
  fire(state);
}

function stepMembranes(
  { neuron, size, v, vpre, alpha, offset }: Float32State,
  x: Int32Array,
  at: number,
): void {
  switch (neuron.fp) {
    case "separate":
      for (let i = 0; i < size; i++) {
        const input = Math.fround(Math.fround(x[at + i] as number) + (offset[i] as number));
        vpre[i] = Math.fround(Math.fround((alpha[i] as number) * (v[i] as number)) + input);
      }
      return;
    case "fused":
      for (let i = 0; i < size; i++) {
        const input = Math.fround(Math.fround(x[at + i] as number) + (offset[i] as number));
        vpre[i] = fusedMultiplyAdd(alpha[i] as number, v[i] as number, input);
      }
      return;
    case "float64":
      for (let i = 0; i < size; i++)
        vpre[i] = (alpha[i] as number) * (v[i] as number) + ((x[at + i] as number) + (offset[i] as number));
      return;
    default:
      neuron.fp satisfies never;
  }
}

function stepCurrents(state: Float32State, x: Int32Array, at: number): void {
  const { neuron, size, v, vpre, exciting, inhibiting, alpha, offset } = state;
  decayCurrents(neuron.fp, exciting, state.excDecay, x, at);
  decayCurrents(neuron.fp, inhibiting, state.inhDecay, x, at + size);
  switch (neuron.fp) {
    case "separate":
      for (let i = 0; i < size; i++) {
        const difference = Math.fround((exciting[i] as number) - (inhibiting[i] as number));
        const input = Math.fround(difference + (offset[i] as number));
        vpre[i] = Math.fround(Math.fround((alpha[i] as number) * (v[i] as number)) + input);
      }
      return;
    case "fused":
      for (let i = 0; i < size; i++) {
        const difference = Math.fround((exciting[i] as number) - (inhibiting[i] as number));
        const input = Math.fround(difference + (offset[i] as number));
        vpre[i] = fusedMultiplyAdd(alpha[i] as number, v[i] as number, input);
      }
      return;
    case "float64":
      for (let i = 0; i < size; i++)
        vpre[i] =
          (alpha[i] as number) * (v[i] as number) +
          ((exciting[i] as number) - (inhibiting[i] as number) + (offset[i] as number));
      return;
    default:
      neuron.fp satisfies never;
  }
}

function decayCurrents(
  fp: Float32Neuron["fp"],
  current: Floats,
  decay: Floats,
  x: Int32Array,
  at: number,
): void {
  switch (fp) {
    case "separate":
      for (let i = 0; i < current.length; i++) {
        const decayed = Math.fround((decay[i] as number) * (current[i] as number));
        current[i] = Math.fround(decayed + Math.fround(x[at + i] as number));
      }
      return;
    case "fused":
      for (let i = 0; i < current.length; i++)
        current[i] = fusedMultiplyAdd(
          decay[i] as number,
          current[i] as number,
          Math.fround(x[at + i] as number),
        );
      return;
    case "float64":
      for (let i = 0; i < current.length; i++)
        current[i] = (decay[i] as number) * (current[i] as number) + (x[at + i] as number);
      return;
    default:
      fp satisfies never;
  }
}

/** Spike test and reset. A readout (`spiking: false`) never fires. */
function fire(state: Float32State): void {
  const { neuron, size, v, vpre, threshold, vReset, fired } = state;
  let count = 0;
  v.set(vpre);
  if (!neuron.spiking) {
    state.count = 0;
    return;
  }
  const subtracts = neuron.reset === "subtract";
  for (let i = 0; i < size; i++) {
    const before = vpre[i] as number;
    const limit = threshold[i] as number;
    if (!(before >= limit)) continue;
    fired[count++] = i;
    // The store into a Float32Array rounds the difference to float32.
    v[i] = subtracts ? before - limit : (vReset[i] as number);
  }
  state.count = count;
}

const pattern = new DataView(new ArrayBuffer(8));

/**
 * a·b + c of three float32 values, rounded once to float32, as `vfma.f32` does.
 *
 * The product of two 24-bit significands is exact in float64. The float64 sum is rounded to odd (the neighbour with an
 * odd last bit where it is inexact), after which rounding to float32 is correct, as 53 >= 2·24 + 2.
 *
 * @example fusedMultiplyAdd(1 + 2 ** -23, 1 + 2 ** -23, -1 - 2 ** -22) // 2^-46; rounded apart it is 0
 * @see Boldo, Melquiond: Emulation of FMA and correctly rounded sums, IEEE Trans. Comput. 57 (2008), section 4
 */
export function fusedMultiplyAdd(a: number, b: number, c: number): number {
  const product = a * b;
  const sum = product + c;
  const shared = sum - product;
  const lost = product - (sum - shared) + (c - shared);
  if (lost === 0 || !Number.isFinite(sum)) return Math.fround(sum);
  pattern.setFloat64(0, sum);
  const bits = pattern.getBigInt64(0);
  if ((bits & 1n) === 1n) return Math.fround(sum);
  // An even neighbour was taken: the exact value lies on the side of `lost`.
  const isOutward = lost > 0 === sum > 0;
  pattern.setBigInt64(0, isOutward ? bits + 1n : bits - 1n);
  return Math.fround(pattern.getFloat64(0));
}
