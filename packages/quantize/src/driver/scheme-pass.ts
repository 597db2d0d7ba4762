/** The pass of a quantiser package: its own parameters beside the driver's options, flat. */
import { definePass, type NirGraph, type Pass, type PassContext, type PassResult } from "@nirkit/graph";
import * as z from "zod";
import type { WeightQuantizer } from "../weight-quantizer.ts";
import {
  type DriverOptions,
  type DriverWords,
  driverOptions,
  driverShape,
  type QuantizeOptions,
} from "./options.ts";
import { quantizeGraph } from "./quantize-graph.ts";
import type { QuantizeReport } from "./report.ts";

/** Options of a scheme's function: its parameters, the driver's options, overrides. */
export type SchemeOptions<P> = Partial<P> & DriverOptions & Pick<QuantizeOptions<P>, "overrides">;

/** Fields of a scheme's parameters with their defaults. */
export type SchemeShape<P> = { readonly [K in keyof P]-?: z.ZodType<P[K]> };

/**
 * Quantises a graph with a scheme whose parameters stand among the options.
 *
 * @throws NirkitError as `quantizeGraph` does; E_BAD_OPTION where the scheme refuses its parameters
 */
export function quantizeWith<P>(
  quantizer: WeightQuantizer<P>,
  shape: SchemeShape<P>,
  graph: NirGraph,
  options: SchemeOptions<P>,
  context?: PassContext,
): Promise<PassResult & { readonly report: QuantizeReport }> {
  const given = (Object.keys(shape) as (keyof P & string)[]).map((key) => [key, options[key]] as const);
  const params = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as Partial<P>;
  return quantizeGraph(graph, quantizer, { ...options, params }, context);
}

/**
 * Declares the pass of a scheme, `quantize-pot{bits=4,axis=0,dt=0.001}` in text.
 *
 * @param name kebab-case, `quantize-…`
 */
export function schemePass<P>(
  quantizer: WeightQuantizer<P>,
  shape: SchemeShape<P>,
  name: string,
  summary: string,
): Pass<P & DriverWords> {
  return definePass<P & DriverWords>({
    name,
    summary,
    // The type of an object whose fields are a type parameter's stays open: TypeScript does not compute it.
    options: z.object({ ...shape, ...driverShape }) as unknown as z.ZodType<P & DriverWords>,
    run: (graph, options, context) =>
      quantizeWith<P>(quantizer, shape, graph, { ...options, ...driverOptions(options) }, context),
  });
}
