/** Synapses by source, so that a silent source costs nothing. */

/** Everything one projection adds to the input sums of its target. */
export interface FanOut {
  /** Largest delay field, 0 … 7. */
  readonly longestDelay: number;
  /** Synapses by source, zero weights left out. */
  readonly synapses: Uint32Array;
  /** The same as rows `[sources][sums of the target]`, where most entries are filled and kernels pay; then of one delay. */
  readonly dense?: Int8Array;
  /**
   * Adds the synapses of all sources that fired in one step.
   *
   * @param sums ring of input sums, one row per coming step
   * @param rows where the row of delay field d starts, by d
   * @param sources indices that fired: entries `from … to − 1`
   */
  deliver(sums: Int32Array, rows: Int32Array, sources: Uint32Array, from: number, to: number): void;
}

/** Rows `[source, target, weight, delay field]` as typed arrays. */
export interface SynapseList {
  readonly source: Uint32Array;
  readonly target: Uint32Array;
  readonly weight: Int32Array;
  /** One entry for all, or one per row. */
  readonly delay: Uint8Array;
}

/**
 * Sorts a list of synapses by source.
 *
 * @param inhibition where sums of |w| of negative weights start (`lif_curr_exp`), or undefined where signs add (`lif`)
 */
export function listFanOut(list: SynapseList, sources: number, inhibition: number | undefined): FanOut {
  const start = new Uint32Array(sources + 1);
  for (let k = 0; k < list.source.length; k++)
    if (list.weight[k] !== 0) {
      const next = (list.source[k] as number) + 1;
      start[next] = (start[next] as number) + 1;
    }
  const synapses = start.slice(1);
  for (let s = 0; s < sources; s++) start[s + 1] = (start[s + 1] as number) + (start[s] as number);
  const slot = new Uint32Array(start[sources] as number);
  const amount = new Int32Array(slot.length);
  const delay = new Uint8Array(slot.length);
  const next = start.slice();
  for (let k = 0; k < list.source.length; k++) {
    const weight = list.weight[k] as number;
    if (weight === 0) continue;
    const s = list.source[k] as number;
    const at = next[s] as number;
    next[s] = at + 1;
    const isNegative = weight < 0 && inhibition !== undefined;
    slot[at] = (list.target[k] as number) + (isNegative ? inhibition : 0);
    amount[at] = isNegative ? -weight : weight;
    delay[at] = list.delay[list.delay.length === 1 ? 0 : k] as number;
  }
  const longestDelay = delay.reduce((most, d) => Math.max(most, d), 0);
  const isUniform = delay.every((d) => d === longestDelay);
  const deliver = isUniform
    ? uniformDelivery(start, slot, amount, longestDelay)
    : delayedDelivery(start, slot, amount, delay);
  return { longestDelay, synapses, deliver };
}

/**
 * Synapses that are sorted by source already, with one delay, at most one from a source to a target.
 *
 * @param inhibition as in {@link listFanOut}
 */
export function rowsFanOut(
  rows: { readonly start: Uint32Array; readonly target: Uint32Array; readonly weight: Int8Array },
  delay: number,
  targets: number,
  inhibition: number | undefined,
): FanOut {
  const { start, target, weight } = rows;
  const slot = target.slice();
  const amount = Int32Array.from(weight);
  if (inhibition !== undefined)
    for (let k = 0; k < slot.length; k++) {
      const w = amount[k] as number;
      if (w >= 0) continue;
      slot[k] = (slot[k] as number) + inhibition;
      amount[k] = -w;
    }
  const synapses = new Uint32Array(start.length - 1);
  for (let s = 0; s < synapses.length; s++) synapses[s] = (start[s + 1] as number) - (start[s] as number);
  const fanOut = { longestDelay: delay, synapses, deliver: uniformDelivery(start, slot, amount, delay) };
  const entries = synapses.length * targets;
  const isDense = entries >= leastEntries && 2 * slot.length >= entries;
  const width = inhibition === undefined ? targets : 2 * targets;
  return isDense ? { ...fanOut, dense: denseRows(start, slot, amount, width) } : fanOut;
}

/** Matrices below this size are done before a kernel has been called. */
const leastEntries = 2048;

function denseRows(start: Uint32Array, slot: Uint32Array, amount: Int32Array, width: number): Int8Array {
  const rows = new Int8Array((start.length - 1) * width);
  for (let s = 0; s + 1 < start.length; s++)
    for (let k = start[s] as number; k < (start[s + 1] as number); k++)
      rows[s * width + (slot[k] as number)] = amount[k] as number;
  return rows;
}

function uniformDelivery(
  start: Uint32Array,
  slot: Uint32Array,
  amount: Int32Array,
  delay: number,
): FanOut["deliver"] {
  return (sums, rows, sources, from, to) => {
    const row = rows[delay] as number;
    for (let s = from; s < to; s++) {
      const source = sources[s] as number;
      const end = start[source + 1] as number;
      for (let k = start[source] as number; k < end; k++) {
        const at = row + (slot[k] as number);
        sums[at] = (sums[at] as number) + (amount[k] as number);
      }
    }
  };
}

function delayedDelivery(
  start: Uint32Array,
  slot: Uint32Array,
  amount: Int32Array,
  delay: Uint8Array,
): FanOut["deliver"] {
  return (sums, rows, sources, from, to) => {
    for (let s = from; s < to; s++) {
      const source = sources[s] as number;
      const end = start[source + 1] as number;
      for (let k = start[source] as number; k < end; k++) {
        const at = (rows[delay[k] as number] as number) + (slot[k] as number);
        sums[at] = (sums[at] as number) + (amount[k] as number);
      }
    }
  };
}
