/** The spikes of a `spike_list` population, by step. */
import type { Diagnostic } from "@nirkit/graph";
import { s2Diagnostic } from "../diagnostics.ts";
import type { SpikeTrain } from "../engine/population-engine.ts";
import type { CasePopulation } from "./population-case.ts";

/** Sorts the steps of each neuron into neurons by step; E_S2_INPUT_RANGE names the first that does not fit. */
export function readSpikeList(
  { size, spikes = {} }: CasePopulation,
  steps: number,
  path: string,
  found: Diagnostic[],
): SpikeTrain {
  const start = new Uint32Array(steps + 1);
  const errors: string[] = [];
  // Ascending neurons, so that the neurons of a step ascend too.
  const lists = Object.entries(spikes)
    .map(([neuron, times]) => ({ neuron: Number(neuron), text: neuron, times }))
    .sort((a, b) => a.neuron - b.neuron);
  for (const { neuron, text, times } of lists) {
    if (!/^[0-9]+$/.test(text) || neuron >= size) errors.push(`There is no neuron ${text} among ${size}`);
    else errors.push(...timeErrors(neuron, times, steps));
    for (const t of times) if (t >= 0 && t < steps) start[t + 1] = (start[t + 1] as number) + 1;
  }
  for (let t = 0; t < steps; t++) start[t + 1] = (start[t + 1] as number) + (start[t] as number);
  if (errors[0] !== undefined) {
    found.push(
      s2Diagnostic("E_S2_INPUT_RANGE", `${path}.spikes`, { found: errors[0], count: errors.length }),
    );
    return { start: new Uint32Array(steps + 1), index: new Uint32Array(0) };
  }
  const next = start.slice();
  const index = new Uint32Array(start[steps] as number);
  for (const { neuron, times } of lists)
    for (const t of times) {
      index[next[t] as number] = neuron;
      next[t] = (next[t] as number) + 1;
    }
  return { start, index };
}

function timeErrors(neuron: number, times: readonly number[], steps: number): string[] {
  const errors: string[] = [];
  const seen = new Set<number>();
  for (const t of times) {
    if (!Number.isInteger(t) || t < 0 || t >= steps)
      errors.push(`Neuron ${neuron} spikes at step ${t}, outside 0 … ${steps - 1}`);
    else if (seen.has(t)) errors.push(`Neuron ${neuron} spikes twice in step ${t}`);
    seen.add(t);
  }
  return errors;
}
