/** Raw parameters to decays and thresholds, and back. */
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import type { LeakParametrization, ThresholdParametrization } from "../model/build-options.ts";
import { inwardClip, straightRound } from "./straight-through.ts";

/** A raw parameter and what it stands for. */
export interface Reparametrization {
  /** Raw values for effective ones. */
  raw(effective: Float64Array): Float64Array;
  /** Effective values, differentiable. */
  effective(raw: tf.Tensor): tf.Tensor;
  /** Raw values moved to where the parametrization has them; undefined where every value will do. */
  project?(raw: tf.Tensor): tf.Tensor;
}

/** Values as they are. */
export const identity: Reparametrization = { raw: (values) => values, effective: (raw) => raw };

/**
 * Decay β of a leak.
 *
 * @param leak how τ and β go together: `euler` β = 1 − dt/τ, `exp` β = exp(−dt/τ)
 * @throws E_PARAMETRIZATION where a value to start from lies outside
 * @example logit of β 0.8 is w = 1.386294361, with dβ/dw = 0.16
 */
export function leakParametrization(
  param: LeakParametrization,
  { dt, leak, path }: { readonly dt: number; readonly leak: "euler" | "exp"; readonly path: string },
): Reparametrization {
  const inside = (values: Float64Array, open: boolean): void => {
    for (const value of values)
      if (!(open ? value > 0 && value < 1 : value >= 0 && value <= 1))
        throw trainError("E_PARAMETRIZATION", path, {
          param,
          value,
          range: open ? "0 < β < 1" : "0 <= β <= 1",
        });
  };
  switch (param) {
    case "logit":
      return {
        raw: (beta) => {
          inside(beta, true);
          return beta.map((b) => Math.log(b / (1 - b)));
        },
        effective: (w) => tf.sigmoid(w),
      };
    case "clamp":
      return {
        raw: (beta) => {
          inside(beta, false);
          return beta;
        },
        effective: (w) => inwardClip(w, 0, 1),
      };
    case "log": {
      const shortest = Math.log(dt * (1 + 1e-3));
      return {
        raw: (beta) => {
          inside(beta, true);
          return beta.map((b) => Math.log(timeConstant(b, dt, leak)));
        },
        effective: (w) => {
          const steps = tf.mul(tf.exp(tf.neg(inwardClip(w, shortest, Number.MAX_VALUE))), dt);
          return leak === "euler" ? tf.sub(1, steps) : tf.exp(tf.neg(steps));
        },
      };
    }
    case "pot":
      return {
        raw: (beta) => {
          inside(beta, true);
          return beta.map((b) => -Math.log2(1 - b));
        },
        effective: (w) => {
          const n = straightRound(inwardClip(w, 1, 12));
          return tf.sub(1, tf.exp(tf.mul(n, -Math.LN2)));
        },
      };
    default:
      return param satisfies never;
  }
}

/** τ of a decay: dt/(1 − β) or −dt/ln β. */
export function timeConstant(beta: number, dt: number, leak: "euler" | "exp"): number {
  return leak === "euler" ? dt / (1 - beta) : -dt / Math.log(beta);
}

/**
 * Threshold θ with the floor 1e-3 of its first values.
 *
 * @throws E_PARAMETRIZATION for thresholds that are not positive
 */
export function thresholdParametrization(
  param: ThresholdParametrization,
  initial: Float64Array,
  shape: readonly number[],
  path: string,
): Reparametrization {
  for (const value of initial)
    if (!(value > 0)) throw trainError("E_PARAMETRIZATION", path, { param, value, range: "θ > 0" });
  const floor = Float32Array.from(initial, (value) => 1e-3 * value);
  const floorTensor = (): tf.Tensor => tf.tensor(floor, [...shape], "float32");
  if (param === "clamp")
    return {
      raw: (theta) => theta,
      effective: (w) => tf.maximum(w, floorTensor()),
      project: (w) => tf.maximum(w, floorTensor()),
    };
  return {
    // ln(e^x − 1) = x + ln(1 − e^−x), which keeps its digits for large x.
    raw: (theta) =>
      theta.map((value, i) => {
        const x = value - (floor[i] ?? 0);
        return x + Math.log(-Math.expm1(-x));
      }),
    effective: (w) => tf.add(floorTensor(), tf.softplus(w)),
  };
}
