/** What the driver says in numbers. */

/** Smallest and largest of several values. */
export type Span = readonly [min: number, max: number];

/** One weight node. */
export interface WeightReport {
  readonly path: string;
  readonly scheme: string;
  readonly bits: number;
  readonly axis: number | null;
  readonly weights: number;
  /** Clip values. */
  readonly alpha: Span;
  readonly scale: Span;
  readonly sqnrDb: number;
  readonly mse: number;
  readonly clippedFraction: number;
  /** Share of integers that are 0, pruned ones included. */
  readonly zeroFraction: number;
  readonly prunedFraction: number;
  /** Clip percentile that a threshold scaling chose. */
  readonly percentile?: number;
}

/** One neuron node. */
export interface NeuronReport {
  readonly path: string;
  readonly type: string;
  readonly neurons: number;
  /** In the finest LSB. */
  readonly theta: Span;
  readonly fracBits: number;
  /** Volts per weight LSB of state; only while the report is made. */
  readonly stateScale?: Float64Array;
  readonly stateBits: number;
  /** Bits that a memory needs per stored membrane; fewer than `stateBits` on a grid. */
  readonly storedBits: number;
  /** Name of the membrane scheme, where one was chosen. */
  readonly membrane?: string;
  /** Bits that never saturate; absent where nothing bounds the state. */
  readonly neededBits?: number;
  /** Largest input of one step, finest LSB. */
  readonly inputBound: number;
  /** Bits of the input sum, weight LSB. */
  readonly accumulatorBits: number;
  /** Largest relative change of a time constant. */
  readonly tauError: number;
  /** Factor of the threshold that a threshold scaling chose. */
  readonly thetaFactor?: number;
  /** Squared difference of spike counts at p = 100 and factor 1, and as chosen. */
  readonly countError?: Span;
  /** What the float network showed on the calibration samples, in its own units. */
  readonly observed?: ObservedNeuron;
  /** Range of the stored membranes of the dequantised network on the calibration samples, finest LSB. */
  readonly stateSpan?: Span;
  /** True where that range leaves what can be stored. */
  readonly saturates?: boolean;
  /** Spikes per neuron and step over the calibration samples. */
  readonly rateBefore?: number;
  readonly rateAfter?: number;
  /** Cosine between the spike counts of float and dequantised network. */
  readonly countCosine?: number;
}

/** Ranges over the calibration samples. */
export interface ObservedNeuron {
  /** Weighted input of one step. */
  readonly input: Span;
  /** Membrane before the spike test. */
  readonly membrane: Span;
  /** 99.9th percentile of |membrane|, within 1/1024 of its range. */
  readonly membraneP999: number;
}

/** Report of {@link quantizeGraph}. */
export interface QuantizeReport {
  readonly dt: number;
  readonly weights: readonly WeightReport[];
  readonly neurons: readonly NeuronReport[];
  /** Samples that the rates were measured on. */
  readonly samples: number;
  /** Share of labelled samples whose largest output is their label; with one Output and labels alone. */
  readonly accuracyBefore?: number;
  readonly accuracyAfter?: number;
  /** True where the searched scales were worse than plain ones on the whole network, and plain ones were taken. */
  readonly scalingFellBack?: boolean;
}

/** Smallest and largest entry. */
export function spanOf(values: ArrayLike<number>): Span {
  let min = values[0] ?? 0;
  let max = min;
  for (let i = 1; i < values.length; i++) {
    min = Math.min(min, values[i] ?? 0);
    max = Math.max(max, values[i] ?? 0);
  }
  return [min, max];
}
