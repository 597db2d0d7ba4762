/** Gradients of weights and of a learned clip value: RCF of APoT (Li et al., arXiv 1909.13144, eq. 5). */
import type { FittedScale, QuantGradients, QuantTensor } from "@nirkit/quantize";

/**
 * dŵ/dalpha of one weight with x = w/alpha and x̂ = ŵ/alpha: sign(x) where it clips, x̂ − x inside.
 *
 * @example rcfDerivative(0.7, 0.5) // -0.2; rcfDerivative(-1.3, -1) is -1
 */
export function rcfDerivative(x: number, quantized: number): number {
  if (x > 1) return 1;
  return x < -1 ? -1 : quantized - x;
}

/**
 * Straight-through for the weights, unclipped; for alphaMode learned also dL/ds = top · dL/dalpha, since
 * alpha = top · s.
 *
 * @param gradOut dL/dŵ, as long as `w`
 * @param quantize gives the integers; called for alphaMode learned alone
 */
export function straightThrough(
  gradOut: Float32Array,
  w: Float32Array,
  fitted: FittedScale,
  p: { readonly alphaMode: string; readonly alphaGradient: number },
  top: number,
  quantize: () => QuantTensor,
): QuantGradients {
  const gradW = Float32Array.from(gradOut);
  if (p.alphaMode !== "learned") return { gradW };
  const { ints } = quantize();
  const per = w.length / fitted.scale.length;
  const gradScale = new Float64Array(fitted.scale.length);
  for (let i = 0; i < w.length; i++) {
    const channel = Math.floor(i / per);
    const alpha = (fitted.scale[channel] ?? 1) * top;
    const slope = rcfDerivative((w[i] ?? 0) / alpha, (ints[i] ?? 0) / top);
    gradScale[channel] = (gradScale[channel] ?? 0) + p.alphaGradient * top * slope * (gradOut[i] ?? 0);
  }
  return { gradW, gradScale };
}
