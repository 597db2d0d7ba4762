/** Lists of signed powers of two, one per slot, as text and as numbers: `0,4,-4|0,1,-1` are two slots. */
import { bitLength } from "@nirkit/integer";

/** Allowed entries of each slot, in the order of their indices. */
export type SlotLists = readonly (readonly number[])[];

/** Largest magnitude that the integers of a slot code may have. */
const largestLevel = 32767;

/**
 * Reads slot lists.
 *
 * @returns a sentence about what is wrong where a list is none: every slot holds 0 and signed powers of two, two entries
 *   at least, none twice; codes have 16 bits at most
 */
export function parseSlots(text: string): SlotLists | string {
  const lists = text
    .split("|")
    .map((list) => list.split(",").map((entry) => Number(entry.trim() || Number.NaN)));
  for (const list of lists) {
    const wrong = list.find((entry) => !isSignedPower(entry));
    if (wrong !== undefined) return `a slot entry is ${wrong}; 0 or a signed power of two was expected`;
    if (!list.includes(0)) return `the slot ${list.join(",")} has no 0`;
    if (list.length < 2 || new Set(list).size !== list.length)
      return `the slot ${list.join(",")} needs two entries or more, none of them twice`;
  }
  if (slotBits(lists) > 16) return `codes would have ${slotBits(lists)} bits; 16 are the most`;
  const largest = lists.reduce((sum, list) => sum + Math.max(...list.map(Math.abs)), 0);
  return largest > largestLevel ? `levels reach ${largest}; ${largestLevel} is the most` : lists;
}

function isSignedPower(x: number): boolean {
  const magnitude = Math.abs(x);
  return x === 0 || (Number.isInteger(x) && 2 ** (bitLength(magnitude) - 1) === magnitude);
}

/** Bits of a code: ceil(log2 |P_i|) for each slot. */
export function slotBits(lists: SlotLists): number {
  return lists.reduce((sum, list) => sum + indexBits(list), 0);
}

/** Bits of an index into one slot. */
function indexBits(list: readonly number[]): number {
  return bitLength(list.length - 1);
}

/** The text form, canonical: no spaces. */
export function slotText(lists: SlotLists): string {
  return lists.map((list) => list.join(",")).join("|");
}

/** The best code of an integer. */
export interface SlotSum {
  readonly value: number;
  readonly code: number;
  /** Slots whose entry is not 0. */
  readonly used: number;
}

/** Every integer that a choice of entries adds up to, sorted, each with its code of the fewest entries that are not 0. */
export function slotSums(lists: SlotLists): readonly SlotSum[] {
  let sums: readonly SlotSum[] = [{ value: 0, code: 0, used: 0 }];
  for (const list of lists) {
    const shift = 2 ** indexBits(list);
    sums = sums.flatMap(({ value, code, used }) =>
      list.map((entry, index) => ({
        value: value + entry,
        code: code * shift + index,
        used: used + (entry === 0 ? 0 : 1),
      })),
    );
  }
  const best = new Map<number, SlotSum>();
  for (const sum of sums) {
    const known = best.get(sum.value);
    if (known === undefined || sum.used < known.used || (sum.used === known.used && sum.code < known.code))
      best.set(sum.value, sum);
  }
  return [...best.values()].sort((a, b) => a.value - b.value);
}

/** Sum of the entries that a code chooses; an index past the end of its list counts as 0. */
export function decodeSlots(code: number, lists: SlotLists): number {
  let rest = code;
  let value = 0;
  for (const list of lists.toReversed()) {
    const shift = 2 ** indexBits(list);
    value += list[rest % shift] ?? 0;
    rest = Math.floor(rest / shift);
  }
  return value;
}
