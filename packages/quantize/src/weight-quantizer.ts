/** The contract of a weight quantiser (quantization.md section 0). */
import type { BitSet } from "@nirkit/integer";
import type { Shape } from "@nirkit/graph";
import type { z } from "zod";
import type { QuantTensor } from "./quant-tensor.ts";

/** Scales picked by `fit`: one entry per tensor or per output channel, exactly representable in float32. */
export interface FittedScale {
  readonly axis: number | null;
  readonly scale: Float64Array;
  /** Clip value per scale entry, same unit as the weights. */
  readonly alpha: Float64Array;
  readonly shape: Shape;
}

/** Invariants of quantization.md section 0 that a scheme keeps. */
export interface Keeps {
  readonly idempotent: boolean;
  readonly symmetric: boolean;
  readonly monotone: boolean;
  readonly zero: boolean;
}

/**
 * A weight quantiser. Pure and deterministic; float64 inside. `P` are its parameters, described by `params`
 * (defaults inside), so that a scheme can be named in text (`uniform{bits=4,axis=0}`).
 */
export interface WeightQuantizer<P> {
  readonly scheme: string;
  readonly summary: string;
  readonly params: z.ZodType<P>;
  readonly keeps: Keeps;
  /** Stored width of a code in bits. */
  bits(p: P): number;
  /** Width of the integers in bits. */
  intBits(p: P): number;
  /** Picks the scale(s), never the integers; masked weights do not count. */
  fit(w: Float32Array, shape: Shape, p: P, mask?: BitSet): FittedScale;
  quantize(w: Float32Array, fitted: FittedScale, p: P): QuantTensor;
  /** Code to integer, total on all 2^bits patterns. */
  decodeCode(code: number, p: P): number;
  /** Integer to code; throws on a non-level. */
  encodeInt(int: number, p: P): number;
  /** All integers of the scheme, sorted, unique. */
  levels(p: P): Int32Array;
  /** Straight-through gradients for training. */
  backward(gradOut: Float32Array, w: Float32Array, fitted: FittedScale, p: P): { readonly gradW: Float32Array; readonly gradScale?: Float64Array };
}
