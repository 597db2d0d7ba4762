/** How many values of a quantity are learned. */
import { type Shape, sizeOf } from "@nirkit/graph";
import { trainError } from "../diagnostics.ts";
import type { Granularity } from "../model/build-options.ts";

/** Shape of a learned quantity that broadcasts to neurons of `shape`. @example channel of [8, 5, 5] is [8, 1, 1] */
export function granularShape(granularity: Exclude<Granularity, "none">, shape: Shape): Shape {
  switch (granularity) {
    case "layer":
      return [];
    case "channel":
      return shape.map((n, axis) => (axis === 0 ? n : 1));
    case "neuron":
      return shape;
    default:
      return granularity satisfies never;
  }
}

/**
 * The values of neurons gathered to those that are learned.
 *
 * @param values one per neuron, or one for all
 * @throws E_GRANULARITY where neurons that are to share a value differ
 */
export function gatherValues(
  values: number | Float64Array,
  granularity: Exclude<Granularity, "none">,
  shape: Shape,
  what: string,
  path: string,
): Float64Array {
  const target = granularShape(granularity, shape);
  const count = sizeOf(target);
  if (typeof values === "number") return new Float64Array(count).fill(values);
  const per = values.length / count;
  const gathered = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(i / per);
    const value = values[i] as number;
    if (i % per === 0) gathered[at] = value;
    else if (gathered[at] !== value)
      throw trainError("E_GRANULARITY", path, {
        granularity,
        what,
        low: gathered[at] as number,
        high: value,
      });
  }
  return gathered;
}
