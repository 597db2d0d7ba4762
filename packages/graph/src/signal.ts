/** The plain data that simulators, drivers and back ends share: inputs, samples, traces, activity. */
import type { Shape, Tensor } from "./tensor.ts";

/**
 * Sparse input of one sample, by step. Events of step t are `start[t] … start[t + 1] - 1`; `index` is the
 * row-major position in `shape`, ascending within a step; without `value` every event counts 1.
 */
export interface Events {
  readonly steps: number;
  readonly shape: Shape;
  readonly start: Uint32Array;
  readonly index: Uint32Array;
  readonly value?: Int16Array | Float32Array;
}

/** Input of one sample by Input node: a tensor `[T, ...shape]` or {@link Events}. */
export type SpikeInput = ReadonlyMap<string, Tensor | Events>;

/** One sample; `label` is a class index. */
export interface Sample {
  readonly input: SpikeInput;
  readonly label?: number;
}

/** What a simulator can record of a node: output, membrane after reset, membrane before the spike test, synaptic current. */
export type Signal = "out" | "v" | "vpre" | "i";

/** What to record: every listed signal of every listed node (by path, `block/lif` for nested ones). */
export interface RecordSpec {
  readonly nodes: "all" | readonly string[];
  readonly signals: readonly Signal[];
}

/** What a node did over a run, whatever engine ran it; summed over samples. */
export interface NodeActivity {
  readonly samples: number;
  readonly steps: number;
  readonly neurons: number;
  readonly eventsIn: number;
  readonly eventsOut: number;
  readonly synapticOps: number;
}

/** {@link NodeActivity} by node path. */
export type Activity = ReadonlyMap<string, NodeActivity>;

/** Result of one simulated sample. */
export interface Trace {
  readonly steps: number;
  /** By Output node: `[T, ...shape]`, the sum of its incoming edges per step. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** By `path/signal` (`lif1/v`, `block/lif/out`): `[T, ...shape]`. */
  readonly records: ReadonlyMap<string, Tensor>;
  readonly activity: Activity;
}
