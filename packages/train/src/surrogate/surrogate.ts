/** The catalogue of surrogate derivatives: what stands for the derivative of the spike test in the backward pass. */

/** How a surrogate sees the threshold. */
export interface SurrogateScale {
  /** `threshold`: h(d/θ)/θ in place of h(d); the derivative by θ is then −u/θ times that by u. Default `none`. */
  readonly normalize?: "none" | "threshold";
  /** K: h(u − θ) + h(u − 2θ) + … + h(u − Kθ), for membranes that pass several thresholds. Default 1. */
  readonly levels?: number;
}

/** Formula and constants; plain data except for `custom`. */
export type SurrogateKind =
  | { readonly kind: "fastSigmoid"; readonly k: number }
  | { readonly kind: "atan"; readonly alpha: number }
  | { readonly kind: "sigmoid"; readonly k: number }
  | { readonly kind: "triangular"; readonly gamma: number; readonly w: number }
  | { readonly kind: "exponential"; readonly w: number; readonly scale: number }
  | { readonly kind: "periodicExponential"; readonly w: number }
  | { readonly kind: "gaussian"; readonly sigma: number }
  | { readonly kind: "multiGaussian"; readonly sigma: number; readonly h: number; readonly s: number }
  | { readonly kind: "boxcar"; readonly w: number }
  | { readonly kind: "straightThrough" }
  | { readonly kind: "sparseFastSigmoid"; readonly k: number; readonly bound: number }
  | {
      readonly kind: "custom";
      /** h(d), d the distance from the threshold. */
      readonly derivative: (d: number) => number;
      /** Its primitive. */
      readonly primitive?: (d: number) => number;
    };

/** A surrogate derivative. */
export type Surrogate = SurrogateKind & SurrogateScale;

/** h = 1/(1 + k|d|)² (SuperSpike; Zenke and Ganguli 2018). @example h(0.25) = 0.019024970273 for k 25 */
export const fastSigmoid = ({ k = 25, ...scale }: SurrogateScale & { k?: number } = {}): Surrogate => ({
  kind: "fastSigmoid",
  k,
  ...scale,
});

/** h = (α/2)/(1 + (π/2·α·d)²). @example h(0.25) = 0.618486458159 for α 2 */
export const atan = ({ alpha = 2, ...scale }: SurrogateScale & { alpha?: number } = {}): Surrogate => ({
  kind: "atan",
  alpha,
  ...scale,
});

/** h = k·σ(kd)·(1 − σ(kd)). @example h(0.25) = 0.786447732966 for k 4 */
export const sigmoid = ({ k = 4, ...scale }: SurrogateScale & { k?: number } = {}): Surrogate => ({
  kind: "sigmoid",
  k,
  ...scale,
});

/** h = γ·max(0, 1 − |d|/w) (Bellec and others 2018). */
export const triangular = ({
  gamma = 0.3,
  w = 1,
  ...scale
}: SurrogateScale & { gamma?: number; w?: number } = {}): Surrogate => ({
  kind: "triangular",
  gamma,
  w,
  ...scale,
});

/** h = scale/(θw)·exp(−|d|/(θw)) (SLAYER). `amplitude` is the scale. */
export const exponential = ({
  w = 0.5,
  amplitude = 1,
  ...scale
}: SurrogateScale & { w?: number; amplitude?: number } = {}): Surrogate => ({
  kind: "exponential",
  w,
  scale: amplitude,
  ...scale,
});

/** h = exp(−|p|/w)/θ with p = d below θ, else θ(frac(u/θ − ½) − ½): a bump at every multiple of θ. */
export const periodicExponential = ({
  w = 0.5,
  ...scale
}: SurrogateScale & { w?: number } = {}): Surrogate => ({
  kind: "periodicExponential",
  w,
  ...scale,
});

/** h = normal density of width σ. */
export const gaussian = ({ sigma = 0.5, ...scale }: SurrogateScale & { sigma?: number } = {}): Surrogate => ({
  kind: "gaussian",
  sigma,
  ...scale,
});

/** h = (1 + h)·N(d; 0, σ) − h·N(d; σ, sσ) − h·N(d; −σ, sσ) (Yin and others 2021). */
export const multiGaussian = ({
  sigma = 0.5,
  h = 0.15,
  s = 6,
  ...scale
}: SurrogateScale & { sigma?: number; h?: number; s?: number } = {}): Surrogate => ({
  kind: "multiGaussian",
  sigma,
  h,
  s,
  ...scale,
});

/** h = 1/w where |d| <= w/2. */
export const boxcar = ({ w = 1, ...scale }: SurrogateScale & { w?: number } = {}): Surrogate => ({
  kind: "boxcar",
  w,
  ...scale,
});

/** h = 1. */
export const straightThrough = (scale: SurrogateScale = {}): Surrogate => ({
  kind: "straightThrough",
  ...scale,
});

