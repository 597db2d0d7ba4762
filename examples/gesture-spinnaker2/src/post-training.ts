/** Post-training quantization: every clip percentile for all layers, and the search of one per layer. */
import type { NirGraph, Sample } from "@nirkit/graph";
import { type QuantizeReport, quantizePresets, withPreset } from "@nirkit/quantize";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import { convention, floatRuns } from "./float-network.ts";
import { stepCount, stepSeconds } from "./samples.ts";

/** Clip percentiles of |w| that are tried: all weights inside, … one in twenty clipped. */
export const percentiles: readonly number[] = [100, 99.99, 99.9, 99.5, 99, 98, 95];

/** A quantized network. */
export interface Quantized {
  readonly name: string;
  readonly graph: NirGraph;
  readonly report: QuantizeReport;
}

const options = (search: boolean): UniformOptions => {
  const preset = quantizePresets.get("spinnaker2");
  if (preset === undefined) throw new Error("The preset spinnaker2 is missing");
  const given = { dt: stepSeconds, convention, steps: stepCount };
  return { ...preset.params, ...withPreset(preset, given, search) };
};

/** 8 bit, every population clipped at the same percentile of its weights. */
export async function quantizeAt(graph: NirGraph, percentile: number): Promise<Quantized> {
  const clip = percentile === 100 ? "absmax" : "percentile";
  const result = await quantizeUniform(graph, { ...options(false), clip, percentile });
  return { name: `p ${percentile}`, graph: result.graph, report: result.report };
}

/** 8 bit, percentile and threshold factor of every population chosen by the accuracy on calibration samples. */
export async function quantizeBySearch(graph: NirGraph, calibration: readonly Sample[]): Promise<Quantized> {
  const context = { calibration, simulate: floatRuns() };
  const result = await quantizeUniform(graph, options(true), context);
  return { name: "searched", graph: result.graph, report: result.report };
}
