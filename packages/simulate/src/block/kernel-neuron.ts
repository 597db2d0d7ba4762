/** Which neurons the fused kernel computes. */
import type { Unit } from "../program.ts";
import type { NeuronModel } from "../step/neuron-model.ts";

/** True for neurons that the kernel computes as the plain step does. */
export function hasKernelNeuron({ step }: Unit): boolean {
  return step.plan?.kind === "neuron" && fits(step.plan.model);
}

function fits({ synapse, decayLast, firing }: NeuronModel): boolean {
  if (decayLast || synapse?.target !== undefined) return false;
  if (firing === undefined) return true;
  if (firing.multiSpike || firing.vFloor !== "none" || firing.fire === "before") return false;
  // The guard acts on membranes that a reset left above the threshold; a reset to a value below it leaves none.
  const below = firing.resetTo.every((value, n) => value <= (firing.threshold[n] ?? 0));
  return !firing.doubleResetGuard || firing.reset === "none" || (firing.reset === "value" && below);
}
