/** What the simulator's loop knows of a population, whatever it computes in. */
import type { Signal } from "@nirkit/graph";
import type { Accumulator } from "./fan-out.ts";

/** A population between two steps. */
export interface LayerState {
  readonly size: number;
  /** Synaptic sums of the step; `step` reads and clears them. */
  readonly acc: Accumulator;
  /** Output of the last step: 0 or 1 for spikes, the state otherwise. */
  readonly out: Accumulator;
  /** Stored states that a clamp or wrap changed since the last reset. */
  readonly saturations: number;
  /** Largest |output|. */
  readonly outBound: number;
  /** The values behind a signal, or undefined where the population has none. */
  signal(name: Signal): Accumulator | undefined;
  /** Back to the start of a sample. */
  reset(): void;
  /** Advances by one step. */
  step(): void;
}
