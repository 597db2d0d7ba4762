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
}

/** One neuron node. */
export interface NeuronReport {
  readonly path: string;
  readonly type: string;
  readonly neurons: number;
  /** In the finest LSB. */
  readonly theta: Span;
  readonly fracBits: number;
  readonly stateBits: number;
  /** Bits that never saturate; absent where nothing bounds the state. */
  readonly neededBits?: number;
  /** Largest input of one step, finest LSB. */
  readonly inputBound: number;
  /** Bits of the input sum, weight LSB. */
  readonly accumulatorBits: number;
  /** Largest relative change of a time constant. */
  readonly tauError: number;
  /** Spikes per neuron and step over the calibration samples. */
  readonly rateBefore?: number;
  readonly rateAfter?: number;
  /** Cosine between the spike counts of float and dequantised network. */
  readonly countCosine?: number;
}

/** Report of {@link quantizeGraph}. */
export interface QuantizeReport {
  readonly dt: number;
  readonly weights: readonly WeightReport[];
  readonly neurons: readonly NeuronReport[];
  /** Samples that the rates were measured on. */
  readonly samples: number;
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
