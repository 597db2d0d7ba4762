/** Parameters of the uniform scheme. */
import { type RoundingMode, roundingModes } from "@nirkit/integer";
import * as z from "zod";

/** How the clip value alpha is chosen; see `clipValue`. */
export type ClipMode =
  | "absmax"
  | "percentile"
  | "mse"
  | "gaussian"
  | "rockpool-fuzzy"
  | "sawb"
  | "sawb-asymm"
  | "po2"
  | "lsq";

/** Parameters of {@link uniform}; defaults in {@link uniformParams}. */
export interface UniformParams {
  /** 2 … 16. */
  readonly bits: number;
  /** null: one scale; 0: one per output channel. */
  readonly axis: null | 0;
  /** narrow: −(2^(b−1) − 1) … 2^(b−1) − 1; full: one more negative integer. */
  readonly range: "narrow" | "full";
  readonly clip: ClipMode;
  /** Percentile of |w| for clip percentile, 0 < p <= 100. */
  readonly percentile: number;
  /** Rounds the clip value, however it was chosen, up to a power of two. */
  readonly clipPo2: boolean;
  /** Rounds the scale up to a power of two: |w| is then exact in every float32 reader. */
  readonly scalePo2: boolean;
  readonly rounding: RoundingMode | "STOCHASTIC";
  /**
   * quotient: round(w/s) with the float32 step s. product: round(w·(Qp/alpha)) in float64, as tools multiply that hand
   * integers over without a step (py-spinnaker2).
   */
  readonly integers: "quotient" | "product";
  /** Seed of STOCHASTIC rounding. */
  readonly seed: number;
  /** Gradient of the rounding: identity, identity inside ±alpha, learned step size, or scaled by the rounding error. */
  readonly gradient: "ste" | "ste-clipped" | "lsq" | "ewgs";
  /** How strongly the rounding error scales an EWGS gradient. */
  readonly ewgsDelta: number;
  /** Declares that low bits may be dropped: every width below is a model too, see `nestedPrecision`. */
  readonly nested: boolean;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const uniformShape: { readonly [K in keyof UniformParams]: z.ZodType<UniformParams[K]> } = {
  bits: z.number().int().min(2).max(16).default(8).describe("Width of a weight, 2 to 16"),
  axis: z
    .literal(0)
    .nullable()
    .default(null)
    .describe("0: one scale per output channel; null: one per tensor"),
  range: z.enum(["narrow", "full"]).default("narrow").describe("narrow leaves out the most negative integer"),
  clip: z
    .enum(["absmax", "percentile", "mse", "gaussian", "rockpool-fuzzy", "sawb", "sawb-asymm", "po2", "lsq"])
    .default("absmax")
    .describe("How the largest representable weight is chosen"),
  percentile: z.number().gt(0).max(100).default(99.9).describe("Percentile of |w| for clip percentile"),
  clipPo2: z.boolean().default(false).describe("Rounds the clip value up to a power of two"),
  scalePo2: z.boolean().default(false).describe("Rounds the scale up to a power of two"),
  rounding: z
    .enum([...roundingModes, "STOCHASTIC"] as readonly (RoundingMode | "STOCHASTIC")[])
    .default("HALF_EVEN")
    .describe("Rounding of weight / scale, by its QONNX name"),
  integers: z
    .enum(["quotient", "product"])
    .default("quotient")
    .describe("What is rounded: weight / scale, or weight x (largest integer / clip value)"),
  seed: z.number().int().default(0).describe("Seed of STOCHASTIC rounding"),
  gradient: z
    .enum(["ste", "ste-clipped", "lsq", "ewgs"])
    .default("ste")
    .describe("Gradient of the rounding in training"),
  ewgsDelta: z.number().min(0).default(5e-3).describe("Scaling of an EWGS gradient by the rounding error"),
  nested: z.boolean().default(false).describe("Every lower precision is read from the high bits"),
};

/** Schema of {@link UniformParams}. */
export const uniformParams: z.ZodType<UniformParams> = z
  .object(uniformShape)
  .refine((p) => !p.nested || p.range === "narrow", {
    message: "nested precisions are symmetric: range narrow",
    path: ["nested"],
  });

/** Smallest and largest integer: Qn, Qp. */
export function uniformRange(p: Pick<UniformParams, "bits" | "range">): readonly [qn: number, qp: number] {
  const qp = 2 ** (p.bits - 1) - 1;
  return [p.range === "narrow" ? -qp : -qp - 1, qp];
}
