/** Batch normalisation taken into the weights before it. */
import type { Shape } from "@nirkit/graph";

/** Statistics and parameters of a batch normalisation, one entry per channel. */
export interface BatchNorm {
  readonly mean: ArrayLike<number>;
  readonly variance: ArrayLike<number>;
  /** Scale; 1 when absent. */
  readonly gamma?: ArrayLike<number>;
  /** Shift; 0 when absent. */
  readonly beta?: ArrayLike<number>;
  /** PyTorch's 1e-5 when absent. */
  readonly epsilon?: number;
}

/**
 * w' = w·gamma/std, b' = (b − mean)·gamma/std + beta, std = sqrt(variance + epsilon).
 *
 * For exporters: NIR itself has no such node, and what its graphs can carry of it (Scale, diagonal Affine) the driver folds
 * by itself.
 *
 * @param weight row-major, channels first
 * @param bias one per channel; 0 when absent
 * @throws RangeError when lengths disagree
 * @example W [[2]], b [1], mean 3, variance 4, gamma 5, beta 6, epsilon 0: W' [[5]], b' [1]
 */
export function foldBatchNormInto(
  weight: Float32Array,
  shape: Shape,
  bias: ArrayLike<number> | undefined,
  norm: BatchNorm,
): { readonly weight: Float32Array; readonly bias: Float32Array } {
  const channels = shape[0] ?? 1;
  const { mean, variance, gamma, beta, epsilon = 1e-5 } = norm;
  for (const values of [mean, variance, gamma, beta, bias])
    if (values !== undefined && values.length !== channels)
      throw new RangeError(`foldBatchNormInto: ${values.length} values for ${channels} channels`);
  const per = weight.length / channels;
  const factor = Float64Array.from(
    { length: channels },
    (_, c) => (gamma?.[c] ?? 1) / Math.sqrt((variance[c] ?? 0) + epsilon),
  );
  return {
    weight: weight.map((w, i) => w * (factor[Math.floor(i / per)] ?? 1)),
    bias: Float32Array.from(
      { length: channels },
      (_, c) => ((bias?.[c] ?? 0) - (mean[c] ?? 0)) * (factor[c] ?? 1) + (beta?.[c] ?? 0),
    ),
  };
}
