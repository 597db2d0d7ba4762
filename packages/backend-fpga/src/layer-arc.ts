/** The arcs of a layer, in a chain and elsewhere. */
import type { ArcPlan, LayerPlan, ProjectionPlan } from "./plan-types.ts";

/** What an arc does, wherever its events come from. */
export type LayerArc = Pick<
  ArcPlan,
  "conv" | "inputs" | "inMap" | "pool" | "projection" | "inputAddress" | "value"
>;

/** All arcs of a layer; a chain has one. */
export function layerArcs({
  arcs,
  conv,
  inputs,
  inMap,
  pool,
  projections,
  widths,
}: Pick<
  LayerPlan,
  "arcs" | "conv" | "inputs" | "inMap" | "pool" | "projections" | "widths"
>): readonly LayerArc[] {
  const projection = projections[0] as ProjectionPlan;
  const { inputAddress, value } = widths;
  return arcs ?? [{ conv, inputs, inMap, pool, projection, inputAddress, value }];
}

/** Name of what belongs to an arc: `arc_fc`, and `arc1_fc` of the second. */
export function arcName(prefix: string, layer: string, arc: number): string {
  return `${prefix}${arc === 0 ? "" : arc}_${layer}`;
}
