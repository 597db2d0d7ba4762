/** Straight-through gradients of schemes whose integers follow from signs and dead zones. */
import type { QuantGradients, QuantTensor } from "@nirkit/quantize";

/**
 * dL/dw = dL/dŵ, and dL/ds = Σ dL/dŵ·int, since ŵ = s·int.
 *
 * @param gradOut dL/dŵ
 */
export function scaledStraightThrough(gradOut: Float32Array, { ints, scale }: QuantTensor): QuantGradients {
  const per = ints.length / scale.length;
  const gradScale = new Float64Array(scale.length);
  for (let i = 0; i < ints.length; i++) {
    const channel = Math.floor(i / per);
    gradScale[channel] = (gradScale[channel] ?? 0) + (gradOut[i] ?? 0) * (ints[i] ?? 0);
  }
  return { gradW: Float32Array.from(gradOut), gradScale };
}
