/**
 * The leaky state that membranes and synaptic currents share:
 * s ← (target + (s − target)·decay) + gain·x, operations in that order, each rounded.
 *
 * An integrator is decay 1 and target 0. Leaving out a target of 0 changes no bit.
 */
import type { Tensor } from "@nirkit/graph";
import { constants, type FloatArray, floats, parameter } from "../float-array.ts";
import type { StepContext } from "./step.ts";

/** Constants of a leaky state, one entry per neuron. */
export interface LeakyState {
  readonly decay: FloatArray;
  readonly gain: FloatArray;
  /** What the state decays to; undefined for 0. */
  readonly target: FloatArray | undefined;
  /** Products of this step. */
  readonly drive: FloatArray;
}

/** Wire parameters of a leaky state; without `tau` it integrates `dt·gain·x` (or as `ifGain` says). */
export interface LeakyParameters {
  readonly tau?: readonly [name: string, value: Tensor];
  readonly gain: readonly [name: string, value: Tensor];
  readonly target?: readonly [name: string, value: Tensor];
  /** What multiplies `gain` where there is no tau. */
  readonly perStep?: number;
}

/**
 * decay = 1 − dt/tau (or exp(−dt/tau)) and gain·(1 − decay), in float64, each rounded once.
 *
 * @example tau 0.005, gain 5, dt 0.001: decay 0.8 and gain 1, so that an input of 1 moves the state by 1
 */
export function leakyState(parameters: LeakyParameters, context: StepContext): LeakyState {
  const { name, outputShape, precision, dialect, dt } = context;
  const read = ([param, value]: readonly [string, Tensor]): Float64Array =>
    parameter(value, outputShape, `nodes.${name}.${param}`);
  const gains = read(parameters.gain);
  const tau = parameters.tau === undefined ? undefined : read(parameters.tau);
  // Relative step 1 − decay: expm1 keeps it exact where dt is much smaller than tau.
  const move = tau?.map((t) => (dialect.leak === "euler" ? dt / t : -Math.expm1(-dt / t)));
  const decays = tau?.map((t) => (dialect.leak === "euler" ? 1 - dt / t : Math.exp(-dt / t)));
  const path = `nodes.${name}.${(parameters.tau ?? parameters.gain)[0]}`;
  const total = gains.map((gain, i) => gain * (move?.[i] ?? parameters.perStep ?? dt));
  const target = parameters.target === undefined ? undefined : read(parameters.target);
  return {
    decay: constants(precision, decays ?? gains.map(() => 1), "The decay per step", path),
    gain: constants(precision, total, `The gain ${parameters.gain[0]}*(1 - decay)`, path),
    target: target?.some((value) => value !== 0)
      ? constants(precision, target, "The leak target", `nodes.${name}.${parameters.target?.[0]}`)
      : undefined,
    drive: floats(precision, gains.length),
  };
}

/** One update of `state` with input `x`, written to `next` (which may be `state`). */
export function moveState(leaky: LeakyState, state: FloatArray, x: FloatArray, next: FloatArray): void {
  const { decay, gain, target, drive } = leaky;
  const n = next.length;
  for (let i = 0; i < n; i++) drive[i] = (gain[i] ?? 0) * (x[i] ?? 0);
  if (target === undefined) {
    for (let i = 0; i < n; i++) next[i] = (state[i] ?? 0) * (decay[i] ?? 0);
  } else {
    for (let i = 0; i < n; i++) next[i] = (state[i] ?? 0) - (target[i] ?? 0);
    for (let i = 0; i < n; i++) next[i] = (next[i] ?? 0) * (decay[i] ?? 0);
    for (let i = 0; i < n; i++) next[i] = (next[i] ?? 0) + (target[i] ?? 0);
  }
  for (let i = 0; i < n; i++) next[i] = (next[i] ?? 0) + (drive[i] ?? 0);
}
