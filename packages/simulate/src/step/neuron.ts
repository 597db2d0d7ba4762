/** I, LI, IF, LIF, CubaLI, CubaLIF: current, membrane, spike test, reset, output — in that order. */
import { type Signal, sizeOf } from "@nirkit/graph";
import { type FloatArray, floats, type Precision, rounding } from "../float-array.ts";
import {
  type Firing,
  type LeakyState,
  type NeuronModel,
  type NeuronNode,
  neuronModel,
} from "./neuron-model.ts";
import type { Step, StepContext } from "./step.ts";

/** State and output of one neuron node. */
interface NeuronState {
  readonly v: FloatArray;
  readonly vpre: FloatArray;
  readonly out: FloatArray;
  readonly i: FloatArray;
}

/** A neuron node; of a dialect with `fire: before` its output is known before its input. */
export function neuronStep(node: NeuronNode, context: StepContext): Step {
  const model = neuronModel(node, context);
  const size = sizeOf(context.outputShape);
  const make = (): FloatArray => floats(context.precision, size);
  const state: NeuronState = { v: make(), vpre: make(), out: make(), i: make() };
  const update = updateOf(model, state, context.precision);
  const moore = context.dialect.fire === "before";
  return {
    out: state.out,
    signals: new Map<Signal, FloatArray>([
      ["v", state.v],
      ["vpre", state.vpre],
      ...(model.synapse === undefined ? [] : ([["i", state.i]] as const)),
    ]),
    state: new Map([["v", state.v], ...(model.synapse === undefined ? [] : ([["i", state.i]] as const))]),
    reset: () => {
      state.v.set(model.vStart);
      state.i.set(model.iStart);
      state.vpre.fill(0);
      state.out.fill(0);
    },
    step: (x) => {
      for (let n = 0; n < size; n++) update(n, x[n] ?? 0);
    },
    ...(moore ? { emit: emission(model.firing, state, context.precision) } : {}),
    dynamic: true,
    plan: { kind: "neuron", model },
  };
}

/** Output of a step from the state that the last one left: spikes, or the membrane of a node that does not fire. */
function emission(firing: Firing | undefined, { v, out }: NeuronState, precision: Precision): () => void {
  if (firing === undefined) return () => out.set(v);
  const spikes = spikeTest(firing, precision);
  return () => {
    for (let n = 0; n < out.length; n++) out[n] = spikes(v[n] ?? 0, firing.threshold[n] ?? 0);
  };
}

/** Number of spikes that a membrane gives. */
function spikeTest(
  { multiSpike, compare }: Firing,
  precision: Precision,
): (v: number, threshold: number) => number {
  const r = rounding(precision);
  if (multiSpike) return (v, threshold) => (v > 0 ? Math.trunc(r(v / threshold)) : 0);
  return compare === "gt"
    ? (v, threshold) => (v > threshold ? 1 : 0)
    : (v, threshold) => (v >= threshold ? 1 : 0);
}

type Update = (n: number, x: number) => void;

function updateOf(model: NeuronModel, state: NeuronState, precision: Precision): Update {
  const integrate = integration(model, state, precision);
  const { firing } = model;
  if (firing === undefined)
    return (n, x) => {
      const v = integrate(n, x, state.v[n] ?? 0);
      state.vpre[n] = state.v[n] = state.out[n] = v;
    };
  if (firing.fire === "before")
    return mooreUpdate(firing, model.synapse !== undefined, state, integrate, precision);
  return firing.doubleResetGuard
    ? guardedUpdate(firing, state, integrate, precision)
    : mealyUpdate(firing, state, integrate, precision);
}

/** v* from input x and membrane v; moves the current on the way. */
type Integrate = (n: number, x: number, v: number) => number;

