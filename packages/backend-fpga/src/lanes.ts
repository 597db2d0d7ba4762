/** How many neurons of a layer are updated side by side. */
import type { FpgaOptions } from "./options.ts";

const defaultLanes = 8;

/** Entries of the `lanes` option; a name may itself hold `=`, so the last one counts. */
export function lanesByName(options: FpgaOptions): ReadonlyMap<string, number> {
  const entries = (options.lanes ?? "").split(",").filter((entry) => entry.trim() !== "");
  return new Map(
    entries.map((entry) => {
      const at = entry.lastIndexOf("=");
      return [entry.slice(0, Math.max(at, 0)).trim(), at < 0 ? Number.NaN : Number(entry.slice(at + 1))];
    }),
  );
}

/**
 * Lanes of one layer: its own entry, else `pe`, else ceil(neurons / reuse), else 8 or as many as there are neurons.
 *
 * @example layerLanes("l1", 96, { ...options, reuse: 10 }) // 10
 */
export function layerLanes(name: string, neurons: number, options: FpgaOptions): number {
  const own = lanesByName(options).get(name);
  if (own !== undefined) return own;
  if (options.pe !== undefined) return options.pe;
  if (options.reuse !== undefined) return Math.max(1, Math.ceil(neurons / options.reuse));
  return Math.min(defaultLanes, neurons);
}
