/**
 * IF, LIF and CubaLIF as populations of SpiNNaker2: state in weight units, biases and v_leak as an offset of the
 * membrane.
 *
 * i ← α·i + Σ Wq z[t−1]; v* ← β·v + (i + offset); z = v* ≥ thr·scale; v ← 0 or v* − thr·scale, with
 * rf = (1 − β)·r, wf = (1 − α)·w_in and scale = weightScale/(rf·wf) (LIF: weightScale/rf, IF: weightScale/r).
 */
import { type CubaLIF, type IF, type LIF, type Signal, sizeOf, type Tensor } from "@nirkit/graph";
import { constants, type FloatArray, floats, parameter, rounding } from "../float-array.ts";
import type { ProjectionScale, Step, StepContext } from "./step.ts";

/** Constants in weight units, one entry per neuron. */
interface LinkedNeuron {
  readonly currentDecay: FloatArray;
  readonly decay: FloatArray;
  readonly offset: FloatArray;
  readonly threshold: FloatArray;
  /** State units per unit of v, and of i. */
  readonly scale: FloatArray;
  readonly currentScale: FloatArray;
}

/** The node as a population; v and i are recorded in units of the file. */
export function linkedNeuronStep(
  node: IF | LIF | CubaLIF,
  context: StepContext,
  into: ProjectionScale,
): Step {
  const { currentDecay, decay, offset, threshold, scale, currentScale } = linkedNeuron(node, context, into);
  const { reset, compare } = context.dialect;
  const size = sizeOf(context.outputShape);
  const make = (): FloatArray => floats(context.precision, size);
  const [v, vpre, i, out, current, membrane] = [make(), make(), make(), make(), make(), make()];
  const r = rounding(context.precision);
  const step = (x: FloatArray): void => {
    for (let n = 0; n < size; n++) {
      const theta = threshold[n] ?? 0;
      const drive = r(r((currentDecay[n] ?? 0) * (current[n] ?? 0)) + (x[n] ?? 0));
      const pre = r(r((decay[n] ?? 0) * (membrane[n] ?? 0)) + r(drive + (offset[n] ?? 0)));
      const fires = compare === "ge" ? pre >= theta : pre > theta;
      const after = reset === "value" ? 0 : reset === "subtract" ? r(pre - theta) : pre;
      current[n] = drive;
      membrane[n] = fires ? after : pre;
      out[n] = fires ? 1 : 0;
      i[n] = drive / (currentScale[n] ?? 1);
      vpre[n] = pre / (scale[n] ?? 1);
      v[n] = (membrane[n] ?? 0) / (scale[n] ?? 1);
    }
  };
  const signals = new Map<Signal, FloatArray>([
    ["v", v],
    ["vpre", vpre],
    ...(node.type === "CubaLIF" ? ([["i", i]] as const) : []),
  ]);
  const clear = (): void => {
    for (const array of [v, vpre, i, out, current, membrane]) array.fill(0);
  };
  const state = new Map([
    ["current", current],
    ["membrane", membrane],
  ]);
  return { out, signals, state, step, reset: clear, dynamic: true };
}

function linkedNeuron(
  node: IF | LIF | CubaLIF,
  context: StepContext,
  { weightScale, bias }: ProjectionScale,
): LinkedNeuron {
  const { name, outputShape, dialect, dt, precision } = context;
  const read = (param: string, value: Tensor): Float64Array =>
    parameter(value, outputShape, `nodes.${name}.${param}`);
  const fixed = (what: string, values: Float64Array): FloatArray =>
    constants(precision, values, what, `nodes.${name}`);
  const decays = (param: string, tau: Tensor): Float64Array =>
    read(param, tau).map((t) => (dialect.leak === "euler" ? 1 - dt / t : Math.exp(-dt / t)));
  const r = read("r", node.r);
  const zeros = r.map(() => 0);
  const alpha = node.type === "CubaLIF" ? decays("tauSyn", node.tauSyn) : zeros;
  const beta =
    node.type === "IF"
      ? r.map(() => 1)
      : node.type === "LIF"
        ? decays("tau", node.tau)
        : decays("tauMem", node.tauMem);
  const wIn = node.type === "CubaLIF" ? read("wIn", node.wIn) : r.map(() => 1);
  const vLeak = node.type === "IF" ? zeros : read("vLeak", node.vLeak);
  const at = (values: Float64Array, n: number): number => values[n] ?? 0;
  const rf = r.map((value, n) => (node.type === "IF" ? value : (1 - at(beta, n)) * value));
  const wf = wIn.map((value, n) => (node.type === "CubaLIF" ? (1 - at(alpha, n)) * value : 1));
  const scale = rf.map((value, n) => weightScale / value / at(wf, n));
  const pull = vLeak.map((value, n) => (1 - at(beta, n)) * value * at(scale, n));
  const offset = pull.map((value, n) => value + ((at(bias, n) * at(wIn, n)) / at(wf, n)) * weightScale);
  const threshold = read("vThreshold", node.vThreshold).map((value, n) => value * at(scale, n));
  return {
    currentDecay: fixed("The decay of the current", alpha),
    decay: fixed("The decay of the membrane", beta),
    offset: fixed("The offset", offset),
    threshold: fixed("The threshold", threshold),
    scale: fixed("The scale", scale),
    currentScale: fixed(
      "The scale of the current",
      wf.map((value) => weightScale / value),
    ),
  };
}
