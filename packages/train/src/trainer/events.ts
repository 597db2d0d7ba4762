/** What a run of training reports. */
import type { Diagnostic } from "@nirkit/graph";

/** Values of a metric by name. */
export type MetricValues = Readonly<Record<string, number>>;

/** After each optimizer step. */
export interface StepEvent {
  readonly kind: "step";
  /** Optimizer steps done, of `steps` in the run. */
  readonly step: number;
  readonly steps: number;
  /** From 0. */
  readonly epoch: number;
  /** Batches done in the epoch, of `batches`. */
  readonly batch: number;
  readonly batches: number;
  readonly loss: number;
  readonly metrics: MetricValues;
  readonly lr: number;
  /** Norm of all gradients before clipping. */
  readonly gradNorm: number;
  /** Largest amount of tensors in MB at the end of the step. */
  readonly memoryMB: number;
  /** With a clock: milliseconds of the step, samples a second, seconds to the end of the run. */
  readonly ms?: number;
  readonly samplesPerSec?: number;
  readonly etaSec?: number;
  readonly diagnostics: readonly Diagnostic[];
}

/** Means over an epoch: the loss and every metric. */
export interface EpochMeans {
  readonly loss: number;
  readonly metrics: MetricValues;
}

/** After each epoch. */
export interface EpochEvent {
  readonly kind: "epoch";
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly train: EpochMeans;
  readonly validation?: EpochMeans;
  readonly lr: number;
  /** Why the run ends here, where it ends before its last epoch. */
  readonly stopped?: string;
}

/** An event of a run. */
export type TrainEvent = StepEvent | EpochEvent;

/**
 * A monitored value of an epoch: `loss` and `accuracy` of training, `val.loss` and `val.accuracy` of validation.
 * Undefined where there is none of that name.
 */
export function monitored(event: EpochEvent, name: string): number | undefined {
  const [means, key] = name.startsWith("val.") ? [event.validation, name.slice(4)] : [event.train, name];
  return key === "loss" ? means?.loss : means?.metrics[key];
}
