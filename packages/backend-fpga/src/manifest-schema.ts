/** Schema of `manifest.json`: what a folder must hold to be loaded. */
import * as z from "zod";
import { fpgaOptionsSchema } from "./options.ts";
import {
  type ArcPlan,
  type ConvPlan,
  type FpgaManifest,
  type GraphPlan,
  type LayerPlan,
  type LayerWidths,
  type LeakPlan,
  type MemoryManifest,
  memoryRoles,
  type NeuronPlan,
  type PortPlan,
  type ProjectionPlan,
  type StateMemory,
  type StreamPlan,
} from "./plan-types.ts";
import type { RegisterPlan } from "./register-map.ts";
import { rowForms } from "./sparse-rows.ts";
import { weightCodes } from "./weight-code.ts";
import { mostShifts } from "./weight-shifts.ts";

const int = z.number().int();
const natural = int.min(0);
const positive = int.min(1);
const bits = positive.max(64);
const shape = z.array(positive).readonly();
const parameter = int.nullable();
const flag = z.union([z.literal(0), z.literal(1)]);
const identifier = z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/);
// Bounds what a hostile manifest can make the loader allocate.
const count = positive.max(2 ** 26);

const leak: z.ZodType<LeakPlan> = z.discriminatedUnion("form", [
  z.object({ form: z.literal("none") }),
  z.object({ form: z.literal("shift"), shift: positive.max(31) }),
  z.object({
    form: z.literal("mul"),
    mul: natural.nullable(),
    bits,
    shift: natural.max(31),
    round: z.enum(["floor", "zero", "rne"]),
  }),
]);

const memory: z.ZodType<MemoryManifest> = z.object({
  role: z.enum(memoryRoles),
  arc: natural.optional(),
  file: z.string().regex(/^[A-Za-z][A-Za-z0-9_]*\.mem$/),
  laneBits: positive.max(2 ** 16),
  signed: z.boolean(),
  code: z.enum(weightCodes),
  slots: z.array(natural.max(31)).min(2).max(mostShifts).readonly().optional(),
  width: count,
  depth: count,
  sha256: z.string(),
});

const state: z.ZodType<StateMemory> = z.object({
  role: z.enum([
    "accumulator",
    "membrane",
    "current",
    "recurrentSpikes",
    "lastSpikes",
    "delayedBeats",
    "delayedSums",
  ]),
  width: count,
  depth: count,
});

const projection: z.ZodType<ProjectionPlan> = z.object({
  path: z.string(),
  role: z.enum(["feed-forward", "recurrent"]),
  weightBits: bits,
  code: z.enum(weightCodes),
  slots: z.array(natural.max(31)).min(2).max(mostShifts).readonly().optional(),
  shift: natural.max(63),
  rows: z.object({ form: z.enum(rowForms), runBits: natural.max(8) }),
  nonZero: natural,
});

const widths: z.ZodType<LayerWidths> = z.object({
  inputAddress: bits,
  index: bits,
  value: natural.max(64),
  output: natural.max(64),
  acc: bits,
  x: bits,
  work: bits,
  state: bits,
  stored: bits,
  frac: natural.max(63),
});

const neuron: z.ZodType<NeuronPlan> = z.object({
  spiking: z.boolean(),
  hasState: z.boolean(),
  compare: z.enum(["gt", "ge"]),
  reset: z.enum(["value", "subtract", "none"]),
  resetDelay: flag,
  spikeDelay: flag,
  cubaOrder: z.enum(["new", "old"]),
  overflow: z.enum(["sat", "wrap"]),
  vMin: int,
  vMax: int,
  stateStep: positive,
  leak,
  synLeak: leak,
  // x >= threshold fires: theta + 1 of the network for "gt", theta for "ge".
  threshold: parameter,
  sub: parameter,
  vReset: parameter,
  bias: parameter,
});

const map = z.tuple([positive, positive, positive]).readonly();
const pair = z.tuple([positive, positive]).readonly();
const window = {
  inShape: map,
  outShape: map,
  kernel: pair,
  stride: pair,
  padding: z.tuple([natural, natural]).readonly(),
};
const conv: z.ZodType<ConvPlan> = z.object({ ...window, dilation: pair, groups: positive });

const source = z.object({ kind: z.enum(["input", "layer"]), index: natural });
const arc: z.ZodType<ArcPlan> = z.object({
  source,
  delay: natural.max(2 ** 20),
  depth: positive.max(2 ** 26),
  pace: z.boolean(),
  inMap: map.nullable(),
  pool: z.object(window).nullable(),
  conv: conv.nullable(),
  inputs: count,
  inputAddress: bits,
  value: natural.max(64),
  projection,
});

const layer: z.ZodType<LayerPlan<MemoryManifest>> = z.object({
  name: identifier,
  path: z.string(),
  core: z.literal("nk_layer"),
  kind: z.enum(["lif", "cuba", "threshold", "sum", "delay"]),
  shape,
  inMap: map.nullable(),
  pool: z.object(window).nullable(),
  conv: conv.nullable(),
  inputs: count,
  neurons: count,
  lanes: positive.max(1024),
  words: count,
  rowWords: count,
  parameterWords: count,
  projections: z.array(projection).min(1).max(2).readonly(),
  arcs: z.array(arc).min(1).readonly().optional(),
  widths,
  neuron,
  holdInput: z.boolean(),
  memories: z.array(memory).readonly(),
  state: z.array(state).readonly(),
});

const portFields = {
  name: z.string(),
  shape,
  bits,
  signed: z.boolean(),
  scale: z.number(),
  maxEvents: positive,
};
const port: z.ZodType<PortPlan> = z.object(portFields);

const graph: z.ZodType<GraphPlan> = z.object({
  inputs: z
    .array(z.object({ ...portFields, map: map.nullable(), value: natural.max(64) }))
    .min(1)
    .readonly(),
  outputs: z
    .array(z.object({ ...portFields, map: map.nullable() }))
    .min(1)
    .readonly(),
  exits: z
    .array(z.object({ source, output: natural, depth: positive.max(2 ** 26) }))
    .min(1)
    .readonly(),
});

const addressing = z.union([z.literal("linear"), map]);
const stream: z.ZodType<StreamPlan> = z.object({
  width: z.union([z.literal(32), z.literal(64)]),
  kindBits: z.literal(2),
  valueBits: bits,
  addressBits: bits,
  kinds: z.object({ event: z.literal(0), tick: z.literal(1), eos: z.literal(2) }),
  addressing,
  content: z.enum(["spike", "value", "readout"]),
  signed: z.boolean(),
  ports: z.object({ localBits: bits, addressing: z.array(addressing).min(1).readonly() }).optional(),
});

const register: z.ZodType<RegisterPlan> = z.object({
  name: z.string().regex(/^[A-Z_]{1,32}$/),
  offset: natural.max(0xffc),
  count: positive.max(256),
  access: z.enum(["read", "read-write", "write"]),
  text: z.string(),
});

/** Schema of `manifest.json`. */
export const manifestSchema: z.ZodType<FpgaManifest> = z.object({
  schema: z.literal("nirkit-fpga/1"),
  generator: z.string().max(200),
  design: identifier,
  graphHash: z.string().max(200),
  planHash: z.string().max(200),
  dt: z.number(),
  options: fpgaOptionsSchema,
  input: port,
  output: port,
  streams: z.object({ input: stream, output: stream }),
  layers: z.array(layer).readonly(),
  graph: graph.optional(),
  registers: z.array(register).readonly().optional(),
});
