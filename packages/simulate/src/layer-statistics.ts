/** What the layers of a network did over one run or many. */
import type { SimulationTrace } from "./run-sample.ts";

/** One node over all samples. */
export interface LayerStatistics {
  readonly node: string;
  readonly neurons: number;
  readonly samples: number;
  /** Steps of all samples together. */
  readonly steps: number;
  readonly eventsIn: number;
  readonly eventsOut: number;
  /** Input events times the non-zero weights they met; 0 for nodes without weights. */
  readonly synapticOps: number;
  /** Of nodes that fire. */
  readonly firing?: FiringStatistics;
}

/** Of the neurons of a node that fires. */
export interface FiringStatistics {
  /** Share of neurons and steps with a spike, 0 … 1. */
  readonly rate: number;
  /** Rate of each neuron, row-major. */
  readonly rates: Float64Array;
  /** Neurons that never fired, by position. */
  readonly dead: Uint32Array;
  /** Neurons that fired in every step. */
  readonly saturated: Uint32Array;
}

/**
 * Rates, dead and saturated neurons, and synaptic operations by node, in the order of execution, over all traces.
 *
 * @param traces of one network
 * @example layerStatistics([trace]).filter(({ firing }) => firing?.dead.length) // layers with silent neurons
 */
export function layerStatistics(traces: Iterable<SimulationTrace>): readonly LayerStatistics[] {
  const sums = new Map<string, { -readonly [K in keyof LayerStatistics]: LayerStatistics[K] }>();
  const active = new Map<string, Float64Array>();
  for (const trace of traces) {
    for (const [node, { samples, steps, neurons, eventsIn, eventsOut, synapticOps }] of trace.activity) {
      const sum = sums.get(node) ?? {
        node,
        neurons,
        samples: 0,
        steps: 0,
        eventsIn: 0,
        eventsOut: 0,
        synapticOps: 0,
      };
      sum.samples += samples;
      sum.steps += steps;
      sum.eventsIn += eventsIn;
      sum.eventsOut += eventsOut;
      sum.synapticOps += synapticOps;
      sums.set(node, sum);
    }
    for (const [node, steps] of trace.activeSteps) {
      const sum = active.get(node) ?? new Float64Array(steps.length);
      for (const [n, count] of steps.entries()) sum[n] = (sum[n] ?? 0) + count;
      active.set(node, sum);
    }
  }
  return [...sums.values()].map((sum) => {
    const counts = active.get(sum.node);
    return counts === undefined ? sum : { ...sum, firing: firingOf(counts, sum.steps) };
  });
}

function firingOf(active: Float64Array, steps: number): FiringStatistics {
  const rates = active.map((count) => (steps === 0 ? 0 : count / steps));
  const where = (wanted: number): Uint32Array =>
    Uint32Array.from([...active.keys()].filter((n) => active[n] === wanted && steps > 0));
  const rate = rates.length === 0 ? 0 : rates.reduce((a, b) => a + b, 0) / rates.length;
  return { rate, rates, dead: where(0), saturated: where(steps) };
}
