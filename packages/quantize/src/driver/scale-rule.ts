/** Rules of vendors that set the scale of a population in place of the scheme's own fit. */
import type { Recurrence } from "../fold/recurrence.ts";

/** Largest magnitudes over all populations that feed others, in real units. */
export interface NetworkExtent {
  readonly hiddenWeight: number;
  /** Threshold per unit of input gain. */
  readonly hiddenTheta: number;
}

/** One population's weights, biases and thresholds, in real units. */
export interface ScaleRuleRequest {
  /** Weights of every projection, each in the unit of its integer input. */
  readonly weights: readonly Float32Array[];
  /** Output channels of the weights. */
  readonly channels: number;
  /** Biases in the unit of one integer input. */
  readonly biases: readonly Float64Array[];
  readonly recurrences: readonly Recurrence[];
  /** Threshold per unit of weight, one per neuron: theta/(g · input unit). */
  readonly theta: Float64Array;
  /** Scale per channel (or one) as the scheme fitted it. */
  readonly fitted: Float64Array;
  /** True where the population feeds weights. */
  readonly hidden: boolean;
  readonly extent: NetworkExtent;
}

/** Gives the scale, one for the population or one per channel. Made an exact float32 by the driver. */
export type ScaleRule = (request: ScaleRuleRequest) => Float64Array;
