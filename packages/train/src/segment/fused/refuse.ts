/** What the fused path leaves to the composite one. */
import type { NetworkSpec, NodeSpec } from "../../model/node-spec.ts";
import type { Surrogate } from "../../surrogate/surrogate.ts";
import { hasFormula } from "./surrogate-table.ts";

/** Why a network cannot run on the kernels; undefined where it can. */
export function fusedRefusal(network: NetworkSpec): string | undefined {
  for (const [name, spec] of network.specs) {
    const why = surrogateRefusal(spec);
    if (why !== undefined) return `${name}: ${why}`;
  }
  for (const at of network.plan.nodes.values())
    for (const { name, feedback } of at.sources)
      if (feedback && !startsKnown(network, name))
        return `${name}: what it feeds back before the first step is a sum of biases along several nodes`;
  return undefined;
}

function surrogateRefusal(spec: NodeSpec): string | undefined {
  if (spec.kind === "extension") return "a node type of a third party";
  if (spec.kind === "neuron") {
    const { surrogate, threshold, constants, membrane } = spec.neuron;
    if (membrane !== undefined) return "a membrane on levels";
    return constants.spiking ? refusal(surrogate, threshold?.variable.size, constants.threshold) : undefined;
  }
  return spec.kind === "threshold"
    ? refusal(spec.surrogate, spec.learned?.variable.size, spec.threshold)
    : undefined;
}

function refusal(
  surrogate: Surrogate,
  learned: number | undefined,
  threshold: number | Float64Array,
): string | undefined {
  const several = learned === undefined ? typeof threshold !== "number" : learned > 1;
  return !hasFormula(surrogate) && several
    ? "a surrogate of one's own for thresholds that differ"
    : undefined;
}

/** True where the value of a feedback source before the first step is 0 or its own bias. */
function startsKnown(network: NetworkSpec, name: string): boolean {
  if (network.plan.dialect.feedbackT0 === "zeroSignal" || isSilent(network, name)) return true;
  const { kind } = network.specs.get(name) as NodeSpec;
  const sources = network.plan.nodes.get(name)?.sources ?? [];
  return (kind === "dense" || kind === "conv") && sources.every((source) => isSilent(network, source.name));
}

/** True where silent neurons and inputs give 0. */
function isSilent(network: NetworkSpec, name: string): boolean {
  const spec = network.specs.get(name) as NodeSpec;
  const at = network.plan.nodes.get(name);
  if (spec.kind === "neuron" || spec.kind === "delay" || at?.node.type === "Input") return true;
  const unbiased =
    spec.kind === "dense" ? spec.bias === undefined : spec.kind === "pool" || spec.kind === "scale";
  if (!unbiased && spec.kind !== "pass") return false;
  return (at?.sources ?? []).every((source) => isSilent(network, source.name));
}