/** Fast sigmoid where |d| < bound, else 0: makes the backward pass sparse. */
export const sparseFastSigmoid = ({
  k = 25,
  bound = 1,
  ...scale
}: SurrogateScale & { k?: number; bound?: number } = {}): Surrogate => ({
  kind: "sparseFastSigmoid",
  k,
  bound,
  ...scale,
});

/** K levels of another surrogate: Σ h(u − jθ), j = 1 … K. @example u 1.5, θ 1: 0.011896587 for fastSigmoid(25), K 4 */
export const stacked = (base: Surrogate, levels = 4): Surrogate => ({ ...base, levels });

/** A derivative of one's own, and its primitive where smooth runs are wanted. */
export const customSurrogate = (
  derivative: (d: number) => number,
  primitive?: (d: number) => number,
  scale: SurrogateScale = {},
): Surrogate => ({
  kind: "custom",
  derivative,
  ...(primitive === undefined ? {} : { primitive }),
  ...scale,
});

/** h as a function of membrane and threshold, float64. */
export function surrogateDerivative(surrogate: Surrogate, u: number, theta: number): number {
  const { levels = 1, normalize = "none" } = surrogate;
  let sum = 0;
  for (let level = 1; level <= levels; level++) {
    const d = u - level * theta;
    sum += normalize === "threshold" ? base(surrogate, d / theta, 1) / theta : base(surrogate, d, theta);
  }
  return sum;
}

/** P as a function of membrane and threshold: the smooth spike whose derivative by u is h; undefined without one. */
export function surrogatePrimitive(surrogate: Surrogate, u: number, theta: number): number | undefined {
  const { levels = 1, normalize = "none" } = surrogate;
  let sum = 0;
  for (let level = 1; level <= levels; level++) {
    const d = u - level * theta;
    const value =
      normalize === "threshold" ? primitive(surrogate, d / theta, 1) : primitive(surrogate, d, theta);
    if (value === undefined) return undefined;
    sum += value;
  }
  return sum;
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const normal = (d: number, mean: number, sigma: number): number =>
  Math.exp(-((d - mean) ** 2) / (2 * sigma ** 2)) / (sigma * Math.sqrt(2 * Math.PI));

function base(surrogate: SurrogateKind, d: number, theta: number): number {
  const size = Math.abs(d);
  switch (surrogate.kind) {
    case "fastSigmoid":
      return 1 / (1 + surrogate.k * size) ** 2;
    case "atan":
      return surrogate.alpha / 2 / (1 + ((Math.PI / 2) * surrogate.alpha * d) ** 2);
    case "sigmoid": {
      const s = logistic(surrogate.k * d);
      return surrogate.k * s * (1 - s);
    }
    case "triangular":
      return surrogate.gamma * Math.max(0, 1 - size / surrogate.w);
    case "exponential": {
      const width = theta * surrogate.w;
      return (surrogate.scale / width) * Math.exp(-size / width);
    }
    case "periodicExponential": {
      const place = d / theta + 0.5;
      const p = d < 0 ? d : theta * (place - Math.floor(place) - 0.5);
      return Math.exp(-Math.abs(p) / surrogate.w) / theta;
    }
    case "gaussian":
      return normal(d, 0, surrogate.sigma);
    case "multiGaussian": {
      const { sigma, h, s } = surrogate;
      return (
        (1 + h) * normal(d, 0, sigma) - h * normal(d, sigma, s * sigma) - h * normal(d, -sigma, s * sigma)
      );
    }
    case "boxcar":
      return size <= surrogate.w / 2 ? 1 / surrogate.w : 0;
    case "straightThrough":
      return 1;
    case "sparseFastSigmoid":
      return size < surrogate.bound ? 1 / (1 + surrogate.k * size) ** 2 : 0;
    case "custom":
      return surrogate.derivative(d);
    default:
      return surrogate satisfies never;
  }
}

function primitive(surrogate: SurrogateKind, d: number, theta: number): number | undefined {
  switch (surrogate.kind) {
    case "fastSigmoid":
      return 0.5 + d / (1 + surrogate.k * Math.abs(d));
    case "atan":
      return 0.5 + Math.atan((Math.PI / 2) * surrogate.alpha * d) / Math.PI;
    case "sigmoid":
      return logistic(surrogate.k * d);
    case "triangular": {
      const { gamma, w } = surrogate;
      if (d <= -w) return 0;
      if (d >= w) return gamma * w;
      return d <= 0 ? (gamma * (d + w) ** 2) / (2 * w) : gamma * (w - (w - d) ** 2 / (2 * w));
    }
    case "exponential": {
      const width = theta * surrogate.w;
      return d <= 0 ? surrogate.scale * Math.exp(d / width) : surrogate.scale * (2 - Math.exp(-d / width));
    }
    case "boxcar":
      return Math.min(1, Math.max(0, 0.5 + d / surrogate.w));
    case "straightThrough":
      return d;
    case "custom":
      return surrogate.primitive?.(d);
    default:
      return undefined;
  }
}
