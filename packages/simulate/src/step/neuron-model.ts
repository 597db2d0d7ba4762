/**
 * Constants of a neuron under a dialect, one entry per neuron: what a step of IF, LIF, CubaLIF and their silent
 * relatives computes with, whoever runs it.
 */
import {
  type CubaLI,
  type CubaLIF,
  type Diagnostic,
  type I,
  type IF,
  type LI,
  type LIF,
  NirkitError,
  type Tensor,
} from "@nirkit/graph";
import { simulateDiagnostic } from "../diagnostics.ts";
import type { Dialect, DialectOptions } from "../dialect.ts";
import { constants, type FloatArray, floats, parameter } from "../float-array.ts";
import type { StepContext } from "./step.ts";

/** The six dynamic node types. */
export type NeuronNode = I | LI | IF | LIF | CubaLI | CubaLIF;

/** A leaky state: s ← (target + (s − target)·decay) + gain·x; an integrator is decay 1 and target 0. */
export interface LeakyState {
  readonly decay: FloatArray;
  readonly gain: FloatArray;
  /** What the state decays to; undefined for 0, which changes no bit. */
  readonly target: FloatArray | undefined;
}

/** Spike test and reset. */
export interface Firing
  extends Pick<DialectOptions, "compare" | "reset" | "multiSpike" | "vFloor" | "fire" | "doubleResetGuard"> {
  readonly threshold: FloatArray;
  /** Where `reset: value` puts the membrane. */
  readonly resetTo: FloatArray;
}

/** All constants of one neuron node. */
export interface NeuronModel {
  readonly membrane: LeakyState;
  /** Added to the membrane in every step; undefined for 0. */
  readonly bias: FloatArray | undefined;
  /** The current of CubaLI and CubaLIF. */
  readonly synapse: LeakyState | undefined;
  /** d·(i + x) instead of d·i + x. */
  readonly decayLast: boolean;
  /** The membrane sees the current of the step before. */
  readonly oldCurrent: boolean;
  /** Undefined for I, LI, CubaLI. */
  readonly firing: Firing | undefined;
  readonly vStart: FloatArray;
  readonly iStart: FloatArray;
}

/**
 * decay = 1 − dt/tau (or exp(−dt/tau)) and gain·(1 − decay), in float64, each rounded once.
 *
 * @throws E_NON_FINITE, E_PARAMETER_SHAPE, E_CONSTANT, E_ZERO_THRESHOLD
 * @example tau 0.005, r 5, dt 0.001: decay 0.8 and gain 1, so that an input of 1 moves the state by 1
 */
export function neuronModel(node: NeuronNode, context: StepContext): NeuronModel {
  const read = reader(context);
  const { dialect } = context;
  const cuba = node.type === "CubaLI" || node.type === "CubaLIF";
  const vLeak = "vLeak" in node && dialect.useVLeak ? read.values("vLeak", node.vLeak) : undefined;
  const target = vLeak === undefined || isZero(vLeak) ? undefined : read.rounded("vLeak", vLeak);
  const asBias = dialect.leakPath === "bias";
  return {
    membrane: { ...membraneOf(node, read, context), target: asBias ? undefined : target },
    bias: asBias ? target : undefined,
    synapse: cuba ? synapseOf(node, read, context, dialect.synLeak ? target : undefined) : undefined,
    decayLast: dialect.decayPlace === "last",
    oldCurrent: dialect.cubaOrder === "old",
    firing: firingOf(node, read, dialect),
    vStart: startOf(node, read, dialect),
    iStart: dialect.synLeak && target !== undefined ? target : read.zeros(),
  };
}

/** Reads parameters of one node as one value per neuron. */
interface Reader {
  values(name: string, source: Tensor): Float64Array;
  rounded(name: string, values: Float64Array): FloatArray;
  fill(value: number): Float64Array;
  zeros(): FloatArray;
  zeroThreshold(index: number): Diagnostic;
}

function reader({ name, outputShape, precision }: StepContext): Reader {
  const path = (param: string): string => `nodes.${name}.${param.split(" ").at(-1)}`;
  const size = outputShape.reduce((product, n) => product * n, 1);
  return {
    values: (param, source) => parameter(source, outputShape, path(param)),
    rounded: (what, values) => constants(precision, values, what, path(what)),
    fill: (value) => new Float64Array(size).fill(value),
    zeros: () => floats(precision, size),
    zeroThreshold: (index) => simulateDiagnostic("E_ZERO_THRESHOLD", path("vThreshold"), { index }),
  };
}

