/** Pass `fold-scale`: takes constant scales into neighboring weights or gains. */
import * as z from "zod/mini";
import type { NirGraph } from "../graph.ts";
import type { NirNode } from "../node.ts";
import { toFloat64 } from "../tensor.ts";
import { type FoldOptions, type FoldResult, foldPointwise, type Pointwise } from "./fold-pointwise.ts";
import { definePass, type Pass } from "./pass.ts";

/**
 * The graph with every Scale folded that can be, at every depth: into the only Affine, Linear, Conv or Scale before it
 * (rows and bias), else into all nodes behind it (columns of an Affine, Linear or Conv; r of I, LI, IF and LIF; w_in of
 * CubaLI and CubaLIF). A Scale of ones goes without a trace. Convolutions take one factor per channel.
 *
 * Without `allowRounding` (default false) only where every new weight is exactly the product. Nodes with annotations
 * of nirkit (`nirkit:…` metadata, such as exact integers) are left alone. The report names what stayed, and why.
 *
 * @example
 * // in [2] -> fc W [[1, 2]] -> scale [4] -> out   becomes   in [2] -> fc W [[4, 8]] -> out
 */
export function foldScale(graph: NirGraph, options: Partial<FoldOptions> = {}): FoldResult {
  const { allowRounding = false, neurons = true } = options;
  return foldPointwise(graph, readScale, { allowRounding, neurons });
}

/** A Scale as a pointwise map; undefined for other nodes and for factors that are not finite. */
export function readScale(node: NirNode): Pointwise | undefined {
  if (node.type !== "Scale" || !("scale" in node)) return undefined;
  const scale = toFloat64(node.scale);
  if (!scale.every(Number.isFinite)) return undefined;
  return { scale, shift: new Float64Array(scale.length), shifts: false };
}

/** Options of the folding passes. */
export const foldOptions: z.ZodMiniType<FoldOptions> = z.strictObject({
  allowRounding: z._default(z.boolean(), false),
  neurons: z._default(z.boolean(), true),
});

/** {@link foldScale} as a pass; the report lists what was folded and what stayed. */
export const foldScalePass: Pass<FoldOptions> = definePass({
  name: "fold-scale",
  summary: "Take Scale nodes into neighboring weights or gains",
  options: foldOptions,
  example: { before: "in [2] -> fc W [[1, 2]] -> scale [4] -> out", after: "in [2] -> fc W [[4, 8]] -> out" },
  run: (graph, options) => ({ ...foldScale(graph, options), diagnostics: [] }),
});
