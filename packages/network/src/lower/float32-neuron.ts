/**
 * Neuron nodes with float state and integer weights: parameters in units of the integer weights.
 *
 * With S = 1 / weight scale, k = dt/tau (euler) or 1 − exp(−dt/tau) (exp):
 *
 *     LIF      alpha = 1 − k_m        F = S/(k_m·r)             i_offset = k_m·v_leak·F + bias·S
 *     IF       alpha = 1              F = S/r                   i_offset = bias·S
 *     CubaLIF  decays = 1 − k_s       F = S/(k_m·r·k_s·w_in)    i_offset = k_m·v_leak·F + bias·S/k_s
 *     all      threshold = v_threshold·F,  v_reset = v_reset·F,  v of the node = v / F
 *
 * Source: spinnaker2.md 4. `gain: raw` and the three gains of IF put the annotated gain in place of k·r.
 */
import {
  type CubaLI,
  type CubaLIF,
  type Diagnostic,
  type IF,
  type LI,
  type LIF,
  type NirNode,
  sizeOf,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { leakDecay, type QuantizedNeuron } from "@nirkit/quantize";
import { networkDiagnostic } from "../diagnostics.ts";
import type { Float32Neuron, Float32Parameter } from "../network.ts";
import { eachWindowSynapse, poolWindow } from "../window.ts";
import type { IncomingBias, LoweringPlan } from "./incoming.ts";

/** Nodes that become populations with float state. */
type Float32Node = IF | LIF | LI | CubaLIF | CubaLI;

/** True for a node whose population has float state where that is asked for. */
export function isFloat32Node(node: NirNode): node is Float32Node {
  return ["IF", "LIF", "LI", "CubaLIF", "CubaLI"].includes(node.type);
}

/** What one neuron node is lowered from. */
export interface Float32Request {
  readonly path: string;
  readonly node: Float32Node;
  readonly quantized: QuantizedNeuron;
  /** Real value of 1 of the input sums, one entry per neuron. */
  readonly weightScale: Float64Array;
  /** Sum of the biases in real units, one entry per neuron. */
  readonly bias: Float64Array;
  readonly dt: number;
}

/**
 * The population model of a node.
 *
 * @returns the model, with E_FLOAT32_ARITHMETIC where the annotation asks for what float state does not do,
 *   E_FLOAT32_GAIN where no reading of the node gives the annotated scale, W_FLOAT32_COMPARE for `compare: gt`
 * @example LIF tau 4, r 1.25, v_leak 0.5, v_threshold 5, dt 1, S = 127/14, bias 8: alpha 0.75, threshold 145.142857, i_offset 76.2
 */
export function float32Neuron(request: Float32Request): {
  readonly neuron: Float32Neuron;
  readonly diagnostics: readonly Diagnostic[];
} {
  const { node, quantized, weightScale, bias } = request;
  const size = weightScale.length;
  const diagnostics = arithmeticErrors(request);
  const decays = chooseDecays(request, diagnostics);
  const per = (value: (i: number) => number): Float64Array =>
    compact(Float64Array.from({ length: size }, (_, i) => Math.fround(value(i))));
  const at = (tensor: Tensor | undefined): ((i: number) => number) => {
    const values = tensor === undefined ? undefined : toFloat64(tensor);
    return (i) => values?.[values.length === 1 ? 0 : i] ?? 0;
  };
  const scale = (i: number): number => 1 / (weightScale[i] as number);
  const factor = (i: number): number => scale(i) / decays.gain(i);
  const hasCurrent = node.type === "CubaLIF" || node.type === "CubaLI";
  const offset = (i: number): number =>
    ((bias[i] as number) * scale(i)) / (hasCurrent ? decays.synaptic(i) : 1);
  const vLeak = at("vLeak" in node ? node.vLeak : undefined);
  const spiking = "vThreshold" in node;
  const threshold = at(spiking ? node.vThreshold : undefined);
  const vReset = at(spiking ? node.vReset : undefined);
  const params = new Map<Float32Parameter, Float64Array>([
    ["threshold", spiking ? per((i) => threshold(i) * factor(i)) : Float64Array.of(readoutThreshold)],
    ["alpha_decay", per((i) => 1 - decays.membrane(i))],
    ["i_offset", per((i) => decays.membrane(i) * vLeak(i) * factor(i) + offset(i))],
    ["v_reset", per((i) => vReset(i) * factor(i))],
  ]);
  if (hasCurrent)
    for (const name of ["exc_decay", "inh_decay"] as const)
      params.set(
        name,
        per((i) => 1 - decays.synaptic(i)),
      );
  return {
    diagnostics,
    neuron: {
      arithmetic: "float32",
      model: hasCurrent ? "lif_curr_exp" : "lif",
      fp: "separate",
      spiking,
      reset: quantized.arithmetic.reset === "subtract" ? "subtract" : "value",
      params,
      biasOffset: per(offset),
      stateScale: compact(Float64Array.from({ length: size }, (_, i) => 1 / factor(i))),
    },
  };
}

/** A threshold that no membrane reaches: what a readout has on the target. */
const readoutThreshold = 1e9;

function arithmeticErrors({ path, node, quantized }: Float32Request): Diagnostic[] {
  const { reset, resetDelay, spikeDelay, cubaOrder, compare, stateLevels } = quantized.arithmetic;
  const spiking = "vThreshold" in node;
  const wrong = [
    ...(spiking && reset === "none" ? ["reset none"] : []),
    ...(resetDelay === 0 ? [] : ["a delayed reset"]),
    ...(spikeDelay === 0 ? [] : ["delayed spikes"]),
    ...("tauSyn" in node && cubaOrder === "old" ? ["cubaOrder old"] : []),
    ...(stateLevels === undefined ? [] : ["a grid of states"]),
  ];
  return [
    ...wrong.map((found) => networkDiagnostic("E_FLOAT32_ARITHMETIC", path, { found })),
    ...(spiking && compare === "gt" ? [networkDiagnostic("W_FLOAT32_COMPARE", path, {})] : []),
  ];
}

/** Decays as 1 − factor per step, and volts of state per unit of weighted input. */
interface Decays {
  readonly membrane: (i: number) => number;
  readonly synaptic: (i: number) => number;
  readonly gain: (i: number) => number;
}

/** The reading of the node (leak, gain) that gives the annotated state scale. */
function chooseDecays(request: Float32Request, diagnostics: Diagnostic[]): Decays {
  const { path, quantized, weightScale } = request;
  const stored = quantized.stateScale;
  const annotated = (i: number): number =>
    (stored[stored.length === 1 ? 0 : i] as number) / (weightScale[i] as number);
  let best: Decays | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const reading of readings(request)) {
    const error = weightScale.reduce(
      (most, _, i) => Math.max(most, Math.abs(Math.log(reading.gain(i) / annotated(i)))),
      0,
    );
    if (error >= least) continue;
    best = reading;
    least = error;
  }
  // Scales may have been rounded to float32 on the way; readings lie further apart than that.
  if (best === undefined || least > 1e-4)
    diagnostics.push(networkDiagnostic("E_FLOAT32_GAIN", path, { gain: annotated(0) }));
  return best ?? { membrane: () => 0, synaptic: () => 1, gain: () => 1 };
}