function isZero(values: Float64Array): boolean {
  return values.every((value) => value === 0);
}

/** Decay and gain of a leaky state; `gain` undefined takes the input as it is. */
function leaky(
  [param, tau]: readonly [name: string, value: Tensor],
  gain: Float64Array | undefined,
  read: Reader,
  { dialect, dt }: StepContext,
): Pick<LeakyState, "decay" | "gain"> {
  const taus = read.values(param, tau);
  const euler = dialect.leak === "euler";
  // Relative step 1 − decay: expm1 keeps it exact where dt is much smaller than tau.
  const move = taus.map((t) => (euler ? dt / t : -Math.expm1(-dt / t)));
  const decays = taus.map((t) => (euler ? 1 - dt / t : Math.exp(-dt / t)));
  const gains = gain?.map((g, n) => g * (move[n] ?? 0)) ?? read.fill(1);
  return {
    decay: read.rounded(`The decay per step of ${param}`, decays),
    gain: read.rounded(`The gain per step of ${param}`, gains),
  };
}

function membraneOf(
  node: NeuronNode,
  read: Reader,
  context: StepContext,
): Pick<LeakyState, "decay" | "gain"> {
  const { dialect, dt } = context;
  switch (node.type) {
    case "I":
    case "IF": {
      const perStep = { dt, step: 1, stepR: 1 }[node.type === "IF" ? dialect.ifGain : "dt"];
      const unscaled = node.type === "IF" && dialect.ifGain === "step";
      const r = unscaled ? read.fill(1) : read.values("r", node.r);
      const decay = read.fill(node.type === "IF" ? dialect.ifDecay : 1);
      return {
        decay: read.rounded("decay", decay),
        gain: read.rounded(
          "The gain per step of r",
          r.map((value) => value * perStep),
        ),
      };
    }
    case "LI":
    case "LIF": {
      const r = dialect.useR ? read.values("r", node.r) : read.fill(1);
      return leaky(["tau", node.tau], dialect.gain === "raw" ? undefined : r, read, context);
    }
    case "CubaLI":
    case "CubaLIF": {
      const r = dialect.cubaGain === "raw" ? undefined : read.values("r", node.r);
      return leaky(["tauMem", node.tauMem], r, read, context);
    }
  }
}

function synapseOf(
  node: CubaLI | CubaLIF,
  read: Reader,
  context: StepContext,
  target: FloatArray | undefined,
): LeakyState {
  const wIn = context.dialect.cubaGain === "raw" ? undefined : read.values("wIn", node.wIn);
  return { ...leaky(["tauSyn", node.tauSyn], wIn, read, context), target };
}

function firingOf(node: NeuronNode, read: Reader, dialect: Dialect): Firing | undefined {
  if (node.type !== "IF" && node.type !== "LIF" && node.type !== "CubaLIF") return undefined;
  const { compare, reset, multiSpike, fire, doubleResetGuard } = dialect;
  const threshold = read.rounded("vThreshold", read.values("vThreshold", node.vThreshold));
  const index = multiSpike ? threshold.indexOf(0) : -1;
  if (index >= 0) throw new NirkitError([read.zeroThreshold(index)]);
  const onType = dialect.vFloor === (node.type === "IF" ? "-thr" : "0");
  return {
    compare,
    reset,
    multiSpike,
    fire,
    doubleResetGuard,
    vFloor: onType ? dialect.vFloor : "none",
    threshold,
    resetTo: dialect.useVReset ? read.rounded("vReset", read.values("vReset", node.vReset)) : read.zeros(),
  };
}

function startOf(node: NeuronNode, read: Reader, dialect: Dialect): FloatArray {
  if (dialect.vInit === "vLeak" && "vLeak" in node)
    return read.rounded("vLeak", read.values("vLeak", node.vLeak));
  if (dialect.vInit === "vReset" && "vReset" in node && node.type !== "IF")
    return read.rounded("vReset", read.values("vReset", node.vReset));
  return read.zeros();
}
