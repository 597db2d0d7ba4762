/** What the nodes of the fused path learn, and a Threshold as a neuron. */
import type { FloatSlot } from "@nirkit/kernels";
import type { NodeSpec } from "../../model/node-spec.ts";
import type { PlanNode } from "../../model/plan.ts";
import type { NeuronSpec } from "../../neuron/neuron-spec.ts";

/** Slots that a neuron learns, each with the number of its values. */
export function learnedCounts(spec: NeuronSpec): ReadonlyMap<FloatSlot, number> {
  const counts = new Map<FloatSlot, number>();
  const add = (slot: FloatSlot, ...sizes: readonly number[]): void => {
    counts.set(slot, Math.max(...sizes));
  };
  const lengthOf = (value: number | Float64Array): number => (typeof value === "number" ? 1 : value.length);
  if (spec.leak !== undefined) {
    const { size } = spec.leak.parameter.variable;
    add("decay", size);
    if (spec.leak.coupled !== undefined) add("gain", size, lengthOf(spec.leak.coupled));
  }
  if (spec.synLeak !== undefined) {
    const { size } = spec.synLeak.parameter.variable;
    add("synDecay", size);
    if (spec.synLeak.coupled !== undefined) add("synGain", size, lengthOf(spec.synLeak.coupled));
  }
  if (spec.threshold !== undefined) add("threshold", spec.threshold.variable.size);
  if (spec.vReset !== undefined) add("vReset", spec.vReset.variable.size);
  return counts;
}

/** The same for a Threshold node. */
export function thresholdCounts(
  spec: Extract<NodeSpec, { kind: "threshold" }>,
): ReadonlyMap<FloatSlot, number> {
  return spec.learned === undefined ? new Map() : new Map([["threshold", spec.learned.variable.size]]);
}

/** A Threshold as a neuron that forgets everything: u = x. */
export function thresholdNeuron(at: PlanNode, spec: Extract<NodeSpec, { kind: "threshold" }>): NeuronSpec {
  const zero = { decay: 0, gain: 1, target: 0, offset: 0, vReset: 0, synDecay: 0, synGain: 1, vStart: 0 };
  return {
    name: at.name,
    shape: at.outputShape,
    membrane: undefined,
    constants: {
      ...zero,
      threshold: spec.threshold,
      gainFactor: undefined,
      synGainFactor: undefined,
      spiking: true,
      synapse: false,
      leaky: false,
    },
    surrogate: spec.surrogate,
    detachReset: true,
    compare: "gt",
    reset: "none",
    resetDelay: 0,
    cubaOrder: "new",
    leak: undefined,
    synLeak: undefined,
    threshold: spec.learned,
    vReset: undefined,
  };
}

/** True where a node has something to learn. */
export function learns(spec: NodeSpec): boolean {
  switch (spec.kind) {
    case "dense":
    case "conv":
    case "scale":
      return true;
    case "threshold":
      return spec.learned !== undefined;
    case "neuron":
      return learnedCounts(spec.neuron).size > 0;
    default:
      return false;
  }
}
