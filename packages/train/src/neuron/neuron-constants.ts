/** Constants of the discrete neuron equations (training.md 4.1), one value or one per neuron. */
import {
  broadcastTo,
  type CubaLI,
  type CubaLIF,
  type I,
  type IF,
  type LI,
  type LIF,
  type Shape,
  sizeOf,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { trainError } from "../diagnostics.ts";
import type { TrainDialect } from "../model/train-dialect.ts";

/** The six dynamic node types. */
export type NeuronNode = I | LI | IF | LIF | CubaLI | CubaLIF;

/** One value for all neurons, or one per neuron in the order of the file. */
export type Constant = number | Float64Array;

/**
 * Discrete neurons:
 *
 *     i  = synDecay·i + synGain·x          with a synapse; then d = i (new) or the i before (old), else d = x
 *     u  = ((v − target)·decay + target) + gain·d + offset
 *     s  = H(u − threshold)
 */
export interface NeuronConstants {
  readonly decay: Constant;
  readonly gain: Constant;
  readonly target: Constant;
  readonly offset: Constant;
  readonly threshold: Constant;
  readonly vReset: Constant;
  readonly synDecay: Constant;
  readonly synGain: Constant;
  /** Factor f of gain = f·(1 − decay) where a learned leak moves the gain; undefined where it does not. */
  readonly gainFactor: Constant | undefined;
  readonly synGainFactor: Constant | undefined;
  readonly vStart: Constant;
  readonly spiking: boolean;
  readonly synapse: boolean;
  readonly leaky: boolean;
}

/**
 * Constants of a neuron node under a dialect, in float64.
 *
 * @throws E_TRAIN_DT where Euler steps as long as a time constant leave nothing
 * @example LIF with tau 5e-3, r 5, dt 1e-3: decay 0.8, gain 1
 */
export function neuronConstants(
  name: string,
  node: NeuronNode,
  shape: Shape,
  dialect: TrainDialect,
  dt: number,
): NeuronConstants {
  const values = (source: Tensor): Constant => constantOf(source, shape);
  const cuba = node.type === "CubaLI" || node.type === "CubaLIF";
  const leaky = node.type !== "I" && node.type !== "IF";
  const spiking = node.type === "IF" || node.type === "LIF" || node.type === "CubaLIF";
  const tau = leaky ? values(cuba ? node.tauMem : node.tau) : undefined;
  const raw = cuba ? dialect.cubaGain === "raw" : leaky && dialect.gain === "raw";
  const r = leaky && !cuba && !dialect.useR ? 1 : values(node.r);
  const vLeak = leaky && dialect.useVLeak ? values(node.vLeak) : 0;
  const vReset = spiking && dialect.useVReset ? values(node.vReset) : 0;
  const membrane =
    tau === undefined
      ? { decay: node.type === "IF" ? dialect.ifDecay : 1, move: 1 }
      : leakOf(tau, dialect.leak, dt, `nodes.${name}.${cuba ? "tauMem" : "tau"}`);
  const synapse = cuba ? leakOf(values(node.tauSyn), dialect.leak, dt, `nodes.${name}.tauSyn`) : undefined;
  const wIn = cuba ? values(node.wIn) : 1;
  const synRaw = dialect.cubaGain === "raw";
  return {
    decay: membrane.decay,
    gain: leaky ? (raw ? 1 : times(r, membrane.move)) : integratorGain(node, r, dialect, dt),
    target: dialect.leakPath === "target" ? vLeak : 0,
    offset: dialect.leakPath === "bias" ? vLeak : 0,
    threshold: spiking ? values(node.vThreshold) : 0,
    vReset,
    synDecay: synapse?.decay ?? 0,
    synGain: synapse === undefined || synRaw ? 1 : times(wIn, synapse.move),
    gainFactor: leaky && !raw ? r : undefined,
    synGainFactor: cuba && !synRaw ? wIn : undefined,
    vStart: startOf(node, values, dialect),
    spiking,
    synapse: cuba,
    leaky,
  };
}

function integratorGain(node: NeuronNode, r: Constant, dialect: TrainDialect, dt: number): Constant {
  if (node.type !== "IF") return times(r, dt);
  if (dialect.ifGain === "step") return 1;
  return dialect.ifGain === "stepR" ? r : times(r, dt);
}

function startOf(node: NeuronNode, values: (source: Tensor) => Constant, dialect: TrainDialect): Constant {
  if (dialect.vInit === "vLeak" && "vLeak" in node) return values(node.vLeak);
  if (dialect.vInit === "vReset" && "vReset" in node && node.type !== "IF") return values(node.vReset);
  return 0;
}

/** Decay and 1 − decay, each with all its digits. */
function leakOf(
  tau: Constant,
  leak: "euler" | "exp",
  dt: number,
  path: string,
): { readonly decay: Constant; readonly move: Constant } {
  const euler = leak === "euler";
  const shortest =
    typeof tau === "number" ? tau : tau.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  // Compared in float32, so that a tau that was stored there does not fall below an equal dt.
  if (!(shortest > 0) || (euler && Math.fround(dt) > Math.fround(shortest)))
    throw trainError("E_TRAIN_DT", path, { dt, tau: shortest });
  return {
    decay: each(tau, (t) => (euler ? Math.max(0, 1 - dt / t) : Math.exp(-dt / t))),
    move: each(tau, (t) => (euler ? dt / t : -Math.expm1(-dt / t))),
  };
}

/** One number where all values are equal, else one per neuron. */
export function constantOf(source: Tensor, shape: Shape): Constant {
  const values = toFloat64(source);
  const first = values[0] ?? 0;
  if (values.every((value) => value === first)) return first;
  const full = toFloat64(broadcastTo(source, shape));
  return full.length === sizeOf(shape) ? full : values;
}

function each(value: Constant, change: (x: number) => number): Constant {
  return typeof value === "number" ? change(value) : value.map(change);
}

function times(a: Constant, b: Constant): Constant {
  if (typeof a === "number") return each(b, (y) => a * y);
  return typeof b === "number" ? each(a, (x) => x * b) : a.map((x, i) => x * (b[i] as number));
}
