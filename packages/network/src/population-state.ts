/** The running state of one population: typed arrays that live from step to step. */
import { sizeOf } from "@nirkit/graph";
import { saturate, wrap } from "@nirkit/integer";
import type { PopulationBounds } from "./bounds.ts";
import type { Accumulator } from "./fan-out.ts";
import type { IntegerNeuron, Population } from "./network.ts";

/** Arrays of one entry per neuron. All hold integers; parameters are spread out so that loops need no test. */
export interface PopulationState {
  readonly size: number;
  readonly neuron: IntegerNeuron;
  /** Synaptic sums of the step, without fractional bits. */
  readonly acc: Accumulator;
  /** U, as stored. */
  readonly u: Accumulator;
  /** x of the last step, before the spike test and without any clamp. */
  readonly x: Accumulator;
  /** J of a cuba population; empty for the others. */
  readonly j: Accumulator;
  /** Output of the last step: 0 or 1 for spikes, the state otherwise. */
  readonly out: Accumulator;
  /** Spikes of the last step before any spike delay. */
  readonly fired: Uint8Array;
  /** Past sums of a delay population, one row of neurons per step, newest at `cursor`. */
  readonly past: Accumulator;
  readonly pastRows: number;
  cursor: number;
  readonly bias: Int32Array;
  /** 2^F. */
  readonly unit: number;
  /** TH: fires when x >= TH. Wider than int32, as Theta + 1 may be 2^31. */
  readonly threshold: Float64Array;
  readonly sub: Float64Array;
  readonly vReset: Float64Array;
  /** Largest |U| that can be stored. */
  readonly range: number;
  /** Clamp, wrap or grid of the stored state. */
  readonly store: (value: number) => number;
  /** Stored states that the clamp or wrap changed since the last reset. */
  saturations: number;
}

const int32Limit = 2 ** 31 - 1;

/** Allocates a population: int32 where the static bounds prove that it holds everything, else float64 below 2^53. */
export function createPopulationState(
  population: Population,
  neuron: IntegerNeuron,
  bounds: PopulationBounds,
): PopulationState {
  const size = sizeOf(population.shape);
  const { range, widest } = bounds;
  const integers = (length: number): Accumulator =>
    widest > int32Limit ? new Float64Array(length) : new Int32Array(length);
  const pastRows = neuron.kind === "delay" ? 1 + longest(neuron.delaySteps ?? new Int32Array(0)) : 0;
  return {
    size,
    neuron,
    acc: integers(size),
    u: integers(size),
    x: integers(size),
    j: integers(neuron.kind === "cuba" ? size : 0),
    out: integers(size),
    fired: new Uint8Array(size),
    past: integers(size * pastRows),
    pastRows,
    cursor: 0,
    bias: population.bias,
    unit: 2 ** neuron.fracBits,
    threshold: spread(neuron.theta, size).map((theta) => (neuron.compare === "gt" ? theta + 1 : theta)),
    sub: spread(neuron.sub, size),
    vReset: spread(neuron.vReset, size),
    range,
    store: stateStore(neuron),
    saturations: 0,
  };
}

/** Back to zero state: the start of a sample. */
export function resetPopulationState(state: PopulationState): void {
  for (const array of [state.acc, state.u, state.x, state.j, state.out, state.fired, state.past])
    array.fill(0);
  state.cursor = 0;
  state.saturations = 0;
}

function spread(values: Int32Array, size: number): Float64Array {
  return values.length === size ? Float64Array.from(values) : new Float64Array(size).fill(values[0] ?? 0);
}

function longest(delays: Int32Array): number {
  return delays.reduce((most, steps) => Math.max(most, steps), 0);
}

function stateStore(neuron: IntegerNeuron): (value: number) => number {
  const { vMin, vMax, stateBits } = neuron;
  const clamp = (value: number): number => saturate(value, vMin, vMax);
  if (neuron.overflow === "wrap") return (value) => wrap(value, stateBits);
  if (neuron.stateLevels === undefined) return clamp;
  const levels = [...neuron.stateLevels].sort((a, b) => a - b);
  return (value) => nearestLevel(levels, clamp(value));
}

/** The nearest of the sorted levels, found by halving; a tie goes to the lower one. */
function nearestLevel(levels: readonly number[], value: number): number {
  let [low, high] = [0, levels.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((levels[middle] as number) <= value) low = middle;
    else high = middle;
  }
  const [below, above] = [levels[low] as number, levels[high] as number];
  return above - value < value - below ? above : below;
}
