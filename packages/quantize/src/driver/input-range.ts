/** How large the input of a step can get, from the integers themselves. */
import { NirkitError } from "@nirkit/graph";
import { signedWidth } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { channelOf } from "../fold/threshold.ts";
import type { InputRange } from "../fold/width.ts";
import type { FittedGroup } from "./fit-group.ts";
import type { GroupSettings, Population } from "./group-settings.ts";
import type { QuantizedBias } from "./quantize-weight.ts";

/** Per-step input in the finest LSB, and the width of the sum before fractional bits and bias. */
export interface SumRange extends InputRange {
  readonly accumulatorBits: number;
}

/** Per-step input of every neuron in the finest LSB; refuses sums that an accumulator cannot hold. */
export function inputRangeOf(
  population: Population,
  fitted: FittedGroup,
  biases: ReadonlyMap<string, QuantizedBias | undefined>,
  settings: GroupSettings,
): SumRange {
  const { fracBits } = fitted;
  const low = new Float64Array(population.size);
  const high = new Float64Array(population.size);
  for (const { use, tensor: quantized, shift } of fitted.weights) {
    const finest = 2 ** shift;
    if (!use.targets.includes(population.path)) continue;
    const outputs = quantized.shape[0] ?? 1;
    const rows = rowBounds(quantized.ints, outputs, use.inputMin, use.inputMax);
    for (let i = 0; i < population.size; i++) {
      const row = channelOf(i, population.size, outputs);
      low[i] = (low[i] ?? 0) + finest * (rows.low[row] ?? 0);
      high[i] = (high[i] ?? 0) + finest * (rows.high[row] ?? 0);
    }
  }
  const { bare } = population;
  if (bare !== undefined) {
    low.fill(Math.min(bare.min, 0));
    high.fill(Math.max(bare.max, 0));
  }
  let accumulatorBits = 1;
  for (let i = 0; i < population.size; i++) {
    const needed = signedWidth(low[i] ?? 0, high[i] ?? 0);
    accumulatorBits = Math.max(accumulatorBits, needed);
    low[i] = (low[i] ?? 0) * 2 ** fracBits;
    high[i] = (high[i] ?? 0) * 2 ** fracBits;
    for (const { use } of fitted.weights) {
      const bias = use.targets.includes(population.path) ? biases.get(use.path) : undefined;
      const value = bias?.ints[channelOf(i, population.size, bias.ints.length)] ?? 0;
      low[i] = (low[i] ?? 0) + value;
      high[i] = (high[i] ?? 0) + value;
    }
    const fine = signedWidth(low[i] ?? 0, high[i] ?? 0);
    const worst = Math.max(needed > settings.accumulatorBits ? needed : 0, fine > 32 ? fine : 0);
    if (worst > 0)
      throw tooWide(
        population.path,
        i,
        worst,
        needed > settings.accumulatorBits ? settings.accumulatorBits : 32,
      );
  }
  return { low, high, accumulatorBits };
}

/** Least and largest sum of every row, for inputs between min and max. */
export function rowBounds(
  ints: ArrayLike<number>,
  rows: number,
  min: number,
  max: number,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = new Float64Array(rows);
  const high = new Float64Array(rows);
  const per = ints.length / rows;
  for (let row = 0; row < rows; row++) {
    let positive = 0;
    let negative = 0;
    for (let i = row * per; i < (row + 1) * per; i++) {
      const int = ints[i] as number;
      if (int > 0) positive += int;
      else negative += int;
    }
    // An input may also be 0, which min and max leave in between.
    low[row] = positive * Math.min(min, 0) + negative * Math.max(max, 0);
    high[row] = positive * Math.max(max, 0) + negative * Math.min(min, 0);
  }
  return { low, high };
}

function tooWide(path: string, neuron: number, needed: number, available: number): NirkitError {
  return new NirkitError([
    quantizeDiagnostic("E_ACCUMULATOR_OVERFLOW", `nodes.${path}`, { needed, available, neuron }),
  ]);
}
