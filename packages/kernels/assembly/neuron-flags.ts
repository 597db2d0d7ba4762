// Flags of a neuron, as in src/float-neuron.ts.
export const GE: i32 = 1;
export const SPIKING: i32 = 8;
export const SYNAPSE: i32 = 16;
export const OLD: i32 = 32;
export const RESET_DELAY: i32 = 64;
export const SPIKE_DELAY: i32 = 128;
export const NARROW: i32 = 256;
export const RESET_VALUE: i32 = 1;
export const RESET_SUBTRACT: i32 = 2;

@inline
export function resetOf(flags: i32): i32 {
  return (flags >> 1) & 3;
}

/** Address of a parameter for the neurons from `k`, and the bytes from one vector of neurons to the next. */
@inline
export function slotAt(neuron: usize, slot: i32, k: i32): usize {
  return <usize>load<u32>(neuron + <usize>8 * <usize>slot) + <usize>k * <usize>load<u32>(neuron + <usize>8 * <usize>slot + 4);
}

/** True where every neuron has the same parameters. */
export function sharedParameters(neuron: usize): bool {
  let steps: u32 = 0;
  for (let slot: usize = 0; slot < 8; slot++) steps |= load<u32>(neuron + 8 * slot + 4);
  return steps === 0;
}
