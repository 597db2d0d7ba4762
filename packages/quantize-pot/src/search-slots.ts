/** Slots that suit given weights: coordinate descent over the lists on a histogram of the weights. */
import { assertFinite, largestMagnitude } from "@nirkit/quantize";
import { levelTable, nearestLevel } from "./level-table.ts";
import { type SlotLists, slotSums, slotText } from "./slot-lists.ts";
import { smallerLevel } from "./table-scheme.ts";

/** What {@link searchSlots} may choose from. */
export interface SlotSearch {
  /** Number of slots, default 2. */
  readonly slots?: number;
  /** Powers per slot beside 0, each with both signs; default 3. */
  readonly powers?: number;
  /** Highest exponent, default 7. */
  readonly maxExponent?: number;
}

const bins = 2048;

/**
 * Slot lists with a smaller Σ(w − ŵ)² than interleaved powers, by changing one power of one slot at a time as long as
 * that helps. Every list holds 0 and both signs of its powers. Deterministic.
 *
 * @param w finite, not all 0
 * @returns the parameter `slots` of the slot scheme
 * @throws E_NON_FINITE
 * @example searchSlots(w, { slots: 2, powers: 3 }) // "0,64,-64,16,-16,2,-2|0,32,-32,8,-8,1,-1", say
 */
export function searchSlots(
  w: Float32Array,
  { slots = 2, powers = 3, maxExponent = 7 }: SlotSearch = {},
): string {
  assertFinite(w, [w.length], "weight");
  const histogram = histogramOf(w);
  let best = interleaved(slots, powers, maxExponent);
  let least = errorOf(best, histogram);
  for (let improved = true; improved; ) {
    improved = false;
    for (const changed of neighbours(best, maxExponent)) {
      const error = errorOf(changed, histogram);
      if (error >= least) continue;
      best = changed;
      least = error;
      improved = true;
      break;
    }
  }
  return slotText(best.map(signedList));
}

/** Exponents of each slot, without signs and zero. */
type Exponents = readonly (readonly number[])[];

function signedList(exponents: readonly number[]): readonly number[] {
  return [0, ...exponents.flatMap((e) => [2 ** e, -(2 ** e)])];
}

/** Exponents dealt out from the top, one slot after the other. */
function interleaved(slots: number, powers: number, maxExponent: number): Exponents {
  return Array.from({ length: slots }, (_, slot) =>
    Array.from({ length: Math.min(powers, maxExponent + 1) }, (_, i) => {
      const down = i * slots + slot;
      return down <= maxExponent ? maxExponent - down : (i + slot) % (maxExponent + 1);
    }).filter((e, i, list) => list.indexOf(e) === i),
  );
}

/** All lists that differ in one exponent. */
function* neighbours(lists: Exponents, maxExponent: number): Generator<Exponents> {
  for (const [slot, list] of lists.entries())
    for (let i = 0; i < list.length; i++)
      for (let e = maxExponent; e >= 0; e--) if (!list.includes(e)) yield lists.with(slot, list.with(i, e));
}

/** Counts of |w| / absmax in equal bins; levels are symmetric, so signs do not matter. */
function histogramOf(w: Float32Array): Float64Array {
  const counts = new Float64Array(bins);
  const absmax = largestMagnitude(w);
  for (let i = 0; i < w.length; i++) {
    const x = Math.abs(w[i] ?? 0);
    if (x === 0) continue;
    const bin = Math.min(bins - 1, Math.floor((x / absmax) * bins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function errorOf(exponents: Exponents, histogram: Float64Array): number {
  const lists: SlotLists = exponents.map(signedList);
  const levels = Int32Array.from(slotSums(lists), ({ value }) => value);
  const table = levelTable(levels, smallerLevel, () => 0);
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    const x = ((bin + 0.5) / bins) * table.max;
    error += (histogram[bin] ?? 0) * ((x - nearestLevel(x, table)) / table.max) ** 2;
  }
  return error;
}
