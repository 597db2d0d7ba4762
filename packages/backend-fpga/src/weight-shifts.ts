/**
 * Weights of several shifts: sums of up to three signed powers of two, as APoT, bit-sparse and slot schemes make them.
 *
 * - `shifts`: one sign, then a field m per slot; ± the sum of 2^(m−1), nothing where m = 0.
 * - `signed-shifts`: a sign in front of every field; the sum of ±2^(m−1).
 *
 * Slots hold the digits of a weight from the largest on: those of its magnitude, or its non-adjacent form, whichever has
 * fewer in the worst case.
 */
import { bitLength } from "@nirkit/integer";

/** Codes with several shifts. */
const shiftCodes = ["shifts", "signed-shifts"] as const;

/** Most shifts of one weight that are built. */
export const mostShifts = 3;

/** Schemes whose weights are sums of few powers of two. */
export const shiftSchemes: readonly string[] = ["apot", "sbit", "slots"];

/** A code with several shifts, by the largest exponent of every slot. */
export interface ShiftCoding {
  readonly code: (typeof shiftCodes)[number];
  readonly bits: number;
  readonly slots: readonly number[];
}

interface Digit {
  readonly exponent: number;
  readonly isNegative: boolean;
}

/** Digits of a weight, the largest first. */
function digits(weight: number, code: ShiftCoding["code"]): readonly Digit[] {
  const found: Digit[] = [];
  let rest = Math.abs(weight);
  for (let exponent = 0; rest > 0; exponent++) {
    const isOdd = rest % 2 === 1;
    // A run of ones ends below a zero: take 2^n − 1 as two digits.
    const isNegative = isOdd && code === "signed-shifts" && rest % 4 === 3;
    if (isOdd) found.unshift({ exponent, isNegative: isNegative !== weight < 0 });
    rest = (rest - (isOdd ? (isNegative ? -1 : 1) : 0)) / 2;
  }
  return found;
}

/** Bits of the field of a slot. */
function slotBits(top: number): number {
  return bitLength(top + 1);
}

function codingOf(weights: ArrayLike<number>, code: ShiftCoding["code"]): ShiftCoding | undefined {
  const slots: number[] = [];
  for (let k = 0; k < weights.length; k++)
    digits(weights[k] as number, code).forEach(({ exponent }, slot) => {
      slots[slot] = Math.max(slots[slot] ?? 0, exponent);
    });
  if (slots.length < 2 || slots.length > mostShifts) return undefined;
  const fields = slots.reduce((sum, top) => sum + slotBits(top), 0);
  return { code, bits: fields + (code === "shifts" ? 1 : slots.length), slots };
}

/**
 * The code with the fewest shifts, then bits; undefined where there would be more than three.
 *
 * @example shiftCoding([10, -4, 1, 3]) // shifts, slots [3, 1], 6 bits
 */
export function shiftCoding(weights: ArrayLike<number>): ShiftCoding | undefined {
  const [common, each] = shiftCodes.map((code) => codingOf(weights, code));
  if (common === undefined || each === undefined) return common ?? each;
  const isFewer = each.slots.length - common.slots.length || each.bits - common.bits;
  return isFewer < 0 ? each : common;
}

/** Pattern of a weight: the fields of the slots, the first one highest. */
export function encodeShifts(weight: number, { code, slots }: Omit<ShiftCoding, "bits">): number {
  const found = digits(weight, code);
  let pattern = code === "shifts" && weight < 0 ? 1 : 0;
  slots.forEach((top, slot) => {
    const digit = found[slot];
    if (code === "signed-shifts") pattern = 2 * pattern + Number(digit?.isNegative ?? false);
    pattern = pattern * 2 ** slotBits(top) + (digit === undefined ? 0 : digit.exponent + 1);
  });
  return pattern;
}

/** Weight of a pattern, the inverse of {@link encodeShifts} on what it gives. */
export function decodeShifts(pattern: number, { code, slots }: Omit<ShiftCoding, "bits">): number {
  let rest = pattern;
  let weight = 0;
  for (const top of [...slots].reverse()) {
    const field = 2 ** slotBits(top);
    const m = rest % field;
    rest = Math.floor(rest / field);
    const size = m === 0 ? 0 : 2 ** (m - 1);
    const isNegative = code === "signed-shifts" && rest % 2 === 1;
    if (code === "signed-shifts") rest = Math.floor(rest / 2);
    weight += isNegative ? -size : size;
  }
  return code === "shifts" && rest % 2 === 1 ? -weight : weight;
}
