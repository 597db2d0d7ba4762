/** Events that samples cause, counted by the golden simulator: what estimates and layouts rest on. */
import type { Activity, NodeActivity, Sample } from "@nirkit/graph";
import { createNetworkSimulator, type LowerOptions, type Network } from "@nirkit/network";
import { plusActivity, prolonged } from "./engine.ts";

/** What some samples cause in a network. */
export interface MeasuredActivity {
  readonly samples: number;
  /** All samples together, by node. */
  readonly activity: Activity;
  /** The 99th-percentile sample by events in all: what a design that keeps up has to take. */
  readonly busy: { readonly steps: number; readonly events: ReadonlyMap<string, number> };
  /** The sample with the most events; undefined without samples. */
  readonly busiest: Sample | undefined;
}

/**
 * Runs samples through the golden network.
 *
 * @param links how the network was lowered: with a step per link, a sample is followed by as many silent steps
 * @param progress called with the samples that are done
 */
export async function measureActivity(
  network: Network,
  links: LowerOptions["links"],
  samples: AsyncIterable<Sample>,
  progress: (done: number) => void,
): Promise<MeasuredActivity> {
  const simulator = createNetworkSimulator(network);
  const ports = [...network.inputs, ...network.populations].map(({ name }) => name);
  const tail = links === "one-step" ? network.latency : 0;
  const whole = new Map<string, NodeActivity>();
  const each: {
    readonly steps: number;
    readonly events: ReadonlyMap<string, number>;
    readonly total: number;
  }[] = [];
  let busiest: { readonly sample: Sample; readonly total: number } | undefined;
  for await (const sample of samples) {
    const { input } = sample;
    const { steps, activity } = simulator.run(prolonged(input, tail));
    for (const [name, part] of activity) whole.set(name, plusActivity(whole.get(name), part));
    const events = new Map(ports.map((name) => [name, activity.get(name)?.eventsOut ?? 0]));
    const total = [...events.values()].reduce((sum, count) => sum + count, 0);
    if (busiest === undefined || total > busiest.total) busiest = { sample, total };
    each.push({ steps, events, total });
    progress(each.length);
  }
  const sorted = [...each].sort((a, b) => a.total - b.total);
  const { steps, events } = sorted[Math.max(0, Math.ceil(0.99 * sorted.length) - 1)] ?? {
    steps: 0,
    events: new Map<string, number>(),
  };
  return { samples: each.length, activity: whole, busy: { steps, events }, busiest: busiest?.sample };
}
