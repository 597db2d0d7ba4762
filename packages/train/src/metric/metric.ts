/** Measures of a batch as sums, so that batches, workers and continued runs add up exactly. */
import type { Activity } from "@nirkit/graph";

/** What a metric may look at. */
export interface Measured {
  /** `[B, C]`: the readout of the loss. */
  readonly readout: Float32Array;
  readonly labels: Int32Array;
  readonly batch: number;
  readonly classes: number;
  readonly steps: number;
  readonly activity: Activity;
  /** Paths of the neurons that spike, out of all nodes of the activity. */
  readonly spiking: readonly string[];
  /** Output `[T, B, C]`, for metrics that ask for it. */
  readonly sequence?: Float32Array;
  /** Spike counts `[B, N]` by node, for metrics that ask for them. */
  readonly counts?: ReadonlyMap<string, Float32Array>;
}

/** Named sums; those of two batches are added by name. */
export type Sums = Readonly<Record<string, number>>;

/** One measure. */
export interface Metric {
  readonly name: string;
  /** What has to be kept of a forward pass for it. */
  readonly needs?: "sequence" | "counts";
  /** Sums of one batch. */
  measure(batch: Measured): Sums;
  /** Values of summed batches, by name; the first is the metric's own. */
  values(sums: Sums): Readonly<Record<string, number>>;
}

/** Sums of two batches. */
export function addSums(a: Sums, b: Sums): Sums {
  const sums: Record<string, number> = { ...a };
  for (const [name, value] of Object.entries(b)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

/** a / b, 0 for nothing of nothing. */
export function share(a: number | undefined, b: number | undefined): number {
  return b === undefined || b === 0 ? 0 : (a ?? 0) / b;
}
