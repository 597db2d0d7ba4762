/** Schema `nirkit-s2-mapping/1`: what a mapping must be to be loaded. */
import type { Diagnostic } from "@nirkit/graph";
import * as z from "zod";
import { modelNames } from "../application-models.ts";
import { s2OptionsSchema } from "../options.ts";
import type { MemoryRegion, S2Mapping, S2Population, S2Projection, S2Slice } from "./mapping.ts";
import { regionNames } from "./memory.ts";

const natural = z.number().int().min(0);
// Bounds what a hostile mapping can make the loader allocate.
const count = natural.max(2 ** 24);
const shape = z
  .array(natural.max(2 ** 24))
  .max(8)
  .readonly();
const values = z.union([z.number(), z.array(z.number()).readonly()]);

const region: z.ZodType<MemoryRegion> = z.object({
  name: z.enum(regionNames as readonly [MemoryRegion["name"], ...MemoryRegion["name"][]]),
  address: count,
  bytes: count,
});

const slice: z.ZodType<S2Slice> = z.object({
  id: natural.max(2 ** 22 - 1),
  chip: natural.max(47),
  core: z.number().int().min(1).max(148),
  qpe: z.tuple([natural, natural, natural]).readonly(),
  start: count,
  stop: count,
  channels: z.tuple([natural, natural]).readonly().optional(),
  regions: z.array(region).readonly(),
  freeBytes: z.number().int(),
});

const population: z.ZodType<S2Population> = z.object({
  name: z.string(),
  id: z.string().regex(/^p[0-9]+[A-Za-z0-9_]*$/),
  role: z.enum(["input", "neurons", "relay"]),
  model: z.enum(["spike_list", ...modelNames]),
  shape,
  size: count,
  params: z.record(z.string(), values).readonly(),
  reset: z.enum(["reset_by_subtraction", "reset_to_v_reset"]),
  readout: z.boolean(),
  weightScale: z.number(),
  vScale: z.array(z.number()).readonly(),
  record: z.boolean(),
  recordVoltage: z.boolean(),
  slices: z.array(slice).min(1).readonly(),
});

const base64 = z.string().regex(/^[A-Za-z0-9+/]*={0,2}$/);
const convParams = z.object({
  in_height: count,
  in_width: count,
  stride_x: count.min(1),
  stride_y: count.min(1),
  pool_x: count.min(1),
  pool_y: count.min(1),
  pad_top: count,
  pad_bottom: count,
  pad_left: count,
  pad_right: count,
});

const projection: z.ZodType<S2Projection> = z.object({
  name: z.string(),
  id: z.string().regex(/^w[0-9]+[A-Za-z0-9_]*$/),
  pre: natural,
  post: natural,
  kind: z.enum(["dense", "conv2d"]),
  delay: natural.max(7),
  file: z.string().regex(/^weights\/w[0-9]+[A-Za-z0-9_]*\.npy$/),
  synapses: natural,
  origin: z.string(),
  list: z.object({ start: base64, target: base64, weight: base64, delay: base64.optional() }).optional(),
  conv: z
    .object({
      shape: z.tuple([natural, natural, natural, natural]).readonly(),
      params: convParams,
      weights: base64,
    })
    .optional(),
});

const energy = z.object({ baseline: z.number(), sleep: z.number(), dynamic: z.number() });

const port = z.object({ name: z.string(), shape, populations: z.array(natural).readonly() });

const diagnostic: z.ZodType<Diagnostic> = z.object({
  code: z.templateLiteral([z.enum(["E", "W", "H"]), "_", z.string()]),
  level: z.enum(["error", "warning", "hint"]),
  path: z.string(),
  message: z.string(),
  hint: z.string().exactOptional(),
  detail: z.record(z.string(), z.unknown()).exactOptional(),
});

/** Schema of {@link S2Mapping}, weights optional: the images hold them. */
export const mappingSchema: z.ZodType<S2Mapping> = z.object({
  schema: z.literal("nirkit-s2-mapping/1"),
  generator: z.string().max(200),
  graphHash: z.string().max(200),
  dt: z.number(),
  steps: natural,
  latency: natural,
  profile: z.enum(["classic", "wide"]),
  fp: z.enum(["separate", "fused", "float64"]),
  options: s2OptionsSchema,
  inputs: z.array(port).readonly(),
  outputs: z.array(port).readonly(),
  populations: z.array(population).readonly(),
  projections: z.array(projection).readonly(),
  routing: z
    .array(z.object({ key: natural, mask: natural, destinations: z.array(natural).readonly() }))
    .readonly(),
  quantization: z
    .array(
      z.object({
        population: z.string(),
        scale: z.number(),
        clip: z.number(),
        clippedShare: z.number(),
        zeroShare: z.number(),
        weights: natural,
        bits: natural,
      }),
    )
    .readonly(),
  estimates: z.object({
    perPe: z.array(z.object({ slice: natural, restCycles: z.number(), tickCycles: z.number() })).readonly(),
    energy: z.object({ low: energy, high: energy }),
    latency: z.object({ first: z.number(), decision: z.number() }),
  }),
  warnings: z.array(diagnostic).readonly(),
});

/** The same as a JSON Schema document, for readers in other languages. */
export function mappingJsonSchema(): unknown {
  return z.toJSONSchema(mappingSchema);
}
