/**
 * Gradients through the rounding: straight-through estimator (Bengio et al., arXiv 1308.3432) and learned step size
 * (LSQ, Esser et al., arXiv 1902.08153, eq. 3 and 5).
 */
import { roundHalfEven } from "@nirkit/integer";
import type { FittedScale, QuantGradients } from "@nirkit/quantize";
import { type UniformParams, uniformRange } from "./uniform-params.ts";

/**
 * STE: dL/dw = dL/dŵ, with `ste-clipped` only where |w| <= alpha.
 * LSQ with v = w/s: dŵ/dw = [Qn < v < Qp]; dŵ/ds = round(v) − v inside, Qn or Qp outside; the step gradient is
 * scaled by 1/sqrt(N·Qp), N the weights per scale.
 *
 * @param gradOut dL/dŵ, as long as `w`
 */
export function uniformGradient(
  gradOut: Float32Array,
  w: Float32Array,
  fitted: FittedScale,
  p: UniformParams,
): QuantGradients {
  if (p.gradient === "ste") return { gradW: Float32Array.from(gradOut) };
  const per = w.length / fitted.scale.length;
  const gradW = new Float32Array(w.length);
  if (p.gradient === "ste-clipped") {
    for (let i = 0; i < w.length; i++) {
      const alpha = fitted.alpha[Math.floor(i / per)] ?? 0;
      gradW[i] = Math.abs(w[i] ?? 0) <= alpha ? (gradOut[i] ?? 0) : 0;
    }
    return { gradW };
  }
  const [, qp] = uniformRange(p);
  const gradScale = new Float64Array(fitted.scale.length);
  const g = 1 / Math.sqrt(per * qp);
  for (let i = 0; i < w.length; i++) {
    const channel = Math.floor(i / per);
    const { inside, step } = lsqDerivatives((w[i] ?? 0) / (fitted.scale[channel] ?? 1), p);
    gradW[i] = inside * (gradOut[i] ?? 0);
    gradScale[channel] = (gradScale[channel] ?? 0) + g * step * (gradOut[i] ?? 0);
  }
  return { gradW, gradScale };
}

/**
 * dŵ/dw and dŵ/ds at v = w/s.
 *
 * @example lsqDerivatives(-2.8, { bits: 4, range: "full" }) // { inside: 1, step: -0.2 }
 */
export function lsqDerivatives(
  v: number,
  p: Pick<UniformParams, "bits" | "range">,
): { readonly inside: 0 | 1; readonly step: number } {
  const [qn, qp] = uniformRange(p);
  if (v <= qn) return { inside: 0, step: qn };
  if (v >= qp) return { inside: 0, step: qp };
  return { inside: 1, step: roundHalfEven(v) - v };
}
