/**
 * NIRData: what was observed at the nodes of a graph, as plain data.
 *
 * Wire names are those of the Python package (since 1.0.8); times are in seconds.
 *
 * @see nir.md section 9
 */
import type { Tensor } from "@nirkit/graph";

/** One value per sample, step and neuron: booleans for spikes, floats for anything else. */
export interface TimeGridded {
  readonly type: "TimeGriddedData";
  /** `[samples, steps, neurons]`, row-major; neurons of a population of higher rank are counted row-major. */
  readonly data: Tensor;
  /** Seconds per step, above 0. */
  readonly dt: number;
}

/** Events by sample, padded at the end with index -1 and time +Infinity. */
export interface TimedEvents {
  readonly type: "EventData";
  /** `[samples, events]`, integers: the neuron, or -1 for no event. */
  readonly idx: Tensor;
  /** `[samples, events]`, seconds. */
  readonly time: Tensor;
  readonly nNeurons: number;
  /** Seconds that were recorded. */
  readonly tMax: number;
}

/** {@link TimedEvents} that carry a value each. */
export interface ValuedEvents extends Omit<TimedEvents, "type"> {
  readonly type: "ValuedEventData";
  /** `[samples, events]`. */
  readonly value: Tensor;
}

/** Something observed at a node, such as its spikes or its membrane. */
export type Observable = TimeGridded | TimedEvents | ValuedEvents;

/** Observables of one node by name. */
export interface NirNodeData {
  readonly type: "NIRNodeData";
  readonly observables: ReadonlyMap<string, Observable>;
}

/** Data by node name; nested data belongs to a nested graph of that name. */
export interface NirGraphData {
  readonly type: "NIRGraphData";
  readonly nodes: ReadonlyMap<string, NirNodeData | NirGraphData>;
}

/** Neurons that an observable counts. */
export function neuronsOf(observable: Observable): number {
  return observable.type === "TimeGriddedData" ? (observable.data.shape[2] ?? 0) : observable.nNeurons;
}
