/** Float32 neurons over many steps, one neuron after the other. */
import { floatFlagsWord, floatSlots, neuronFlag, resetCode } from "../float-neuron.ts";
import type { Heap, HeapViews } from "../heap.ts";
import type { NeuronKernels } from "../inference-kernels.ts";

const { fround } = Math;

/** The parameters of one neuron. */
export interface NeuronConstants {
  decay: number;
  gain: number;
  target: number;
  offset: number;
  threshold: number;
  vReset: number;
  synDecay: number;
  synGain: number;
}

/** Reads the parameters of neuron `k` from the struct at `neuron`. */
export function readNeuron({ i32, f32 }: HeapViews, neuron: number, k: number): NeuronConstants {
  const at = neuron >>> 2;
  const value = (slot: number): number =>
    f32[((i32[at + 2 * slot] as number) >>> 2) + (i32[at + 2 * slot + 1] ? k : k & 15)] as number;
  const [decay, gain, target, offset, threshold, vReset, synDecay, synGain] = floatSlots.map((_, s) =>
    value(s),
  ) as [number, number, number, number, number, number, number, number];
  return { decay, gain, target, offset, threshold, vReset, synDecay, synGain };
}

/** The flags of a neuron struct, taken apart. */
export interface NeuronFlags {
  readonly ge: boolean;
  readonly reset: number;
  readonly spiking: boolean;
  readonly synapse: boolean;
  readonly old: boolean;
  readonly resetDelay: boolean;
  readonly spikeDelay: boolean;
}

/** Takes a word of flags apart. */
export function readFlags(word: number): NeuronFlags {
  return {
    ge: (word & neuronFlag.ge) !== 0,
    reset: (word >> neuronFlag.resetShift) & 3,
    spiking: (word & neuronFlag.spiking) !== 0,
    synapse: (word & neuronFlag.synapse) !== 0,
    old: (word & neuronFlag.old) !== 0,
    resetDelay: (word & neuronFlag.resetDelay) !== 0,
    spikeDelay: (word & neuronFlag.spikeDelay) !== 0,
  };
}

/** The float32 neurons on `heap`. */
export function plainFloatNeuron(heap: Heap): Pick<NeuronKernels, "neuronForward"> {
  return {
    neuronForward: (neuron, steps, batch, n, x, v, i, mask, maskStride, spikes, vpre, vOut, iOut) => {
      const views = heap.views();
      const { f32, u8 } = views;
      const flags = readFlags(views.i32[(neuron >>> 2) + floatFlagsWord] as number);
      if (mask) u8.fill(0, mask, mask + steps * batch * maskStride);
      for (let b = 0; b < batch; b++)
        for (let k = 0; k < n; k++) {
          const p = readNeuron(views, neuron, k);
          const at = b * n + k;
          const state: NeuronState = {
            v: f32[(v >>> 2) + at] as number,
            i: flags.synapse ? (f32[(i >>> 2) + at] as number) : 0,
            vpre: 0,
          };
          for (let t = 0; t < steps; t++) {
            const here = t * batch * n + at;
            const fired = stepNeuron(p, flags, state, f32[(x >>> 2) + here] as number);
            if (fired && mask) {
              const byte = mask + (t * batch + b) * maskStride + (k >> 3);
              u8[byte] = (u8[byte] as number) | (1 << (k & 7));
            }
            if (spikes) f32[(spikes >>> 2) + here] = Number(fired);
            if (vpre) f32[(vpre >>> 2) + here] = state.vpre;
            if (vOut) f32[(vOut >>> 2) + here] = state.v;
            if (iOut) f32[(iOut >>> 2) + here] = state.i;
          }
          f32[(v >>> 2) + at] = state.v;
          if (flags.synapse) f32[(i >>> 2) + at] = state.i;
        }
    },
  };
}

interface NeuronState {
  v: number;
  i: number;
  vpre: number;
}

/** One step of one neuron; says whether it fired. */
function stepNeuron(p: NeuronConstants, flags: NeuronFlags, state: NeuronState, x: number): boolean {
  let drive = x;
  if (flags.synapse) {
    const before = state.i;
    state.i = fround(fround(before * p.synDecay) + fround(x * p.synGain));
    drive = flags.old ? before : state.i;
  }
  let v = state.v;
  const late = flags.resetDelay && fires(p, flags, v);
  if (late && flags.reset === resetCode.value) v = p.vReset;
  v = fround(fround(fround(v - p.target) * p.decay) + p.target);
  v = fround(fround(v + fround(drive * p.gain)) + p.offset);
  if (late && flags.reset === resetCode.subtract) v = fround(v - p.threshold);
  const fired = fires(p, flags, v);
  state.vpre = v;
  if (fired && !flags.resetDelay) {
    if (flags.reset === resetCode.value) v = p.vReset;
    else if (flags.reset === resetCode.subtract) v = fround(v - p.threshold);
  }
  state.v = v;
  return fired;
}

function fires(p: NeuronConstants, flags: NeuronFlags, v: number): boolean {
  return flags.spiking && (flags.ge ? v >= p.threshold : v > p.threshold);
}
