/** Weight standardization, and the annealed gradient of its sign (WS-DR of Q-SNN). */
import { splitFloat } from "@nirkit/integer";

/** z = (w − mean)/std, std of ddof 1; 0 where the channel has no spread. */
export interface Standardized {
  readonly mean: number;
  /** 0 for one weight, and for equal ones. */
  readonly std: number;
}

/** Mean and standard deviation of one output channel. */
export function standardize(w: Float32Array): Standardized {
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += w[i] ?? 0;
  const mean = sum / Math.max(1, w.length);
  let squares = 0;
  for (let i = 0; i < w.length; i++) squares += ((w[i] ?? 0) - mean) ** 2;
  return { mean, std: w.length < 2 ? 0 : Math.sqrt(squares / (w.length - 1)) };
}

/**
 * 2^round(log2(mean|z|)), the logarithm rounded by the square of the mantissa; 1 where the channel has no spread.
 *
 * @example wsdrScale(Float32Array.of(0.9, -0.35, 0.05), standardize(…)) // 1
 */
export function wsdrScale(w: Float32Array, { mean, std }: Standardized): number {
  if (std === 0) return 1;
  let sum = 0;
  for (let i = 0; i < w.length; i++) sum += Math.abs((w[i] ?? 0) - mean) / std;
  const { mantissa, exponent } = splitFloat(sum / w.length);
  return 2 ** (exponent + (mantissa >= Math.SQRT2 ? 1 : 0));
}

/**
 * Steepness t of the gradient over the training, annealed in the logarithm from 0.1 to 10.
 *
 * @example wsdrTemperature(50, 100) // 1
 */
export function wsdrTemperature(step: number, steps: number): number {
  return 10 ** (-1 + (2 * step) / steps);
}

/**
 * dL/dw of one channel: the sign is taken for k·tanh(t·z), k = 1/t while t < 1, else 1, so dŵ/dz = s·k·t·(1 −
 * tanh²(t·z)); mean and standard deviation are differentiated, the scale s is not.
 */
export function wsdrGradient(gradOut: Float32Array, w: Float32Array, scale: number, t: number): Float32Array {
  const { mean, std } = standardize(w);
  const n = w.length;
  const gradW = new Float32Array(n);
  if (std === 0) return gradW;
  const k = t < 1 ? 1 / t : 1;
  const gradZ = new Float64Array(n);
  let sum = 0;
  let along = 0;
  for (let i = 0; i < n; i++) {
    const z = ((w[i] ?? 0) - mean) / std;
    const slope = scale * k * t * (1 - Math.tanh(t * z) ** 2);
    gradZ[i] = slope * (gradOut[i] ?? 0);
    sum += gradZ[i] ?? 0;
    along += (gradZ[i] ?? 0) * z;
  }
  // dz_i/dw_j = (δ_ij − 1/n)/std − z_i·z_j/((n − 1)·std)
  for (let j = 0; j < n; j++) {
    const z = ((w[j] ?? 0) - mean) / std;
    gradW[j] = ((gradZ[j] ?? 0) - sum / n - (z * along) / (n - 1)) / std;
  }
  return gradW;
}
