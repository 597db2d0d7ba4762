/** Options of the post-training quantisation driver. */
import * as z from "zod";
import type { Convention } from "../convention.ts";
import type { ThresholdMode } from "../fold/threshold.ts";
import type { MembraneScheme } from "../membrane.ts";
import type { InputEncoding, QuantizedInput } from "../quantized-view.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import type { ScaleRule } from "./scale-rule.ts";
import { membraneScaling, percentileScaling, type ThresholdScaling } from "./threshold-scaling.ts";

/** What differs for some nodes; later entries win. */
export interface QuantizeOverride<P> {
  /** Path of a node (`block/fc1`); `*` stands for any run of characters. */
  readonly nodes: string;
  /** Another scheme, for weight nodes; its own defaults then hold, not the parameters of the run. */
  readonly quantizer?: AnyQuantizer;
  /** Of the scheme, for weight nodes. */
  readonly params?: Partial<P> | Readonly<Record<string, unknown>>;
  /** For neuron nodes; null takes the run's membrane off again. */
  readonly membrane?: number | MembraneScheme | null;
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
  /** Width of the state in the finest LSB; by default what the static bound needs. */
  readonly stateBits?: number | undefined;
  /**
   * Grid of the stored membranes of spiking neurons: a number of bits (2 … 16), or a scheme of
   * `@nirkit/quantize-membrane`. Fractional bits are lowered from their default until the threshold fits, then low
   * bits are dropped.
   */
  readonly membrane?: number | MembraneScheme | undefined;
  /**
   * fit (default), or kept: a weight that carries integers of the same scheme and width keeps them with their scale, as
   * quantization-aware training left them; only the neurons are folded. Populations with several projections are
   * fitted. With reset subtract take thresholdMode fraction: an aligned scale would move the weights.
   */
  readonly weights?: "fit" | "kept" | undefined;
  /** Projections into one population: one scale (equal, default), or scales apart by powers of two. */
  readonly joint?: "equal" | "shift" | undefined;
  /** Sets the scale of every population in place of the scheme's fit; presets use it. */
  readonly scaleRule?: ScaleRule | undefined;
  /**
   * folded (default): thresholds, resets and biases of the float graph are those of the integers. float: they stay as
   * they are (times the factor of a threshold scaling), for targets that keep float states.
   */
  readonly nodes?: "folded" | "float" | undefined;
  /** Searches clip percentile and threshold factor of every population on the calibration samples. */
  readonly scaling?: ThresholdScaling | undefined;
  /** Weights that make good for the rounding of the others (second order); needs calibration samples. */
  readonly secondOrder?: boolean | undefined;
  /** Most relative change of a time constant, default 0.01. */
  readonly tauTolerance?: number | undefined;
  /** How samples are turned into steps, by Input; written as `nirkit:encoding`. */
  readonly encodings?: ReadonlyMap<string, InputEncoding> | undefined;
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
  /** Of the scheme; missing ones are its defaults. */
  readonly params: P | Partial<P>;
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
  readonly membrane?: number | undefined;
  readonly weights: "fit" | "kept";
  readonly joint: "equal" | "shift";
  /** percentile and membrane need calibration samples. */
  readonly search: "none" | "percentile" | "membrane";
  readonly secondOrder: boolean;
  readonly tauTolerance: number;
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
  membrane: z.number().int().min(2).max(16).optional().describe("Bits of a stored membrane, 2 to 16"),
  weights: z
    .enum(["fit", "kept"])
    .default("fit")
    .describe("Integers that a weight has already: fitted anew, or kept"),
  joint: z
    .enum(["equal", "shift"])
    .default("equal")
    .describe("Projections into one population: one scale, or apart by powers of two"),
  search: z
    .enum(["none", "percentile", "membrane"])
    .default("none")
    .describe("Search of clip percentiles and thresholds: by spike counts, or by potentials and accuracy"),
  secondOrder: z.boolean().default(false).describe("Weights make good for the rounding of the others"),
  tauTolerance: z.number().gt(0).default(0.01).describe("Most relative change of a time constant"),
};

/** Driver options from their flat form. */
export function driverOptions(words: DriverWords): DriverOptions {
  const { leak, compare, reset, cubaOrder, gain, ifGain, search, ...rest } = words;
  return {
    ...rest,
    scaling: { none: undefined, percentile: percentileScaling, membrane: membraneScaling }[search],
    convention: { leak, compare, reset, cubaOrder, gain, ifGain },
  };
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
