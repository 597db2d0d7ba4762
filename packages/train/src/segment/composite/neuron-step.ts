/** One step of a neuron node as tfjs operations: the equations of training.md 4.1, gradients by the tape. */
import type { FloatSlot } from "@nirkit/kernels";
import * as tf from "@tensorflow/tfjs-core";
import { storedMembrane } from "../../neuron/membrane-levels.ts";
import { constantTensor, learnedSlots, type NeuronSpec } from "../../neuron/neuron-spec.ts";
import { detached } from "../../parameter/straight-through.ts";
import { spike } from "./spike.ts";

/** State between two steps, `[B, ...shape]`. */
export interface StepState {
  readonly v: tf.Tensor;
  readonly i: tf.Tensor | undefined;
  /** Spikes of the step before, where the reset comes one step late. */
  readonly spikes: tf.Tensor | undefined;
}

/** What one step gives. */
export interface StepResult {
  readonly state: StepState;
  /** Membrane after integration, before the reset. */
  readonly u: tf.Tensor;
  readonly out: tf.Tensor;
}

/** Constants and learned values of a neuron for one forward pass. */
export interface NeuronValues {
  readonly spec: NeuronSpec;
  readonly spiking: boolean;
  at(slot: FloatSlot): tf.Tensor;
  /** True where the slot is the constant 0. */
  isZero(slot: FloatSlot): boolean;
}

/** Gathers the values once per forward pass. */
export function neuronValues(
  spec: NeuronSpec,
  spiking: boolean,
  context: { readonly training?: boolean; readonly step?: number },
): NeuronValues {
  const learned = learnedSlots(spec, context);
  const constants = new Map<FloatSlot, tf.Tensor>();
  return {
    spec,
    spiking,
    isZero: (slot) => !learned.has(slot) && spec.constants[slot] === 0,
    at: (slot) => {
      const found = learned.get(slot) ?? constants.get(slot);
      if (found !== undefined) return found;
      const made = constantTensor(spec.constants[slot], spec.shape);
      constants.set(slot, made);
      return made;
    },
  };
}

/** One step. */
export function neuronStep(values: NeuronValues, x: tf.Tensor, state: StepState): StepResult {
  const { spec } = values;
  const { constants, reset, resetDelay } = spec;
  const i = state.i && tf.add(tf.mul(state.i, values.at("synDecay")), tf.mul(x, values.at("synGain")));
  const drive = constants.synapse ? ((spec.cubaOrder === "new" ? i : state.i) as tf.Tensor) : x;
  let u = tf.add(leaked(values, state.v), tf.mul(drive, values.at("gain")));
  if (!values.isZero("offset")) u = tf.add(u, values.at("offset"));
  const stored = (v: tf.Tensor): tf.Tensor =>
    spec.membrane === undefined || !values.spiking ? v : storedMembrane(v, spec.membrane);
  if (!constants.spiking) return { state: { v: stored(u), i, spikes: undefined }, u, out: u };
  const late = resetDelay === 1 && reset === "subtract";
  const theta = values.at("threshold");
  if (late && state.spikes !== undefined) u = tf.sub(u, tf.mul(theta, resetting(values, state.spikes)));
  const s = spike(u, theta, { ...spec, spiking: values.spiking });
  const v = late ? u : afterReset(values, u, resetting(values, s));
  return { state: { v: stored(v), i, spikes: late ? s : undefined }, u, out: s };
}

/** The spikes of step −1 of a late reset, from the membrane that was carried over. */
export function carriedSpikes(values: NeuronValues, v: tf.Tensor): tf.Tensor | undefined {
  const { spec } = values;
  if (!(spec.resetDelay === 1 && spec.reset === "subtract" && spec.constants.spiking)) return undefined;
  return detached(spike(v, values.at("threshold"), { ...spec, spiking: values.spiking }));
}

function leaked(values: NeuronValues, v: tf.Tensor): tf.Tensor {
  const decay = values.at("decay");
  if (values.isZero("target")) return tf.mul(v, decay);
  const target = values.at("target");
  return tf.add(tf.mul(tf.sub(v, target), decay), target);
}

function resetting({ spec, spiking }: NeuronValues, s: tf.Tensor): tf.Tensor {
  return spec.detachReset && spiking ? detached(s) : s;
}

function afterReset(values: NeuronValues, u: tf.Tensor, s: tf.Tensor): tf.Tensor {
  const { reset } = values.spec;
  if (reset === "none") return u;
  if (reset === "subtract") return tf.sub(u, tf.mul(s, values.at("threshold")));
  const kept = tf.mul(u, tf.sub(1, s));
  return values.isZero("vReset") ? kept : tf.add(kept, tf.mul(s, values.at("vReset")));
}
