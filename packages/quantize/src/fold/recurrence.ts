/**
 * The canonical float recurrence of a neuron node, v_leak removed:
 *
 *     LIF, LI      u' = beta·u + g·x
 *     IF, I        u' = u + g·x
 *     Cuba         i' = a·i + kappa·x,  u' = beta·u + gamma·i'   (or i),  g = gamma·kappa
 *
 * with u = v − v_leak, so that in units of g·s only integers remain: U = u/(g·s), Theta = theta/(g·s).
 */
import {
  type CubaLI,
  type CubaLIF,
  type I,
  type IF,
  type LI,
  type LIF,
  NirkitError,
  type Tensor,
  type Threshold,
  toFloat64,
} from "@nirkit/graph";
import type { Convention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";

/** A node that becomes a population of integer neurons. */
export type FoldableNode = I | LI | IF | LIF | CubaLI | CubaLIF | Threshold;

/** Arrays have one entry per neuron, float64. */
export interface Recurrence {
  readonly kind: "lif" | "cuba" | "threshold";
  readonly spiking: boolean;
  readonly size: number;
  /** Membrane decay of a step, 0 … 1; 1 = no leak. */
  readonly beta: Float64Array;
  /** Synaptic decay of a step, Cuba only. */
  readonly synBeta?: Float64Array;
  /** kappa: synaptic current per unit of weighted input, Cuba only. */
  readonly synGain?: Float64Array;
  /** g: volts of state per unit of weighted input. */
  readonly gain: Float64Array;
  /** Threshold minus v_leak. */
  readonly theta: Float64Array;
  /** Reset value minus v_leak. */
  readonly vReset: Float64Array;
  readonly vLeak: Float64Array;
}

/**
 * Folds one node at a time step.
 *
 * @param size number of neurons; scalar parameters are repeated
 * @param dt time step in the unit of tau
 * @param path of the node, for diagnostics
 * @throws E_NON_FINITE, E_BAD_NEURON (tau or gain not positive, threshold at or below v_leak), E_DT_TOO_LARGE
 * @example LIF tau 0.005, r 5, dt 1e-3, euler: beta 0.8, gain 1
 */
export function foldRecurrence(
  node: FoldableNode,
  size: number,
  dt: number,
  convention: Convention,
  path: string,
): Recurrence {
  const read = (name: string, source: Tensor): Float64Array => expand(source, size, `${path}.${name}`);
  const zeros = new Float64Array(size);
  const ones = new Float64Array(size).fill(1);
  if (node.type === "Threshold")
    return {
      kind: "threshold",
      spiking: true,
      size,
      beta: zeros,
      gain: ones,
      theta: read("threshold", node.threshold),
      vReset: zeros,
      vLeak: zeros,
    };
  const r = read("r", node.r);
  const spiking = node.type === "IF" || node.type === "LIF" || node.type === "CubaLIF";
  const vLeak = "vLeak" in node ? read("v_leak", node.vLeak) : zeros;
  const theta = spiking ? minus(read("v_threshold", node.vThreshold), vLeak) : zeros;
  const vReset = spiking ? minus(read("v_reset", node.vReset), vLeak) : zeros;
  if (spiking && convention.reset !== "none") assertPositive(theta, "v_threshold − v_leak", path);
  const base = { spiking, size, theta, vReset, vLeak };
  if (node.type === "IF" || node.type === "I") {
    const perStep = { dt: r.map((x) => x * dt), step: ones, stepR: r }[convention.ifGain ?? "dt"];
    return { ...base, kind: "lif", beta: ones, gain: assertPositive(perStep, "input gain", path) };
  }
  const cuba = node.type === "CubaLI" || node.type === "CubaLIF";
  const tau = cuba ? read("tau_mem", node.tauMem) : read("tau", node.tau);
  const beta = decays(tau, dt, convention, cuba ? "tau_mem" : "tau", path);
  const raw = convention.gain === "raw";
  const gamma = raw ? ones : r.map((x, i) => x * (1 - (beta[i] ?? 0)));
  if (!cuba) return { ...base, kind: "lif", beta, gain: assertPositive(gamma, "input gain", path) };
  const synBeta = decays(read("tau_syn", node.tauSyn), dt, convention, "tau_syn", path);
  const wIn = read("w_in", node.wIn);
  const kappa = raw ? ones : wIn.map((x, i) => x * (1 - (synBeta[i] ?? 0)));
  const gain = gamma.map((x, i) => x * (kappa[i] ?? 0));
  return {
    ...base,
    kind: "cuba",
    beta,
    synBeta,
    synGain: kappa,
    gain: assertPositive(gain, "input gain", path),
  };
}

/** A parameter as one float64 per neuron. */
function expand(source: Tensor, size: number, path: string): Float64Array {
  const values = toFloat64(source);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value))
      throw new NirkitError([quantizeDiagnostic("E_NON_FINITE", `${path}[${i}]`, { value })]);
  }
  if (values.length === size) return values;
  if (values.length === 1) return new Float64Array(size).fill(values[0] ?? 0);
  throw new NirkitError([
    quantizeDiagnostic("E_BAD_NEURON", path, {
      parameter: "length",
      index: 0,
      value: values.length,
      expected: `1 or ${size} values`,
    }),
  ]);
}

function decays(
  tau: Float64Array,
  dt: number,
  convention: Convention,
  name: string,
  path: string,
): Float64Array {
  assertPositive(tau, name, path);
  return tau.map((t, index) => {
    if (convention.leak === "exp") return Math.exp(-dt / t);
    const beta = 1 - dt / t;
    if (beta >= 0) return beta;
    // A tau stored in float32 can miss dt by half an ulp (6e-8 of it) where it was meant to be equal.
    if (beta > -1e-6) return 0;
    throw new NirkitError([quantizeDiagnostic("E_DT_TOO_LARGE", `${path}.${name}`, { dt, tau: t, index })]);
  });
}

function minus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((x, i) => x - (b[i] ?? 0));
}

function assertPositive(values: Float64Array, parameter: string, path: string): Float64Array {
  const index = values.findIndex((x) => !(x > 0));
  if (index >= 0)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_NEURON", path, {
        parameter,
        index,
        value: values[index] ?? 0,
        expected: "a positive number",
      }),
    ]);
  return values;
}
