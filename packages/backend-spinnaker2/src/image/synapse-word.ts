/**
 * Synapses as 16-bit words.
 *
 *     models with delays     |w| << 12 | d << 9 | (w < 0) << 8 | index
 *     models without         |w| << 9 | (w < 0) << 8 | index
 *
 * The widths follow from the ranges of the application models; the order is the SpiNNaker convention.
 */

/** One synapse: target on its PE, weight, delay field. */
export interface SynapseWord {
  readonly index: number;
  readonly weight: number;
  readonly delay: number;
}

/**
 * Packs a synapse.
 *
 * @param hasDelay whether the target's model has a delay field: |w| <= 15 and d <= 7, else |w| <= 127 and d = 0
 * @example packSynapse({ index: 3, weight: -5, delay: 2 }, true) // 0x5503
 * @example packSynapse({ index: 3, weight: -95, delay: 0 }, false) // 0xbf03
 */
export function packSynapse({ index, weight, delay }: SynapseWord, hasDelay: boolean): number {
  const magnitude = Math.abs(weight);
  const sign = weight < 0 ? 1 << 8 : 0;
  return hasDelay ? (magnitude << 12) | (delay << 9) | sign | index : (magnitude << 9) | sign | index;
}

/** Unpacks a synapse; padding is a weight of 0. */
export function unpackSynapse(word: number, hasDelay: boolean): SynapseWord {
  const index = word & 255;
  const sign = (word & (1 << 8)) === 0 ? 1 : -1;
  const magnitude = hasDelay ? word >>> 12 : word >>> 9;
  return { index, weight: magnitude === 0 ? 0 : sign * magnitude, delay: hasDelay ? (word >>> 9) & 7 : 0 };
}
