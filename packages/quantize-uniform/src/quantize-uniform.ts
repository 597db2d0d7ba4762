/** Uniform post-training quantisation of a graph, as a function and as a pass. */
import { definePass, type NirGraph, type Pass, type PassContext, type PassResult } from "@nirkit/graph";
import {
  type DriverOptions,
  type DriverWords,
  driverOptions,
  driverShape,
  type QuantizeOptions,
  type QuantizeReport,
  quantizeGraph,
} from "@nirkit/quantize";
import * as z from "zod";
import { uniform } from "./uniform.ts";
import { type UniformParams, uniformParams, uniformShape } from "./uniform-params.ts";

/** Options of {@link quantizeUniform}: the scheme's parameters beside the driver's options. */
export type UniformOptions = Partial<UniformParams> &
  DriverOptions &
  Pick<QuantizeOptions<UniformParams>, "overrides">;

/**
 * Quantises a graph with {@link uniform}.
 *
 * @example await quantizeUniform(graph, { bits: 4, axis: 0, dt: 1e-3 })
 * @throws NirkitError as `quantizeGraph` does
 */
export function quantizeUniform(
  graph: NirGraph,
  options: UniformOptions = {},
  context?: PassContext,
): Promise<PassResult & { readonly report: QuantizeReport }> {
  return quantizeGraph(graph, uniform, { ...options, params: paramsOf(options) }, context);
}

function paramsOf(options: Partial<UniformParams>): UniformParams {
  const given = Object.keys(uniformShape).map((key) => [key, options[key as keyof UniformParams]] as const);
  // Wrong values are refused by the driver, which says where; here they only have to get through.
  const picked = Object.fromEntries(given.filter(([, value]) => value !== undefined));
  const parsed = uniformParams.safeParse(picked);
  return parsed.success ? parsed.data : (picked as unknown as UniformParams);
}

/** Before: float weights. After: `fc1 uniform4/axis0`, integer thresholds. Text form `quantize-uniform{bits=4,axis=0,dt=0.001}`. */
export const quantizeUniformPass: Pass<UniformParams & DriverWords> = definePass<UniformParams & DriverWords>(
  {
    name: "quantize-uniform",
    summary: "Quantizes weights to equally spaced levels and folds neurons to integers",
    options: z.object({ ...uniformShape, ...driverShape }) as unknown as z.ZodType<
      UniformParams & DriverWords
    >,
    run: (graph, options, context) =>
      quantizeUniform(graph, { ...options, ...driverOptions(options) }, context),
  },
);
