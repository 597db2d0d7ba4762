/** Parameters of the power-of-two scheme. */
import * as z from "zod";
import { type AlphaMode, type ClipParams, clipShape } from "./clip.ts";

/** `zero`: 0 is a level and one magnitude less; `nozero`: every pattern is a power of two. */
export type PotLayout = "zero" | "nozero";

/** Parameters of {@link pot}; defaults in {@link potParams}. */
export interface PotParams extends ClipParams {
  /** 2 … 5 with layout zero, 1 … 5 with nozero: a sign and bits − 1 magnitude bits. */
  readonly bits: number;
  readonly layout: PotLayout;
  /** Exponent of x = m·2^e: log takes e + [m·m >= 2], linear e + [m >= 1.5], floor e. */
  readonly rounding: "log" | "linear" | "floor";
  /** What becomes 0 in layout zero: below half the lowest level, or below 1/√2 of it. */
  readonly zeroRule: "half-min" | "log";
  readonly alphaMode: AlphaMode | "inq" | "unit";
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const potShape: { readonly [K in keyof PotParams]: z.ZodType<PotParams[K]> } = {
  bits: z.number().int().min(1).max(5).default(4).describe("Width of a weight, 1 to 5"),
  layout: z.enum(["zero", "nozero"]).default("zero").describe("Whether 0 is a level"),
  rounding: z
    .enum(["log", "linear", "floor"])
    .default("log")
    .describe("Nearest in the logarithm, nearest in value, or the next level below"),
  zeroRule: z
    .enum(["half-min", "log"])
    .default("half-min")
    .describe("Weights below half the lowest level become 0, or below 0.7071 of it"),
  alphaMode: z
    .enum(["absmax", "percentile", "mse", "po2", "learned", "inq", "unit"])
    .default("absmax")
    .describe("How the weight of the highest level is chosen"),
  ...clipShape,
};

/** Schema of {@link PotParams}. */
export const potParams: z.ZodType<PotParams> = z
  .object(potShape)
  .refine((p) => p.layout === "nozero" || p.bits >= 2, {
    message: "1 bit has room for a sign alone: layout nozero, or 2 bits",
    path: ["bits"],
  });
