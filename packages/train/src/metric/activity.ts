/** Measures of spikes and of what they cost. */
import { type Metric, type Sums, share } from "./metric.ts";

/** Spikes per neuron and step, by node: `rate.lif1`, and over all: `rate`. */
export function spikeRates(): Metric {
  return {
    name: "rate",
    measure: ({ activity, spiking }) => {
      const sums: Record<string, number> = {};
      for (const node of spiking) {
        const { eventsOut = 0, neurons = 0, samples = 0, steps = 0 } = activity.get(node) ?? {};
        sums[`spikes.${node}`] = eventsOut;
        sums[`cells.${node}`] = neurons * samples * steps;
      }
      return sums;
    },
    values: (sums) => {
      const nodes = suffixes(sums, "spikes.");
      const total = (kind: string): number => nodes.reduce((sum, node) => sum + (sums[kind + node] ?? 0), 0);
      return {
        rate: share(total("spikes."), total("cells.")),
        ...Object.fromEntries(
          nodes.map((node) => [`rate.${node}`, share(sums[`spikes.${node}`], sums[`cells.${node}`])]),
        ),
      };
    },
  };
}

/** Synaptic operations per sample: additions of a weight because of an event. */
export function synapticOps(): Metric {
  return {
    name: "synops",
    measure: ({ activity, batch }) => ({
      ops: [...activity.values()].reduce((sum, node) => sum + node.synapticOps, 0),
      samples: batch,
    }),
    values: ({ ops, samples }) => ({ synops: share(ops, samples) }),
  };
}

/** Options of {@link silentNeurons}. */
export interface SilentOptions {
  /** Rate from which a neuron counts as saturated. Default 0.95. */
  readonly saturated?: number;
}

/** Mean share, over batches, of neurons that never spike in a batch (`dead`) and that nearly always do (`saturated`). */
export function silentNeurons(options: SilentOptions = {}): Metric {
  const { saturated: limit = 0.95 } = options;
  return {
    name: "dead",
    needs: "counts",
    measure: ({ counts = new Map<string, Float32Array>(), batch, steps }) => {
      let [dead, saturated, neurons] = [0, 0, 0];
      for (const spikes of counts.values()) {
        const width = spikes.length / batch;
        for (let n = 0; n < width; n++) {
          let sum = 0;
          for (let b = 0; b < batch; b++) sum += spikes[b * width + n] as number;
          if (sum === 0) dead++;
          if (sum >= limit * batch * steps) saturated++;
        }
        neurons += width;
      }
      return { dead, saturated, neurons };
    },
    values: ({ dead, saturated, neurons }) => ({
      dead: share(dead, neurons),
      saturated: share(saturated, neurons),
    }),
  };
}

function suffixes(sums: Sums, prefix: string): string[] {
  return Object.keys(sums).flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}
