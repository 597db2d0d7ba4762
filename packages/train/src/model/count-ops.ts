/** What a network did in operations: additions of weights because of events, and what dense products would have done. */
import type { Activity } from "@nirkit/graph";
import type { NetworkSpec, NodeSpec } from "./node-spec.ts";

/** One node, over all samples and steps. */
export interface LayerOps {
  /** Elements of its output that were not 0. */
  readonly spikes: number;
  /** Spikes per element and step. */
  readonly rate: number;
  /** Events in times the weights that each of them meets. */
  readonly synapticOps: number;
  /** Multiplications of a dense product of the same shape. */
  readonly denseMacs: number;
}

/** All nodes, and sums over them. */
export interface SynapticOps {
  readonly layers: ReadonlyMap<string, LayerOps>;
  readonly samples: number;
  readonly synapticOps: number;
  readonly denseMacs: number;
}

/** Operations of the passes that an activity tells of. */
export function countOps({ specs }: NetworkSpec, activity: Activity): SynapticOps {
  const layers = new Map<string, LayerOps>();
  let [samples, synapticOps, denseMacs] = [0, 0, 0];
  for (const [name, seen] of activity) {
    const spec = specs.get(name);
    const places = seen.samples * seen.steps;
    const dense = spec === undefined ? 0 : macsPerStep(spec) * places;
    layers.set(name, {
      spikes: seen.eventsOut,
      rate: places === 0 ? 0 : seen.eventsOut / (places * seen.neurons),
      synapticOps: seen.synapticOps,
      denseMacs: dense,
    });
    samples = Math.max(samples, seen.samples);
    synapticOps += seen.synapticOps;
    denseMacs += dense;
  }
  return { layers, samples, synapticOps, denseMacs };
}

function macsPerStep(spec: NodeSpec): number {
  if (spec.kind === "dense") return spec.matrices * spec.inputs * spec.outputs;
  if (spec.kind !== "conv") return 0;
  const { input, output, kernel, groups } = spec.geometry;
  return output[0] * output[1] * output[2] * (input[0] / groups) * kernel[0] * kernel[1];
}
