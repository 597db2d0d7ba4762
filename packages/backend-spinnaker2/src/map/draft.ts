/** A network as populations and projections of the chip, before anything is placed. */
import type { Float32Neuron } from "@nirkit/network";
import type { ModelName } from "../application-models.ts";
import type { ConvParams } from "../engine/convolution.ts";

/** Synapses by source: targets ascend within a source, weights are not zero. */
export interface SynapseRows {
  readonly start: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
}

/** A convolution as the chip takes it: `[c_in][c_out][k_h][k_w]`, one group, no dilation. */
export interface DraftConvolution {
  readonly shape: readonly [number, number, number, number];
  readonly params: ConvParams;
  readonly weights: Int32Array;
}

/** A projection with its synapses. */
export interface DraftProjection {
  readonly name: string;
  readonly source: string;
  readonly target: string;
  /** Steps; at least 1. */
  readonly delay: number;
  readonly origin: string;
  readonly rows?: SynapseRows;
  readonly conv?: DraftConvolution;
}

/** A population with its model. */
export interface DraftPopulation {
  readonly name: string;
  readonly role: "input" | "neurons" | "relay";
  readonly model: ModelName | "spike_list";
  readonly shape: readonly number[];
  readonly size: number;
  readonly neuron?: Float32Neuron;
}

/** Everything before placement. */
export interface Draft {
  readonly populations: readonly DraftPopulation[];
  readonly projections: readonly DraftProjection[];
}
