/** The JSON members of the annotation, version 1. */
import * as z from "zod";
import type { IntegerLeak, NeuronArithmetic } from "../integer-neuron.ts";
import type { InputEncoding, QuantizedInput } from "../quantized-view.ts";

/** `nirkit:quant`. */
export interface QuantWords {
  readonly v: 1;
  readonly scheme: string;
  readonly bits: number;
  readonly intBits: number;
  readonly axis: number | null;
  readonly layout: string;
  readonly rounding: string;
  readonly alphaMode: string;
  /** How `nirkit:weight_code` is packed: not there, one dense run, or every row from a new byte. */
  readonly packed: false | "dense" | "rows";
  readonly weightSha256: string;
  readonly prunedFraction: number;
}

/** `nirkit:graph`. */
export interface GraphWords {
  readonly v: 1;
  readonly dt: number;
  readonly tool: string;
  readonly toolVersion: string;
  readonly calibration?: { readonly hash: string; readonly n: number } | undefined;
  readonly sourceSha256?: string | undefined;
}

const width = z.number().int().min(1).max(32);

export const quantSchema: z.ZodType<QuantWords> = z.object({
  v: z.literal(1),
  scheme: z.string(),
  bits: z.number().int().min(1).max(16),
  intBits: width,
  axis: z.literal(0).nullable(),
  layout: z.string(),
  rounding: z.string(),
  alphaMode: z.string(),
  packed: z.union([z.literal(false), z.literal("dense"), z.literal("rows")]),
  weightSha256: z.string(),
  prunedFraction: z.number().min(0).max(1),
});

const leakSchema: z.ZodType<IntegerLeak> = z.discriminatedUnion("form", [
  z.object({ form: z.literal("none") }),
  z.object({ form: z.literal("shift"), shift: z.number().int().min(0).max(31) }),
  z.object({
    form: z.literal("mul"),
    mul: z.union([z.number().int().min(0), z.array(z.number().int().min(0))]),
    shift: z.number().int().min(0).max(31),
    round: z.enum(["floor", "zero", "rne"]),
  }),
]);

const arithmeticShape = {
  v: z.literal(1),
  compare: z.enum(["gt", "ge"]),
  reset: z.enum(["value", "subtract", "none"]),
  resetDelay: z.union([z.literal(0), z.literal(1)]),
  spikeDelay: z.union([z.literal(0), z.literal(1)]),
  cubaOrder: z.enum(["new", "old"]),
  leak: leakSchema,
  synLeak: leakSchema,
  stateBits: width,
  fracBits: z.number().int().min(0).max(24),
  vMin: z.number().int(),
  vMax: z.number().int(),
  overflow: z.enum(["sat", "wrap"]),
  stateLevels: z.array(z.number().int()).max(65536).optional(),
};

/** `nirkit:neuron`, without its version. */
export const neuronSchema: z.ZodType<NeuronArithmetic> = z
  .object(arithmeticShape)
  .transform(({ v: _v, stateLevels, ...rest }) =>
    stateLevels === undefined ? rest : { ...rest, stateLevels },
  );

/** `nirkit:input`, without its version. */
export const inputSchema: z.ZodType<QuantizedInput> = z
  .object({
    v: z.literal(1),
    bits: z.number().int().min(1).max(16),
    signed: z.boolean(),
    scale: z.number().gt(0),
  })
  .transform(({ v: _v, ...rest }) => rest);

/** `nirkit:encoding`, without its version. */
export const encodingSchema: z.ZodType<InputEncoding> = z
  .object({
    v: z.literal(1),
    kind: z.enum(["spikes", "direct", "rate", "latency", "delta"]),
    steps: z.number().int().min(1),
  })
  .transform(({ v: _v, ...rest }) => rest);

export const graphSchema: z.ZodType<GraphWords> = z.object({
  v: z.literal(1),
  dt: z.number().gt(0),
  tool: z.string(),
  toolVersion: z.string(),
  calibration: z.object({ hash: z.string(), n: z.number() }).optional(),
  sourceSha256: z.string().optional(),
});
