/** The contract of a weight quantiser: the scheme decides which integers are allowed and how they pack into bits. */
import type { Diagnostic, Shape } from "@nirkit/graph";
import type { BitSet } from "@nirkit/integer";
import type { z } from "zod";
import type { QuantTensor } from "./quant-tensor.ts";

/** Scales picked by `fit`: one entry per tensor or per output channel, exactly representable in float32. */
export interface FittedScale {
  readonly axis: number | null;
  readonly scale: Float64Array;
  /** Clip value per scale entry, same unit as the weights. */
  readonly alpha: Float64Array;
  /** Decision boundary per scale entry, same unit as the weights, of schemes where no scale gives it (ternary). */
  readonly cut?: Float64Array;
  readonly shape: Shape;
}

/** Invariants that a scheme keeps; the conformance kit tests those that are declared. */
export interface Keeps {
  /** Quantising the dequantised weights with the same scale gives the same integers. */
  readonly idempotent: boolean;
  /** q(−w) = −q(w). */
  readonly symmetric: boolean;
  /** w1 <= w2 gives q(w1) <= q(w2). */
  readonly monotone: boolean;
  /** 0 is a level and w = 0 takes it. */
  readonly zero: boolean;
}

/** Words of a scheme that the annotation `nirkit:quant` carries, enough to know its levels again. */
export interface SchemeWords {
  readonly layout: string;
  readonly rounding: string;
  readonly alphaMode: string;
}

/** Gradients of one quantised tensor. */
export interface QuantGradients {
  readonly gradW: Float32Array;
  /** One entry per scale; absent where the scale is not learned. */
  readonly gradScale?: Float64Array;
}

/**
 * A weight quantiser. Pure and deterministic; float64 inside. `P` are its parameters, described by `params`
 * (defaults inside), so that a scheme can be named in text (`uniform{bits=4,axis=0}`).
 */
export interface WeightQuantizer<P> {
  readonly scheme: string;
  readonly summary: string;
  readonly params: z.ZodType<P>;
  /** What holds for the default parameters. */
  readonly keeps: Keeps;
  /** What holds for these parameters, where that is not `keeps`. */
  keepsFor?(p: P): Keeps;
  /** Stored width of a code in bits. */
  bits(p: P): number;
  /** Width of the integers in bits. */
  intBits(p: P): number;
  /**
   * Picks the scale(s), never the integers; masked weights (bit off) do not count.
   * An all-zero tensor or channel takes scale 1.
   *
   * @throws E_NON_FINITE with the first offending index, E_NO_ZERO_LEVEL where weights are masked and 0 is no level
   */
  fit(w: Float32Array, shape: Shape, p: P, mask?: BitSet): FittedScale;
  /** @throws E_NON_FINITE with the first offending index */
  quantize(w: Float32Array, fitted: FittedScale, p: P): QuantTensor;
  /** Code to integer, total on all 2^bits patterns. */
  decodeCode(code: number, p: P): number;
  /**
   * Integer to code.
   *
   * @throws E_NOT_A_LEVEL
   */
  encodeInt(int: number, p: P): number;
  /** All integers of the scheme, sorted, unique. */
  levels(p: P): Int32Array;
  /** Straight-through gradients for training. */
  backward(gradOut: Float32Array, w: Float32Array, fitted: FittedScale, p: P): QuantGradients;
  /** What the annotation says about the scheme beside its name and bits. */
  describe(p: P): SchemeWords;
  /** What the scheme itself has to say about a result (levels that nothing takes, ...). */
  review?(tensor: QuantTensor, p: P, path: string): readonly Diagnostic[];
  /** Parameters that clip at a percentile of |w|; without it the driver clips the weights before `fit`. */
  withPercentile?(p: P, percentile: number): P;
  /** Parameters that give the levels and codes of an annotation back; undefined where its words are unknown. */
  fromWords(bits: number, axis: number | null, words: SchemeWords): P | undefined;
}

/** The invariants that a quantiser keeps with some parameters. */
export function keepsOf<P>(quantizer: WeightQuantizer<P>, p: P): Keeps {
  return quantizer.keepsFor?.(p) ?? quantizer.keeps;
}

/** Declares a quantiser; only there to infer its parameter type. */
export function defineQuantizer<P>(quantizer: WeightQuantizer<P>): WeightQuantizer<P> {
  return quantizer;
}

/** A scheme whose levels and codes are checked too. */
// biome-ignore lint/suspicious/noExplicitAny: quantizers of different parameter types stand in one list
export type AnyQuantizer = WeightQuantizer<any>;
