/** Static bounds: the widest integers that each population can see, from the integers that are really there. */
import { sizeOf } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import { applyLeak } from "./leak.ts";
import type { IntegerNeuron, Network, Population, Port } from "./network.ts";
import { magnitudeSums } from "./row-sums.ts";

/** Largest magnitudes of one population; widths are of two's complement, 1 + ceil(log2(bound + 1)). */
export interface PopulationBounds {
  /** |ACC|: largest sum over one neuron's synapses of |w| · |value| · events · 2^shift, before the fractional bits. */
  readonly acc: number;
  /** AB, the width of the synaptic accumulator. */
  readonly accBits: number;
  /** |x| before the spike test: leak + (ACC << F) + B, and the amount of a delayed subtract reset. */
  readonly x: number;
  /** XB, the width of x. */
  readonly xBits: number;
  /** |J| of a `cuba` population before its clamp; 0 for the others. */
  readonly syn: number;
  readonly synBits: number;
  /**
   * |U| that the stored state can reach without any clamp: ceil(X / (1 − beta)) for a leak beta < 1, Infinity where
   * nothing bounds it (IF). The state cannot overflow when this lies inside its range.
   */
  readonly reach: number;
  /** VB, the width of the stored state. */
  readonly stateBits: number;
  /** Largest |U| that the state can store. */
  readonly range: number;
  /** Largest number of all that a step computes: int32 where it is below 2^31. */
  readonly widest: number;
  /** Largest |output| per neuron and step; 1 for spikes. */
  readonly out: number;
}

/**
 * Bounds of every population, by name.
 *
 * Computed from the integers after pruning: AB = 1 + ceil(log2(max_i sum_j |w_ij| · valMax_j · nMax_j + 1)).
 *
 * @example weights [[64, -32, 4], [-32, 8, -2]], spikes: max(100, 42) = 100, so AB = 8
 */
export function accumulatorBounds(network: Network): ReadonlyMap<string, PopulationBounds> {
  const known = computed.get(network);
  if (known !== undefined) return known;
  const bounds = computeBounds(network);
  computed.set(network, bounds);
  return bounds;
}

/** A network is immutable, and every weight of it is read once for its bounds. */
const computed = new WeakMap<Network, ReadonlyMap<string, PopulationBounds>>();

function computeBounds(network: Network): ReadonlyMap<string, PopulationBounds> {
  const bounds = new Map<string, PopulationBounds>();
  const values = new Map<string, number>();
  const sizes = new Map<string, number>();
  for (const port of network.inputs) {
    values.set(port.name, portValue(port) * port.maxEvents);
    sizes.set(port.name, sizeOf(port.shape));
  }
  for (const population of network.populations) {
    sizes.set(population.name, sizeOf(population.shape));
    // A feedback edge reads a population whose own bound is not known yet; its output has one all the same.
    values.set(population.name, outputBound(population, Number.POSITIVE_INFINITY));
  }
  for (const population of network.populations) {
    const acc = largestSum(network, population, values, sizes);
    const entry = populationBounds(population, acc);
    values.set(population.name, entry.out);
    bounds.set(population.name, entry);
  }
  return bounds;
}

/** Largest |value| of one event of a port. */
function portValue(port: Port): number {
  if (port.bits === 1 && !port.signed) return 1;
  return port.signed ? 2 ** (port.bits - 1) : 2 ** port.bits - 1;
}

function largestSum(
  network: Network,
  population: Population,
  values: ReadonlyMap<string, number>,
  sizes: ReadonlyMap<string, number>,
): number {
  const targets = sizeOf(population.shape);
  const sums = new Float64Array(targets);
  for (const projection of network.projections) {
    if (projection.target !== population.name) continue;
    const sources = sizes.get(projection.source) ?? 0;
    const value = (values.get(projection.source) ?? 0) * 2 ** (projection.shift ?? 0);
    const own = magnitudeSums(projection, sources, targets, value);
    for (let i = 0; i < targets; i++) sums[i] = (sums[i] as number) + (own[i] as number);
  }
  return sums.reduce((a, b) => Math.max(a, b), 0);
}