function integration(
  { membrane, synapse, bias, ...model }: NeuronModel,
  state: NeuronState,
  precision: Precision,
): Integrate {
  const r = rounding(precision);
  const move = leakyMove(membrane, false, precision);
  const withBias: Integrate =
    bias === undefined ? move : (n, drive, v) => r(move(n, drive, v) + (bias[n] ?? 0));
  if (synapse === undefined) return withBias;
  const moveCurrent = leakyMove(synapse, model.decayLast, precision);
  const { i } = state;
  return (n, x, v) => {
    const old = i[n] ?? 0;
    const current = moveCurrent(n, x, old);
    i[n] = current;
    return withBias(n, model.oldCurrent ? old : current, v);
  };
}

/** s ← (target + (s − target)·decay) + gain·x, or (s + gain·x)·decay; each operation rounded. */
function leakyMove({ decay, gain, target }: LeakyState, decayLast: boolean, precision: Precision): Integrate {
  const r = rounding(precision);
  if (decayLast) return (n, x, s) => r(r(s + r((gain[n] ?? 0) * x)) * (decay[n] ?? 0));
  if (target === undefined) return (n, x, s) => r(r(s * (decay[n] ?? 0)) + r((gain[n] ?? 0) * x));
  return (n, x, s) => {
    const to = target[n] ?? 0;
    return r(r(to + r(r(s - to) * (decay[n] ?? 0))) + r((gain[n] ?? 0) * x));
  };
}

/** Spike test on v*, then reset and floor. */
function mealyUpdate(firing: Firing, state: NeuronState, integrate: Integrate, precision: Precision): Update {
  const { threshold, resetTo, reset, vFloor } = firing;
  const r = rounding(precision);
  const spikes = spikeTest(firing, precision);
  return (n, x) => {
    const theta = threshold[n] ?? 0;
    const pre = integrate(n, x, state.v[n] ?? 0);
    const z = spikes(pre, theta);
    let v = pre;
    if (z > 0 && reset === "value") v = resetTo[n] ?? 0;
    else if (reset === "subtract") v = r(pre - r(z * theta));
    if (vFloor === "-thr") v = Math.max(v, -theta);
    else if (vFloor === "0") v = Math.max(v, 0);
    state.vpre[n] = pre;
    state.out[n] = z;
    state.v[n] = v;
  };
}

/**
 * A membrane that a subtraction left above the threshold loses it once more before the test, and gets it back where
 * the neuron stays silent.
 */
function guardedUpdate(
  firing: Firing,
  state: NeuronState,
  integrate: Integrate,
  precision: Precision,
): Update {
  const { threshold, resetTo, reset } = firing;
  const r = rounding(precision);
  const spikes = spikeTest(firing, precision);
  return (n, x) => {
    const theta = threshold[n] ?? 0;
    const before = state.v[n] ?? 0;
    const above = reset === "none" ? 0 : spikes(before, theta);
    const drained = above > 0 && reset === "value" ? (resetTo[n] ?? 0) : before;
    const moved = integrate(n, x, drained);
    const pre = reset === "subtract" ? r(moved - r(above * theta)) : moved;
    const z = spikes(pre, theta);
    let v = pre;
    if (reset === "subtract") v = r(pre - r((z - above) * theta));
    else if (reset === "value") v = r(pre - r((z - above) * r(pre - (resetTo[n] ?? 0))));
    state.vpre[n] = pre;
    state.out[n] = z;
    state.v[n] = v;
  };
}

/** Spikes of the stored state; a threshold is taken off after the decay, on CubaLIF before it. */
function mooreUpdate(
  firing: Firing,
  cuba: boolean,
  state: NeuronState,
  integrate: Integrate,
  precision: Precision,
): Update {
  const { threshold, resetTo, reset } = firing;
  const r = rounding(precision);
  const spikes = spikeTest(firing, precision);
  return (n, x) => {
    const theta = threshold[n] ?? 0;
    const stored = state.v[n] ?? 0;
    const z = spikes(stored, theta);
    let v = stored;
    if (z > 0 && reset === "value") v = resetTo[n] ?? 0;
    if (reset === "subtract" && cuba) v = r(v - r(z * theta));
    v = integrate(n, x, v);
    if (reset === "subtract" && !cuba) v = r(v - r(z * theta));
    state.vpre[n] = state.v[n] = v;
  };
}
