/** Where the gradients of a neuron's parameters are added up. */
import type { Block } from "../arena.ts";
import { type FloatNeuron, type FloatSlot, floatSlots } from "../float-neuron.ts";

/** Gradients in memory: what `neuronBackward` takes, and the sums. */
export interface NeuronGradients {
  readonly ptr: number;
  /** Per wanted parameter: n sums, or for a shared parameter sixteen partial sums. */
  readonly sums: ReadonlyMap<FloatSlot, Block<Float32Array>>;
  /** The gradient of a parameter: n values, or the one sum of the sixteen (in float64). */
  gradient(slot: FloatSlot): Float32Array | number;
  /** Back to zero. */
  clear(): void;
}

/** Neurons that the kernel takes back through time together: λ and two sums of each lie in scratch. */
const blockNeurons = 512;

/** Allocates the sums of the wanted parameters; the others cost nothing. */
export function neuronGradients(
  arena: { f32(n: number): Block<Float32Array>; i32(n: number): Block<Int32Array> },
  neuron: FloatNeuron,
  wanted: readonly FloatSlot[],
): NeuronGradients {
  const sums = new Map(
    wanted.map((slot) => [slot, arena.f32(neuron.slots[slot].step === 0 ? 16 : neuron.n)]),
  );
  const block = arena.i32(floatSlots.length + 1);
  const scratch = arena.f32(3 * blockNeurons);
  block.view[floatSlots.length] = scratch.ptr;
  floatSlots.forEach((slot, at) => {
    block.view[at] = sums.get(slot)?.ptr ?? 0;
  });
  return {
    ptr: block.ptr,
    sums,
    gradient: (slot) => {
      const view = sums.get(slot)?.view ?? new Float32Array(0);
      return neuron.slots[slot].step === 0 ? view.reduce((total, part) => total + part, 0) : view;
    },
    clear: () => {
      for (const block of sums.values()) block.view.fill(0);
    },
  };
}
