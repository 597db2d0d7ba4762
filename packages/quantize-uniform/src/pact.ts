/** PACT: activations clipped at a learned value and counted in equal steps (Choi et al., arXiv 1805.06085). */
import { roundHalfEven } from "@nirkit/integer";

/** Clipped and rounded activations. */
export interface PactActivation {
  /** rne(clip(x, 0, a)·(2^k − 1)/a), 0 … 2^k − 1. */
  readonly ints: Int32Array;
  /** ints·a/(2^k − 1). */
  readonly value: Float32Array;
}

/**
 * Quantises activations.
 *
 * @param clip a, > 0
 * @example pact(Float32Array.of(-0.2, 0.3, 0.9, 1.4, 2), 2, 1.5).ints // [0, 1, 2, 3, 3]
 */
export function pact(x: Float32Array, bits: number, clip: number): PactActivation {
  const top = 2 ** bits - 1;
  const ints = new Int32Array(x.length);
  const value = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const int = roundHalfEven((Math.max(0, Math.min(clip, x[i] ?? 0)) * top) / clip);
    ints[i] = int;
    value[i] = (int * clip) / top;
  }
  return { ints, value };
}

/**
 * dL/dx passes where 0 <= x < a; dL/da is the sum of dL/dy over x >= a.
 *
 * @param gradOut dL/dy, as long as `x`
 */
export function pactGradient(
  gradOut: Float32Array,
  x: Float32Array,
  clip: number,
): { readonly gradX: Float32Array; readonly gradClip: number } {
  const gradX = new Float32Array(x.length);
  let gradClip = 0;
  for (let i = 0; i < x.length; i++) {
    const value = x[i] ?? 0;
    const g = gradOut[i] ?? 0;
    if (value >= clip) gradClip += g;
    else if (value >= 0) gradX[i] = g;
  }
  return { gradX, gradClip };
}
