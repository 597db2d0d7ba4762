/** The worked inputs of every table, and a short way to a quantised tensor. */
import type { FittedScale, QuantTensor, WeightQuantizer } from "@nirkit/quantize";

/** [[0.9, −0.35, 0.05], [−0.6, 0.12, −0.02]]. */
export const W: Float32Array = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);

/** Fits and quantises W as [2, 3], or other weights; the parameters are parsed, defaults filled in. */
export function quantized<P>(
  quantizer: WeightQuantizer<P>,
  p: Partial<P> = {},
  w: Float32Array = W,
  shape: readonly number[] = [2, 3],
): QuantTensor & { readonly fitted: FittedScale } {
  const params = quantizer.params.parse(p);
  const fitted = quantizer.fit(w, shape, params);
  return { ...quantizer.quantize(w, fitted, params), fitted };
}

/** Numbers to six digits. */
export function digits(values: ArrayLike<number>): number[] {
  return Array.from(values, (x) => Number(x.toPrecision(6)));
}
