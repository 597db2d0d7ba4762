/** A quantized network on the simulated chip: is it right, and what does it cost. */
import { type S2Mapping, simulateS2, spinnaker2 } from "@nirkit/backend-spinnaker2";
import { type Activity, type NirGraph, NirkitError, type NodeActivity, type Sample } from "@nirkit/graph";
import { lower } from "@nirkit/network";
import { classOf } from "./float-network.ts";
import { stepCount, withTail } from "./samples.ts";

/** What the chip did with a set of samples. */
export interface ChipRun {
  readonly mapping: S2Mapping;
  readonly correct: number;
  /** Class of every sample. */
  readonly classes: Int32Array;
  readonly pes: number;
  /** Spikes of the whole network per sample. */
  readonly spikes: number;
  readonly activity: Activity;
}

/** Settings of the chip. */
export interface ChipOptions {
  /** Milliseconds that a step takes on the chip; the camera's are 50. */
  readonly tickMs: number;
}

/**
 * Maps a quantized network to the chip.
 *
 * @throws NirkitError with everything that the chip cannot do
 */
export function mapGestures(graph: NirGraph, { tickMs }: ChipOptions): S2Mapping {
  const network = lower(graph, spinnaker2.lowering);
  const steps = stepCount + network.latency;
  const options = spinnaker2.options.parse({ steps, tickMs, record: "outputs" });
  const refusals = spinnaker2.check(network, options).filter(({ level }) => level === "error");
  if (refusals.length > 0) throw new NirkitError(refusals);
  return spinnaker2.compile(network, options).mapping;
}

/** Runs samples on the simulated chip, each as many steps longer as spikes take through the network. */
export function runChip(mapping: S2Mapping, samples: readonly Sample[]): ChipRun {
  const total = new Map<string, NodeActivity>();
  const classes = Int32Array.from(samples, (sample) => {
    const { outputs, activity } = simulateS2(mapping, withTail(sample, mapping.latency).input);
    addActivity(total, activity);
    return classOf(outputs);
  });
  const slices = mapping.populations.flatMap((population) => population.slices);
  const neurons = mapping.populations.filter(({ role }) => role === "neurons");
  const fired = neurons.reduce((sum, { name }) => sum + (total.get(name)?.eventsOut ?? 0), 0);
  return {
    mapping,
    classes,
    correct: samples.filter(({ label }, k) => classes[k] === label).length,
    pes: slices.length,
    spikes: fired / Math.max(1, samples.length),
    activity: total,
  };
}

function addActivity(total: Map<string, NodeActivity>, one: Activity): void {
  for (const [name, { samples, steps, neurons, eventsIn, eventsOut, synapticOps }] of one) {
    const before = total.get(name);
    total.set(name, {
      samples: samples + (before?.samples ?? 0),
      steps: steps + (before?.steps ?? 0),
      neurons,
      eventsIn: eventsIn + (before?.eventsIn ?? 0),
      eventsOut: eventsOut + (before?.eventsOut ?? 0),
      synapticOps: synapticOps + (before?.synapticOps ?? 0),
    });
  }
}
