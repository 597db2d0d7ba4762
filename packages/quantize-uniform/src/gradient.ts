/**
 * Gradients through the rounding: straight-through estimator (Bengio et al., arXiv 1308.3432), learned step size
 * (LSQ, Esser et al., arXiv 1902.08153, eq. 3 and 5), element-wise gradient scaling (EWGS, Lee et al., arXiv
 * 2104.00903).
 */
import { roundHalfEven } from "@nirkit/integer";
import type { FittedScale, QuantGradients } from "@nirkit/quantize";
import { type UniformParams, uniformRange } from "./uniform-params.ts";

/**
 * STE: dL/dw = dL/dŵ, with `ste-clipped` only where |w| <= alpha.
 * LSQ with v = w/s: dŵ/dw = [Qn < v < Qp]; dŵ/ds = round(v) − v inside, Qn or Qp outside; the step gradient is
 * scaled by 1/sqrt(N·Qp), N the weights per scale.
 * EWGS: dL/dw = {@link ewgs} inside ±alpha, 0 outside.
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
  if (p.gradient === "ewgs") {
    for (let i = 0; i < w.length; i++) {
      const v = (w[i] ?? 0) / (fitted.scale[Math.floor(i / per)] ?? 1);
      const { inside } = lsqDerivatives(v, p);
      gradW[i] = inside * ewgs(gradOut[i] ?? 0, v, p.ewgsDelta);
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

/**
 * A gradient scaled by the rounding error: g·(1 + δ·sign(g)·(v − round(v))).
 *
 * @param v the value before rounding, in steps
 * @param delta δ, 5e-3 as published with DuQ
 * @example ewgs(2, 0.4, 0.5) // 2.4
 */
export function ewgs(g: number, v: number, delta: number): number {
  return g * (1 + delta * Math.sign(g) * (v - roundHalfEven(v)));
}
