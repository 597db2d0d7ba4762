/** The worked inputs of every table, and short ways to a quantised tensor. */
import type { QuantTensor, WeightQuantizer } from "@nirkit/quantize";

/** [[0.9, −0.35, 0.05], [−0.6, 0.12, −0.02]]. */
export const W: Float32Array = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);

/** Fits and quantises; the parameters are parsed, defaults filled in. */
export function quantized<P>(
  quantizer: WeightQuantizer<P>,
  w: Float32Array,
  shape: readonly number[],
  p: Partial<P> = {},
): QuantTensor {
  const params = quantizer.params.parse(p);
  return quantizer.quantize(w, quantizer.fit(w, shape, params), params);
}

/** Quantises at a given scale. */
export function quantizedAt<P>(
  quantizer: WeightQuantizer<P>,
  w: Float32Array,
  scale: number,
  p: Partial<P> = {},
): QuantTensor {
  const params = quantizer.params.parse(p);
  const fitted = {
    axis: null,
    scale: Float64Array.of(scale),
    alpha: Float64Array.of(Number.POSITIVE_INFINITY),
    shape: [w.length],
  };
  return quantizer.quantize(w, fitted, params);
}
