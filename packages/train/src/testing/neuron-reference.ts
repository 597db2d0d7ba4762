/** One neuron in float64, forward and backward as training.md 4.2 writes it: what kernels and tapes are held against. */
import type { Surrogate } from "../surrogate/surrogate.ts";
import { surrogateDerivative, surrogatePrimitive } from "../surrogate/surrogate.ts";

/** A neuron over one sequence. */
export interface ReferenceNeuron {
  readonly decay: number;
  readonly gain?: number;
  readonly offset?: number;
  readonly threshold: number;
  readonly vReset?: number;
  readonly synapse?: { readonly decay: number; readonly gain: number };
  readonly compare?: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  readonly resetDelay?: 0 | 1;
  readonly detachReset: boolean;
  readonly surrogate: Surrogate;
  /** False replaces the spike by its smooth primitive, the reset with it. Default true. */
  readonly spiking?: boolean;
}

/** What the neuron did. */
export interface ReferenceTrace {
  readonly u: Float64Array;
  readonly s: Float64Array;
  readonly i: Float64Array;
}

/** Gradients of Σ y[t]·s[t]. */
export interface ReferenceGradients {
  readonly x: Float64Array;
  readonly decay: number;
  readonly gain: number;
  readonly offset: number;
  readonly threshold: number;
  readonly vReset: number;
  readonly synDecay: number;
  readonly synGain: number;
}

/** Membranes, spikes and currents from rest. */
export function referenceForward(neuron: ReferenceNeuron, x: ArrayLike<number>): ReferenceTrace {
  const { decay, gain = 1, offset = 0, threshold, vReset = 0, synapse, reset, resetDelay = 0 } = neuron;
  const steps = x.length;
  const [u, s, i] = [new Float64Array(steps), new Float64Array(steps), new Float64Array(steps)];
  let [v, current, before] = [0, 0, 0];
  const late = resetDelay === 1 && reset === "subtract";
  for (let t = 0; t < steps; t++) {
    const input = x[t] as number;
    if (synapse !== undefined) current = synapse.decay * current + synapse.gain * input;
    i[t] = current;
    const drive = synapse === undefined ? input : current;
    const membrane = decay * v + gain * drive + offset - (late ? threshold * before : 0);
    u[t] = membrane;
    const spike = spikeOf(neuron, membrane);
    s[t] = spike;
    before = spike;
    if (late || reset === "none") v = membrane;
    else v = reset === "subtract" ? membrane - threshold * spike : membrane * (1 - spike) + vReset * spike;
  }
  return { u, s, i };
}

function spikeOf(
  { compare = "gt", threshold, surrogate, spiking = true }: ReferenceNeuron,
  u: number,
): number {
  if (!spiking) return surrogatePrimitive(surrogate, u, threshold) ?? Number.NaN;
  return (compare === "gt" ? u > threshold : u >= threshold) ? 1 : 0;
}

/** Gradients for ∂L/∂s = y. */
export function referenceBackward(
  neuron: ReferenceNeuron,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): ReferenceGradients {
  const { decay, gain = 1, threshold, vReset = 0, synapse, reset, resetDelay = 0, surrogate } = neuron;
  const kappa = neuron.detachReset && neuron.spiking !== false ? 0 : 1;
  const { u, s, i } = referenceForward(neuron, x);
  const late = resetDelay === 1 && reset === "subtract";
  const dx = new Float64Array(x.length);
  const sums = { decay: 0, gain: 0, offset: 0, threshold: 0, vReset: 0, synDecay: 0, synGain: 0 };
  let [next, mu] = [0, 0];
  for (let t = x.length - 1; t >= 0; t--) {
    const membrane = u[t] as number;
    const spike = s[t] as number;
    const delta = decay * next;
    const h = surrogateDerivative(surrogate, membrane, threshold);
    const kept = reset === "subtract" ? (late ? next : delta) : 0;
    let q = y[t] as number;
    if (reset === "subtract") q -= kappa * threshold * kept;
    if (reset === "value") q += kappa * (vReset - membrane) * delta;
    const lambda = (reset === "value" ? delta * (1 - spike) : delta) + h * q;
    sums.decay += lambda * (t === 0 ? 0 : carried(neuron, u[t - 1] as number, s[t - 1] as number));
    sums.offset += lambda;
    sums.threshold -= h * q + spike * kept;
    if (reset === "value") sums.vReset += spike * delta;
    const input = x[t] as number;
    if (synapse === undefined) {
      sums.gain += lambda * input;
      dx[t] = gain * lambda;
    } else {
      sums.gain += lambda * (i[t] as number);
      mu = gain * lambda + synapse.decay * mu;
      sums.synDecay += mu * (t === 0 ? 0 : (i[t - 1] as number));
      sums.synGain += mu * input;
      dx[t] = synapse.gain * mu;
    }
    next = lambda;
  }
  return { x: dx, ...sums };
}

/** Membrane that a step hands to the next. */
function carried(
  { reset, resetDelay = 0, threshold, vReset = 0 }: ReferenceNeuron,
  u: number,
  s: number,
): number {
  if (reset === "none" || (resetDelay === 1 && reset === "subtract")) return u;
  return reset === "subtract" ? u - threshold * s : u * (1 - s) + vReset * s;
}
