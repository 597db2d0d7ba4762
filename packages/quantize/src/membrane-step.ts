/**
 * One step of one integer neuron: the semantics of `nirkit:neuron`, in one place and with nothing hidden.
 *
 *     J' = store(leak_s(J) + (sum << F) + B)                  cuba alone
 *     x  = leak_m(U) + (sum << F) + B                         cuba: leak_m(U) + J' (order new) or + J (order old)
 *     s  = x > Theta (gt) or x >= Theta (ge)
 *     y  = s ? (value: V_r, subtract: x − sub, none: x) : x
 *     U' = store(y)
 *
 * `store` clamps to vMin … vMax and then takes the nearest of `stateLevels` where there are any, the lower one on a tie;
 * with overflow wrap it keeps the low stateBits bits, sign extended. The comparison sees x before any of it.
 */
import { leakMul, leakShift, saturate, wrap } from "@nirkit/integer";
import type { IntegerLeak, NeuronArithmetic } from "./integer-neuron.ts";

/** Stored state of one neuron, finest LSB. */
export interface MembraneState {
  /** U. */
  readonly u: number;
  /** J, the synaptic current of a cuba neuron; 0 for the others. */
  readonly j: number;
  /** The spike of the last step, before any spike delay. */
  readonly fired: boolean;
}

/** A neuron before its first step. */
export const restingMembrane: MembraneState = { u: 0, j: 0, fired: false };

/** The integers of one neuron, finest LSB. */
export interface MembraneNeuron {
  readonly arithmetic: NeuronArithmetic;
  readonly kind: "lif" | "cuba";
  /** False for I, LI and CubaLI, which have no threshold. */
  readonly spiking: boolean;
  readonly theta: number;
  readonly sub: number;
  readonly vReset: number;
  /** Position in its population, which selects a factor of its own in a leak. */
  readonly index?: number;
}

/** What a step did. */
export interface MembraneResult extends MembraneState {
  /** The potential that was compared, without any clamp. */
  readonly x: number;
  /** What leaves the neuron in this step. */
  readonly spike: boolean;
  /** True where the clamp or the wrap changed a stored state; rounding to the grid does not count. */
  readonly saturated: boolean;
}

/**
 * Advances one neuron by one step.
 *
 * @param sum weighted input of the step in weight LSB, an integer below 2^53 / 2^F
 * @param bias in the finest LSB
 * @example LIF with leak (U·7) >> 3, Theta 7, reset value: U 6, sum −3 gives x = 2
 */
export function membraneStep(
  neuron: MembraneNeuron,
  state: MembraneState,
  sum: number,
  bias = 0,
): MembraneResult {
  const { arithmetic, index = 0 } = neuron;
  const { reset, resetDelay } = arithmetic;
  const drive = sum * 2 ** arithmetic.fracBits + bias;
  const started = resetDelay === 1 && reset === "value" && state.fired ? neuron.vReset : state.u;
  let x = applyIntegerLeak(arithmetic.leak, started, index);
  let j = { stored: 0, saturated: false };
  if (neuron.kind === "cuba") {
    j = store(applyIntegerLeak(arithmetic.synLeak, state.j, index) + drive, arithmetic);
    x += arithmetic.cubaOrder === "new" ? j.stored : state.j;
  } else x += drive;
  // The subtraction of the last step's spike; it is not decayed.
  if (resetDelay === 1 && reset === "subtract" && state.fired) x -= neuron.sub;
  const fired = neuron.spiking && (arithmetic.compare === "gt" ? x > neuron.theta : x >= neuron.theta);
  let y = x;
  if (fired && resetDelay === 0)
    y = reset === "value" ? neuron.vReset : reset === "subtract" ? x - neuron.sub : x;
  const u = store(y, arithmetic);
  return {
    u: u.stored,
    j: j.stored,
    fired,
    x,
    spike: arithmetic.spikeDelay === 1 ? state.fired : fired,
    saturated: u.saturated || j.saturated,
  };
}

/** One leak of one state; `index` selects the factor of a neuron. Both in the finest LSB. */
export function applyIntegerLeak(leak: IntegerLeak, u: number, index = 0): number {
  if (leak.form === "none") return u;
  if (leak.form === "shift") return leakShift(u, leak.shift);
  const mul = typeof leak.mul === "number" ? leak.mul : (leak.mul[index] ?? 0);
  return leakMul(u, mul, leak.shift, leak.round);
}

/**
 * The nearest level; a tie goes to the lower one.
 *
 * @param levels ascending, at least one
 * @example nearestLevel([-1, 0, 1], 0.5) // 0; 0.6 gives 1, -7 gives -1
 */
export function nearestLevel(levels: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = levels.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    // The midpoint belongs to the lower level.
    if (value <= ((levels[middle] ?? 0) + (levels[middle + 1] ?? 0)) / 2) high = middle;
    else low = middle + 1;
  }
  return levels[low] ?? 0;
}

function store(
  y: number,
  { overflow, stateBits, vMin, vMax, stateLevels }: NeuronArithmetic,
): { readonly stored: number; readonly saturated: boolean } {
  const kept = overflow === "wrap" ? wrap(y, stateBits) : saturate(y, vMin, vMax);
  const onGrid = stateLevels !== undefined && overflow !== "wrap";
  return { stored: onGrid ? nearestLevel(stateLevels, kept) : kept, saturated: kept !== y };
}
