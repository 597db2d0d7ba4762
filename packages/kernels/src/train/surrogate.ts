/** Surrogate derivatives of the spike, written into the kernels' memory. */
import type { Block } from "../arena.ts";
import { KernelError } from "../kernel-error.ts";

/**
 * h(d) with d = u − threshold, in place of the derivative of the spike test.
 *
 *     fastSigmoid        1/(1 + k|d|)²                       k 25
 *     atan               (α/2)/(1 + (π/2·α·d)²)              α 2
 *     sigmoid            k·σ(kd)·(1 − σ(kd))                 k 4
 *     triangular         γ·max(0, 1 − |d|/w)                 γ 0.3, w 1
 *     exponential        scale/(θw)·exp(−|d|/(θw))           w 0.5, scale 1
 *     boxcar             1/w where |d| <= w/2                w 1
 *     straightThrough    1
 *     sparseFastSigmoid  fastSigmoid where |d| < bound       k 25, bound 1
 *     gaussian           N(d; 0, σ)                          sigma 0.5
 *     multiGaussian      (1 + h)·N(d; 0, σ) − h·N(d; σ, sσ) − h·N(d; −σ, sσ)   sigma 0.5, h 0.15, s 6
 *     periodicExponential  exp(−|p|/w)/θ, p = d below θ, else θ(frac(d/θ + ½) − ½)   w 0.5
 *     table              `values` over d/θ from −reach to levels + reach, linear between entries   reach 4
 *
 * `levels` K > 1 sums h(u − jθ) over j = 1 … K. With `normalize` d is d/θ and h is h/θ (θ inside a formula is 1 then), and
 * the derivative by θ is −u/θ times that by u.
 */
export type SurrogateOptions = {
  readonly normalize?: boolean;
  readonly levels?: number;
} & (
  | { readonly kind: "fastSigmoid"; readonly k?: number }
  | { readonly kind: "atan"; readonly alpha?: number }
  | { readonly kind: "sigmoid"; readonly k?: number }
  | { readonly kind: "triangular"; readonly gamma?: number; readonly w?: number }
  | { readonly kind: "exponential"; readonly w?: number; readonly scale?: number }
  | { readonly kind: "boxcar"; readonly w?: number }
  | { readonly kind: "straightThrough" }
  | { readonly kind: "sparseFastSigmoid"; readonly k?: number; readonly bound?: number }
  | { readonly kind: "gaussian"; readonly sigma?: number }
  | { readonly kind: "multiGaussian"; readonly sigma?: number; readonly h?: number; readonly s?: number }
  | { readonly kind: "periodicExponential"; readonly w?: number }
  | { readonly kind: "table"; readonly values: Float32Array; readonly reach?: number }
);

/** Numbers of the kinds in memory. */
export const surrogateKind = {
  fastSigmoid: 0,
  atan: 1,
  sigmoid: 2,
  triangular: 3,
  exponential: 4,
  boxcar: 5,
  straightThrough: 6,
  sparseFastSigmoid: 7,
  table: 8,
  gaussian: 9,
  multiGaussian: 10,
  periodicExponential: 11,
} as const;

/** Words of a surrogate: kind, two float32 constants, levels, normalize, table, its entries, three more constants. */
const surrogateWords = 10;

/**
 * Writes a surrogate.
 *
 * @throws E_KERNEL_SHAPE where a table has fewer than 2 values or levels is no positive integer
 */
export function surrogate(
  arena: { f32(n: number): Block<Float32Array>; i32(n: number): Block<Int32Array> },
  options: SurrogateOptions,
): { readonly ptr: number } {
  const { levels = 1, normalize = false } = options;
  if (!Number.isInteger(levels) || levels < 1)
    throw new KernelError("E_KERNEL_SHAPE", {
      what: "levels",
      found: `${levels}`,
      expected: "a positive integer",
    });
  const block = arena.i32(surrogateWords);
  let [table, entries] = [0, 0];
  if (options.kind === "table") {
    entries = options.values.length;
    if (entries < 2)
      throw new KernelError("E_KERNEL_SHAPE", {
        what: "The table",
        found: `${entries} values`,
        expected: "2 or more",
      });
    const values = arena.f32(entries);
    values.view.set(options.values);
    table = values.ptr;
  }
  const [a, b, ...more] = constantsOf(options);
  const words = block.view;
  words.set([surrogateKind[options.kind], 0, 0, levels, normalize ? 1 : 0, table, entries]);
  new Float32Array(words.buffer, words.byteOffset + 4, 2).set([a, b]);
  new Float32Array(words.buffer, words.byteOffset + 28, 3).set(more);
  return { ptr: block.ptr };
}

/** Height of a normal density of width σ, and the rate of its exponent. */
function normalConstants(sigma: number): [height: number, rate: number] {
  return [1 / (sigma * Math.sqrt(2 * Math.PI)), 1 / (2 * sigma ** 2)];
}

function constantsOf(options: SurrogateOptions): [number, number, ...number[]] {
  switch (options.kind) {
    case "fastSigmoid":
      return [options.k ?? 25, 0];
    case "atan":
      return [(options.alpha ?? 2) / 2, (Math.PI / 2) * (options.alpha ?? 2)];
    case "sigmoid":
      return [options.k ?? 4, 0];
    case "triangular":
      return [options.gamma ?? 0.3, 1 / (options.w ?? 1)];
    case "exponential":
      return [options.w ?? 0.5, options.scale ?? 1];
    case "boxcar":
      return [1 / (options.w ?? 1), (options.w ?? 1) / 2];
    case "straightThrough":
      return [0, 0];
    case "table":
      return [0, 0, options.reach ?? 4];
    case "gaussian":
      return normalConstants(options.sigma ?? 0.5);
    case "multiGaussian": {
      const { sigma = 0.5, h = 0.15, s = 6 } = options;
      const [height, rate] = normalConstants(sigma);
      const [low, wide] = normalConstants(s * sigma);
      return [(1 + h) * height, rate, h * low, wide, sigma];
    }
    case "periodicExponential":
      return [1 / (options.w ?? 0.5), 0];
    case "sparseFastSigmoid":
      return [options.k ?? 25, options.bound ?? 1];
    default:
      return options satisfies never;
  }
}
