/** Largest weights and thresholds over all populations that feed others. */
import { toFloat64 } from "@nirkit/graph";
import type { Convention } from "../convention.ts";
import { foldRecurrence } from "../fold/recurrence.ts";
import type { ScaleGroup } from "./projections.ts";
import type { NetworkExtent } from "./scale-rule.ts";

/** Measures the hidden groups, every weight in the unit of its integer input. */
export function networkExtent(
  groups: readonly ScaleGroup[],
  dt: number,
  convention: Convention,
): NetworkExtent {
  let hiddenWeight = 0;
  let hiddenTheta = 0;
  for (const { weights, populations, hidden } of groups) {
    if (!hidden) continue;
    if (weights.length === 0) continue;
    const inputUnit = Math.min(...weights.map((use) => use.inputUnit));
    for (const { node, inputUnit: unit } of weights)
      for (const w of toFloat64(node.weight))
        hiddenWeight = Math.max(hiddenWeight, Math.abs(w) * (unit / inputUnit));
    for (const { path, node, size } of populations) {
      if (node === undefined) continue;
      const { theta, gain, spiking } = foldRecurrence(node, size, dt, convention, `nodes.${path}`);
      if (spiking)
        theta.forEach((t, i) => {
          hiddenTheta = Math.max(hiddenTheta, t / ((gain[i] ?? 1) * inputUnit));
        });
    }
  }
  return { hiddenWeight, hiddenTheta };
}
