/**
 * The clip value alpha of a group of weights: what the largest integer stands for.
 *
 * absmax, percentile, mse (search over absmax·(0.2 + 0.8·i/99)), gaussian (SNNQuantPrune), rockpool-fuzzy (Rockpool),
 * sawb and sawb-asymm (SpQuant's constants; its code takes the second), lsq (Esser et al., arXiv 1902.08153, eq. init), po2 (absmax rounded up to a power of two).
 */
import { NirkitError } from "@nirkit/graph";
import {
  largestMagnitude,
  leastSquaresClip,
  magnitudePercentile,
  quantizeDiagnostic,
  roundUpToPowerOfTwo,
} from "@nirkit/quantize";
import { nearestInteger } from "./nearest-integer.ts";
import { type UniformParams, uniformRange } from "./uniform-params.ts";

const largestFloat32 = 3.4028234663852886e38;

/** Weights as they come, or in float64. */
export type Weights = Float32Array | Float64Array;

/**
 * alpha of one group, same unit as the weights; 0 when every weight is 0 or there is none.
 *
 * @param w the weights that count, finite
 * @throws E_BAD_OPTION for clip sawb at other widths than 4 and 8
 */
export function clipValue(w: Weights, p: UniformParams): number {
  const absmax = largestMagnitude(w);
  if (absmax === 0) return 0;
  const found = chosen(w, absmax, p);
  const alpha = p.clipPo2 && found > 0 ? roundUpToPowerOfTwo(found) : found;
  // Constant or tiny groups can give 0, a negative number or NaN: nothing better than absmax is known then.
  return alpha > 0 ? Math.min(alpha, largestFloat32) : absmax;
}

function chosen(w: Weights, absmax: number, p: UniformParams): number {
  switch (p.clip) {
    case "absmax":
      return absmax;
    case "percentile":
      return magnitudePercentile(w, p.percentile);
    case "mse":
      return leastSquaresClip(w, uniformRange(p)[1], levelOf(p));
    case "gaussian": {
      const { mean, sigma } = moments(w, 0);
      return Math.max(Math.abs(mean - 3 * sigma), Math.abs(mean + 3 * sigma));
    }
    case "rockpool-fuzzy": {
      const { mean, sigma } = moments(
        w.filter((x) => x !== 0),
        0,
      );
      return Math.abs(mean) + 2 * sigma;
    }
    case "sawb":
      // Tiny tensors overshoot: alpha never needs to pass absmax.
      return Math.min(sawb(w, p.bits), absmax);
    case "sawb-asymm":
      return 2 * meanMagnitude(w);
    case "po2":
      return roundUpToPowerOfTwo(absmax);
    case "lsq": {
      const [, qp] = uniformRange(p);
      return lsqInit(w, qp) * qp;
    }
  }
}

/**
 * SAWB: alpha = (std − z1·mean|w|) / z0 with std of ddof 1; (z0, z1) = (0.077, 1.013) at 4 bit, (0.027, 1.114) at 8.
 *
 * @example sawb([0.9, -0.35, 0.05, -0.6, 0.12, -0.02], 4) // 2.169799
 * @throws E_BAD_OPTION for other widths
 */
export function sawb(w: Weights, bits: number): number {
  const constants =
    bits === 4 ? ([0.077, 1.013] as const) : bits === 8 ? ([0.027, 1.114] as const) : undefined;
  if (constants === undefined)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "options.clip", {
        option: "clip sawb",
        found: `asked for ${bits} bits`,
        expected: "4 or 8 bits, for which its constants are published,",
      }),
    ]);
  const [z0, z1] = constants;
  return (moments(w, 1).sigma - z1 * meanMagnitude(w)) / z0;
}

/**
 * First step size of LSQ: s = 2·mean|w| / sqrt(Qp).
 *
 * @example lsqInit([0.9, -0.35, 0.05, -0.6, 0.12, -0.02], 7) // 0.2570158416
 */
export function lsqInit(w: ArrayLike<number>, qp: number): number {
  return (2 * meanMagnitude(w)) / Math.sqrt(qp);
}

/** The nearest level of w/s. Which way a tie goes does not change its squared error. */
function levelOf(p: UniformParams): (x: number) => number {
  const [qn, qp] = uniformRange(p);
  return (x) => (x <= qn ? qn : x >= qp ? qp : nearestInteger(x));
}

function meanMagnitude(w: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += Math.abs(w[i] ?? 0);
  return sum / w.length;
}

function moments(w: Weights, ddof: 0 | 1): { readonly mean: number; readonly sigma: number } {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += w[i] ?? 0;
  const mean = sum / w.length;
  let squares = 0;
  for (let i = 0; i < w.length; i++) squares += ((w[i] ?? 0) - mean) ** 2;
  return { mean, sigma: Math.sqrt(squares / (w.length - ddof)) };
}
