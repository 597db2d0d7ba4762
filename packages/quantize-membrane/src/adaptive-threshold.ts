/**
 * A threshold that is learned with its grid: theta = softplus(rho) > 0, and the levels are whole multiples of theta.
 *
 * Forward z = [m > theta], stored = theta·q((1 − z)·m/theta). Backward through the spike test (triangle) and through the
 * grid (stacked surrogate): d stored/d theta = q(u) − u·q'(u), u = (1 − z)·m/theta. The z in the reset is a constant.
 */
import { nearestLevel } from "@nirkit/quantize";
import { stackedSurrogate, triangleSurrogate } from "./im-snn.ts";

/**
 * log(1 + e^x), without overflow.
 *
 * @example softplus(0) // 0.6931
 */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** What one forward step gives. */
export interface AdaptiveStep {
  readonly theta: number;
  readonly spike: boolean;
  readonly stored: number;
}

/** Gradients of one step. */
export interface AdaptiveGradients {
  readonly gradM: number;
  readonly gradRho: number;
}

/**
 * One neuron, one step.
 *
 * @param m potential after leak and input, in volts
 * @param levels in units of theta, ascending, with 0
 * @example adaptiveForward(1, 0, [-1, 0, 1]) // theta 0.6931, spike, stored 0
 */
export function adaptiveForward(m: number, rho: number, levels: readonly number[]): AdaptiveStep {
  const theta = softplus(rho);
  const spike = m > theta;
  return { theta, spike, stored: theta * nearestLevel(levels, spike ? 0 : m / theta) };
}

/**
 * Gradients of the same step.
 *
 * @param gradSpike dL/dz
 * @param gradStored dL/d stored
 */
export function adaptiveBackward(
  m: number,
  rho: number,
  levels: readonly number[],
  gradSpike: number,
  gradStored: number,
): AdaptiveGradients {
  const { theta, spike } = adaptiveForward(m, rho, levels);
  const slope = triangleSurrogate(m, theta);
  const kept = spike ? 0 : 1;
  const u = (kept * m) / theta;
  const gridSlope = stackedSurrogate(u, levels);
  const gradTheta = -gradSpike * slope + gradStored * (nearestLevel(levels, u) - u * gridSlope);
  return {
    gradM: gradSpike * slope + gradStored * kept * gridSlope,
    // d softplus/d rho is the logistic function.
    gradRho: gradTheta / (1 + Math.exp(-rho)),
  };
}