function populationBounds(population: Population, acc: number): PopulationBounds {
  const neuron = population.neuron;
  if (neuron.arithmetic === "float32")
    return {
      ...widths(acc, acc, 0),
      reach: Number.POSITIVE_INFINITY,
      stateBits: 32,
      range: Number.POSITIVE_INFINITY,
      widest: Number.POSITIVE_INFINITY,
      out: 1,
    };
  const drive = acc * 2 ** neuron.fracBits + largest(population.bias);
  const state = stateRange(neuron);
  const isCuba = neuron.kind === "cuba";
  const syn = isCuba ? leakBound(neuron, neuron.synLeak, state) + drive : 0;
  const input = isCuba ? state : drive;
  const hasState = neuron.kind === "lif" || isCuba;
  const delayed = neuron.resetDelay === 1 && neuron.reset === "subtract" ? largest(neuron.sub) : 0;
  const x = hasState ? leakBound(neuron, neuron.leak, state) + input + delayed : drive;
  return {
    ...widths(acc, x, syn),
    reach: hasState ? reach(neuron, drive) : x,
    stateBits: neuron.stateBits,
    range: state,
    widest: Math.max(x, syn, acc * 2 ** neuron.fracBits, state),
    out: outputBound(population, x),
  };
}

function widths(
  acc: number,
  x: number,
  syn: number,
): Pick<PopulationBounds, "acc" | "accBits" | "x" | "xBits" | "syn" | "synBits"> {
  return { acc, accBits: width(acc), x, xBits: width(x), syn, synBits: width(syn) };
}

function width(bound: number): number {
  return Number.isFinite(bound) ? 1 + bitLength(bound) : Number.POSITIVE_INFINITY;
}

function outputBound(population: Population, x: number): number {
  const neuron = population.neuron;
  if (neuron.arithmetic === "float32" || neuron.spiking) return 1;
  return Math.min(x, stateRange(neuron));
}

/** Largest |U| that the state can hold. */
function stateRange(neuron: IntegerNeuron): number {
  if (neuron.overflow === "wrap") return 2 ** (neuron.stateBits - 1);
  return Math.max(Math.abs(neuron.vMin), Math.abs(neuron.vMax));
}

/** Every leak is monotone in |U|, so its largest magnitude stands at an end of the range. */
function leakBound(neuron: IntegerNeuron, leak: IntegerNeuron["leak"], range: number): number {
  const ends = neuron.overflow === "wrap" ? [-range, range - 1] : [neuron.vMin, neuron.vMax];
  const factors = leak.form === "mul" && typeof leak.mul !== "number" ? leak.mul : [undefined];
  let bound = 0;
  for (const mul of factors) {
    const one = leak.form === "mul" && mul !== undefined ? { ...leak, mul } : leak;
    for (const end of ends) bound = Math.max(bound, Math.abs(applyLeak(one, end, 0)));
  }
  return bound;
}

/** Fixed point of |U| = |leak(U)| + drive, for the membrane of a Cuba neuron with the reach of its current as drive. */
function reach(neuron: IntegerNeuron, drive: number): number {
  const input = neuron.kind === "cuba" ? settled(neuron.synLeak, drive) : drive;
  const free = settled(neuron.leak, input);
  if (!neuron.spiking) return free;
  // A reset may leave the range that the input alone reaches: v_reset, or a subtrahend larger than the threshold.
  const after =
    neuron.reset === "value" ? largest(neuron.vReset) : neuron.reset === "subtract" ? largest(neuron.sub) : 0;
  return Math.max(free, after);
}

/**
 * M = ceil(drive / (1 − beta)) is never left: drive <= (1 − beta)·M gives drive <= M − ceil(beta·M), as drive is an
 * integer, and every rounding of the leak gives at most ceil(beta·M).
 */
function settled(leak: IntegerNeuron["leak"], drive: number): number {
  if (drive === 0) return 0;
  if (leak.form === "none") return Number.POSITIVE_INFINITY;
  if (leak.form === "shift") return drive * 2 ** leak.shift;
  const largestMul = typeof leak.mul === "number" ? leak.mul : Math.max(...leak.mul);
  const gap = 2 ** leak.shift - largestMul;
  return gap > 0 ? Math.ceil((drive * 2 ** leak.shift) / gap) : Number.POSITIVE_INFINITY;
}

function largest(values: Int32Array): number {
  return values.reduce((bound, value) => Math.max(bound, Math.abs(value)), 0);
}
