/** One gradient from those of the parts of a batch. */
import { addSums, type Sums } from "../metric/metric.ts";
import type { GradientResult, PassResult } from "./objective.ts";

/** Gradients, loss and sums of a whole batch. */
export interface Combined extends Omit<GradientResult, "state"> {
  readonly states: readonly GradientResult["state"][];
}

/** Adds parts in their order, each with its share of the samples: the mean over the batch of means over the parts. */
export function combineParts(parts: readonly GradientResult[]): Combined {
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  const gradients = new Map<string, Float32Array>();
  for (const part of parts) {
    const weight = part.samples / samples;
    for (const [key, gradient] of part.gradients) {
      const sum = gradients.get(key);
      // Copied even with weight 1: clipping works in place, the backend may still hold the array.
      if (sum === undefined) gradients.set(key, weight === 1 ? gradient.slice() : scaled(gradient, weight));
      else addScaled(sum, gradient, weight);
    }
  }
  return { ...combineResults(parts), gradients, states: parts.map(({ state }) => state) };
}

/** Loss (mean over samples) and sums of several passes. */
export function combineResults(parts: readonly PassResult[]): Omit<PassResult, "state"> {
  const samples = parts.reduce((sum, part) => sum + part.samples, 0);
  const sums: Record<string, Sums> = {};
  for (const part of parts)
    for (const [name, own] of Object.entries(part.sums)) sums[name] = addSums(sums[name] ?? {}, own);
  const silent = parts.every(({ outputSpikes }) => outputSpikes === undefined);
  return {
    loss: parts.reduce((sum, part) => sum + (part.loss * part.samples) / samples, 0),
    samples,
    sums,
    outputSpikes: silent ? undefined : parts.reduce((sum, { outputSpikes = 0 }) => sum + outputSpikes, 0),
    classes: parts[0]?.classes ?? 0,
  };
}

function scaled(values: Float32Array, factor: number): Float32Array {
  const own = new Float32Array(values.length);
  for (let k = 0; k < own.length; k++) own[k] = (values[k] as number) * factor;
  return own;
}

function addScaled(sum: Float32Array, values: Float32Array, factor: number): void {
  for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] as number) + factor * (values[k] as number);
}