function readings({ node, dt, quantized }: Float32Request): Decays[] {
  const value = (tensor: Tensor): ((i: number) => number) => {
    const values = toFloat64(tensor);
    return (i) => values[values.length === 1 ? 0 : i] as number;
  };
  const r = value(node.r);
  const none = (): number => 1;
  if (node.type === "IF") {
    const noLeak = (): number => 0;
    return [(i: number) => r(i), (i: number) => dt * r(i), none].map((gain) => ({
      membrane: noLeak,
      synaptic: none,
      gain,
    }));
  }
  const euler = (tau: (i: number) => number) => (i: number) => dt / tau(i);
  const exp = (tau: (i: number) => number) => (i: number) => -Math.expm1(-dt / tau(i));
  const hasCurrent = "tauMem" in node;
  const tauMem = value(hasCurrent ? node.tauMem : node.tau);
  const made = [euler, exp].map((decay): Decays => {
    const membrane = decay(tauMem);
    if (!hasCurrent) return { membrane, synaptic: none, gain: (i) => membrane(i) * r(i) };
    const synaptic = decay(value(node.tauSyn));
    const wIn = value(node.wIn);
    return { membrane, synaptic, gain: (i) => membrane(i) * r(i) * synaptic(i) * wIn(i) };
  });
  // Without the gain of the equation the integer leak tells the two apart.
  const stored = leakDecay(quantized.arithmetic.leak, 0);
  const distance = ({ membrane }: Decays): number => Math.abs(1 - membrane(0) - stored);
  const [first, second] = made as [Decays, Decays];
  const raw = distance(second) < distance(first) ? second : first;
  return [...made, { ...raw, gain: none }];
}

/** Sum of the biases that reach a node, in real units, pools and Scales on the way included. */
export function realBias(plan: LoweringPlan, biases: readonly IncomingBias[], size: number): Float64Array {
  const sum = new Float64Array(size);
  for (const { weightNode, factor, gain, poolsAfter } of biases) {
    const given = biasValues(plan.graph.node(weightNode));
    const [first] = poolsAfter;
    let values = spread(given, first === undefined ? size : sizeOf(first.inShape));
    for (const pool of poolsAfter) {
      const cells = new Float64Array(sizeOf(pool.outShape));
      const window = poolWindow(pool);
      values.forEach((value, source) => {
        eachWindowSynapse(window, source, (cell) => {
          cells[cell] = (cells[cell] as number) + value;
        });
      });
      values = cells;
    }
    for (let i = 0; i < size; i++)
      sum[i] = (sum[i] as number) + (values[i] as number) * factor * (gain?.[i] ?? 1);
  }
  return sum;
}

/** The bias of a weight node; empty where it has none. */
export function biasValues(node: NirNode): Float64Array {
  return "bias" in node && node.bias !== undefined ? toFloat64(node.bias as Tensor) : new Float64Array(0);
}

function spread(values: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => values[Math.floor((i * values.length) / size)] ?? 0);
}

/** One entry where all are equal. */
function compact(values: Float64Array): Float64Array {
  return values.length > 1 && values.every((v) => v === values[0]) ? values.slice(0, 1) : values;
}
