/** Samples that go through the network together: few enough that what a layer writes is still near when the next reads it. */
import type { EventBatch } from "@nirkit/events";
import { sizeOf } from "@nirkit/graph";
import type { NetworkSpec } from "../../model/node-spec.ts";
import type { NetworkState, NodeState } from "../../model/trainable-model.ts";
import type { Program } from "./program.ts";

/** Consecutive samples of a batch. */
export interface Band {
  readonly first: number;
  readonly count: number;
}

/** Bytes of its widest layer that a band may have: a second-level cache, whatever the machine, so that sums keep their order. */
const bandBytes = 2 ** 20;

interface StateOfBatch {
  readonly batch: number;
  readonly state: NetworkState;
}

/**
 * The bands of a batch. The whole batch is one where its layers are small, where weights outweigh what a band writes
 * (each band reads them anew), where a loop runs step by step, and where a state belongs to another batch.
 */
export function bandsOf(
  { plan, parameters }: NetworkSpec,
  { flows, parts }: Program,
  { steps, batch, state }: StateOfBatch & { readonly steps: number },
): readonly Band[] {
  const whole = [{ first: 0, count: batch }];
  const foreign = [...state].some(([name, own]) => {
    const row = batch * sizeOf(plan.nodes.get(name)?.outputShape ?? []);
    return Object.values(own).some(({ length }) => length % row !== 0);
  });
  if (foreign || parts.some(({ stepwise }) => stepwise)) return whole;
  const widest = flows.reduce((most, { n }) => Math.max(most, n), 0);
  const weights = parameters.reduce((total, { variable }) => total + variable.size, 0);
  const count = Math.max(1, Math.floor(bandBytes / (4 * steps * widest)));
  if (2 * count > batch || weights > (count * steps * widest) / 4) return whole;
  return Array.from({ length: Math.ceil(batch / count) }, (_, k) => ({
    first: k * count,
    count: Math.min(count, batch - k * count),
  }));
}

/** Visits the steps with the place of a band's rows among those of the batch, their place in the band, and their length. */
export function eachStep(
  steps: number,
  batch: number,
  n: number,
  { first, count }: Band,
  visit: (whole: number, own: number, length: number) => void,
): void {
  if (count === batch) visit(0, 0, steps * batch * n);
  else for (let t = 0; t < steps; t++) visit((t * batch + first) * n, t * count * n, count * n);
}

/** Rows `[steps, batch, n]` of a band. */
export function bandRows(values: Float32Array, batch: number, n: number, band: Band): Float32Array {
  if (band.count === batch) return values;
  const steps = values.length / (batch * n);
  const rows = new Float32Array(steps * band.count * n);
  eachStep(steps, batch, n, band, (whole, own, length) =>
    rows.set(values.subarray(whole, whole + length), own),
  );
  return rows;
}

/** The same rows of all bands, joined. */
export function joinRows(
  parts: readonly Float32Array[],
  bands: readonly Band[],
  batch: number,
  n: number,
): Float32Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  const whole = new Float32Array(total);
  parts.forEach((part, k) => {
    eachStep(total / (batch * n), batch, n, bands[k] as Band, (to, own, length) =>
      whole.set(part.subarray(own, own + length), to),
    );
  });
  return whole;
}

/** Events by row. */
export type BandEvents = Pick<EventBatch, "start" | "index" | "value">;

/** Events of a band by row t·count + sample. */
export function bandEvents(given: EventBatch, { first, count }: Band): BandEvents {
  const { steps, batch, start, index, value } = given;
  if (count === batch) return given;
  const bound = (t: number, sample: number): number => start[t * batch + first + sample] as number;
  let total = 0;
  for (let t = 0; t < steps; t++) total += bound(t, count) - bound(t, 0);
  const starts = new Uint32Array(steps * count + 1);
  const indices = new Uint32Array(total);
  const amounts = value && new Float32Array(total);
  let at = 0;
  for (let t = 0; t < steps; t++) {
    const [from, to] = [bound(t, 0), bound(t, count)];
    for (let b = 1; b <= count; b++) starts[t * count + b] = bound(t, b) - from + at;
    indices.set(index.subarray(from, to), at);
    if (value !== undefined) amounts?.set(value.subarray(from, to), at);
    at += to - from;
  }
  return { start: starts, index: indices, ...(amounts === undefined ? {} : { value: amounts }) };
}

/** State of a band. */
export function bandState({ plan }: NetworkSpec, { state, batch }: StateOfBatch, band: Band): NetworkState {
  if (band.count === batch) return state;
  return new Map(
    [...state].map(([name, given]) => {
      const n = sizeOf(plan.nodes.get(name)?.outputShape ?? []);
      const own = Object.entries(given).map(([what, values]) => [what, bandRows(values, batch, n, band)]);
      return [name, Object.fromEntries(own) as NodeState];
    }),
  );
}

/** State of all bands. */
export function joinStates(
  { plan }: NetworkSpec,
  states: readonly Map<string, NodeState>[],
  bands: readonly Band[],
  batch: number,
): Map<string, NodeState> {
  const [only] = states;
  if (only !== undefined && states.length === 1) return only;
  const joined = new Map<string, NodeState>();
  for (const [name, first] of only ?? []) {
    const n = sizeOf(plan.nodes.get(name)?.outputShape ?? []);
    const keys = Object.keys(first) as (keyof NodeState)[];
    const own = keys.map((what) => {
      const parts = states.map((state) => state.get(name)?.[what] as Float32Array);
      return [what, joinRows(parts, bands, batch, n)];
    });
    joined.set(name, Object.fromEntries(own) as NodeState);
  }
  return joined;
}
