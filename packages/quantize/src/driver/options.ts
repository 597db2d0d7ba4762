/** Options of the post-training quantisation driver. */
import * as z from "zod";
import type { Convention } from "../convention.ts";
import type { ThresholdMode } from "../fold/threshold.ts";
import type { QuantizedInput } from "../quantized-view.ts";

/** What differs for some nodes; later entries win. */
export interface QuantizeOverride<P> {
  /** Path of a node (`block/fc1`); `*` stands for any run of characters. */
  readonly nodes: string;
  /** Of the scheme, for weight nodes. */
  readonly params?: Partial<P>;
  /** For neuron nodes. */
  readonly stateBits?: number;
  /** For neuron nodes; populations that share a scale take the largest. */
  readonly fracBits?: number;
}

/** Options that do not depend on the scheme. */
export interface DriverOptions {
  /** Time step, in the unit of tau; without it the graph's `nirkit:graph` is used. */
  readonly dt?: number | undefined;
  /** Missing fields are those of {@link defaultConvention}. */
  readonly convention?: Partial<Convention> | undefined;
  /** For reset subtract; default aligned. */
  readonly thresholdMode?: ThresholdMode | undefined;
  /** Fractional bits of the state; default 4 with a leak, 0 without, 8 in thresholdMode fraction. */
  readonly fracBits?: number | undefined;
  readonly leakForm?: "mul" | "shift" | undefined;
  /** K of the mul form, default 12; raised while a time constant would change by 1 % or more. */
  readonly leakBits?: number | undefined;
  readonly leakRound?: "floor" | "zero" | "rne" | undefined;
  /** Width of the state; by default what the static bound needs. */
  readonly stateBits?: number | undefined;
  readonly overflow?: "sat" | "wrap" | undefined;
  /** Width that input sums may need, default 32. */
  readonly accumulatorBits?: number | undefined;
  /** Length of a sample in steps: bounds states without leak, and the drift of their biases. */
  readonly steps?: number | undefined;
  /** Integer form of Input nodes, by name. */
  readonly inputs?: ReadonlyMap<string, QuantizedInput> | undefined;
  /** Width of inputs that are no spikes; their scale comes from the calibration samples. */
  readonly inputBits?: number | undefined;
  /** SHA-256 of the file the graph came from; the hash of the graph by default. */
  readonly sourceSha256?: string | undefined;
}

/** All options of {@link quantizeGraph}. */
export interface QuantizeOptions<P> extends DriverOptions {
  /** Of the scheme. */
  readonly params: P;
  readonly overrides?: readonly QuantizeOverride<P>[] | undefined;
}

/** The flat form of the driver's options, as a quantiser package's pass takes them. */
export interface DriverWords {
  readonly dt?: number | undefined;
  readonly leak: "euler" | "exp";
  readonly compare: "gt" | "ge";
  readonly reset: "value" | "subtract" | "none";
  readonly cubaOrder: "new" | "old";
  readonly gain: "nir" | "raw";
  readonly ifGain: "dt" | "step" | "stepR";
  readonly thresholdMode: ThresholdMode;
  readonly fracBits?: number | undefined;
  readonly leakForm: "mul" | "shift";
  readonly leakBits: number;
  readonly leakRound: "floor" | "zero" | "rne";
  readonly stateBits?: number | undefined;
  readonly overflow: "sat" | "wrap";
  readonly accumulatorBits: number;
  readonly steps?: number | undefined;
  readonly inputBits?: number | undefined;
}

/** Fields of {@link DriverWords} with their defaults, to be spread into the schema of a pass. */
export const driverShape: { readonly [K in keyof DriverWords]-?: z.ZodType<DriverWords[K]> } = {
  dt: z.number().gt(0).optional().describe("Time step in the unit of tau"),
  leak: z.enum(["euler", "exp"]).default("euler").describe("Decay 1 - dt/tau, or exp(-dt/tau)"),
  compare: z.enum(["gt", "ge"]).default("gt").describe("Spike when above, or at the threshold too"),
  reset: z.enum(["value", "subtract", "none"]).default("value").describe("What a spike does to the membrane"),
  cubaOrder: z.enum(["new", "old"]).default("new").describe("Membrane sees this or the last step's current"),
  gain: z.enum(["nir", "raw"]).default("nir").describe("Drive (1 - decay) r x, or x"),
  ifGain: z.enum(["dt", "step", "stepR"]).default("dt").describe("What a step of IF adds: dt r x, x, or r x"),
  thresholdMode: z
    .enum(["aligned", "round", "fraction"])
    .default("aligned")
    .describe("Integer thresholds for reset subtract"),
  fracBits: z.number().int().min(0).max(24).optional().describe("Fractional bits of the state"),
  leakForm: z.enum(["mul", "shift"]).default("mul").describe("Decay by multiplier or by shift"),
  leakBits: z.number().int().min(1).max(24).default(12).describe("Bits of the decay multiplier"),
  leakRound: z.enum(["floor", "zero", "rne"]).default("zero").describe("Rounding of the decay"),
  stateBits: z.number().int().min(2).max(32).optional().describe("Width of the state"),
  overflow: z.enum(["sat", "wrap"]).default("sat").describe("Saturate, or wrap where proven impossible"),
  accumulatorBits: z.number().int().min(2).max(32).default(32).describe("Width that input sums may need"),
  steps: z.number().int().min(1).optional().describe("Steps of a sample"),
  inputBits: z.number().int().min(1).max(16).optional().describe("Width of inputs that are no spikes"),
};

/** Driver options from their flat form. */
export function driverOptions(words: DriverWords): DriverOptions {
  const { leak, compare, reset, cubaOrder, gain, ifGain, ...rest } = words;
  return { ...rest, convention: { leak, compare, reset, cubaOrder, gain, ifGain } };
}

/** True when a path matches a pattern of {@link QuantizeOverride}. */
export function matchesNode(pattern: string, path: string): boolean {
  const parts = pattern.split("*");
  const first = parts[0] ?? "";
  if (parts.length === 1) return pattern === path;
  if (!path.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = path.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const last = parts.at(-1) ?? "";
  return path.length - last.length >= at && path.endsWith(last);
}
