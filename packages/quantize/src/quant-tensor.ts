/** A quantised weight tensor: exact integers, a real scale, and the views of both (quantization.md section 0). */
import type { Shape } from "@nirkit/graph";

/** Narrowest signed array that holds `intBits`. */
export type IntArray = Int8Array | Int16Array | Int32Array;

/** How the quantised tensor differs from the float one. */
export interface QuantStats {
  readonly mse: number;
  readonly sqnrDb: number;
  readonly clippedFraction: number;
  readonly zeroFraction: number;
  /** Count per entry of the scheme's sorted `levels`. */
  readonly levelHistogram: Uint32Array;
}

/**
 * `dequant[i] === Math.fround(scale[channel] * ints[i])`, zero point 0 always.
 * `axis` null: one scale; 0: one per output channel. Scales are exactly representable in float32.
 */
export interface QuantTensor {
  readonly scheme: string;
  readonly bits: number;
  readonly intBits: number;
  readonly shape: Shape;
  readonly axis: number | null;
  readonly scale: Float64Array;
  readonly ints: IntArray;
  readonly codes: Uint8Array | Uint16Array | Int8Array;
  readonly dequant: Float32Array;
  readonly stats: QuantStats;
}
