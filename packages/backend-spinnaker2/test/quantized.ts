/** Graphs quantised as the chip takes them, and networks lowered for it. */
import type { NirGraph } from "@nirkit/graph";
import { lower, type Network } from "@nirkit/network";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import { mapS2, type S2Mapping, type S2Options, s2OptionsSchema, spinnaker2 } from "../src/index.ts";

/** What differs from the chip's rule. */
export interface QuantizeChoice {
  readonly dt: number;
  readonly reset?: "value" | "subtract";
  readonly leak?: "euler" | "exp";
  readonly bits?: number;
  /** Toward zero, as py-spinnaker2 rounds. */
  readonly down?: boolean;
}

/** One scale per population, 8 bits, float thresholds, spikes at the threshold. */
export async function quantizeForChip(source: NirGraph, choice: QuantizeChoice): Promise<NirGraph> {
  const { dt, reset = "value", leak = "euler", bits = 8, down = false } = choice;
  const options: UniformOptions = {
    dt,
    bits,
    axis: null,
    range: "narrow",
    clip: "absmax",
    joint: "equal",
    integers: "product",
    nodes: "float",
    thresholdMode: "round",
    tauTolerance: Number.MAX_VALUE,
    rounding: down ? "DOWN" : "HALF_EVEN",
    convention: { leak, compare: "ge", reset, cubaOrder: "new", ifGain: "stepR" },
  };
  return (await quantizeUniform(source, options)).graph;
}

/** Lowered for the chip. */
export function lowered(graph: NirGraph): Network {
  return lower(graph, spinnaker2.lowering);
}

/** Options with their defaults. */
export function s2Options(changes: Partial<S2Options> = {}): S2Options {
  return s2OptionsSchema.parse(changes);
}

/** Quantised, lowered and mapped. */
export async function mapped(
  source: NirGraph,
  choice: QuantizeChoice,
  changes: Partial<S2Options> = {},
): Promise<S2Mapping> {
  return mapS2(lowered(await quantizeForChip(source, choice)), changes);
}
