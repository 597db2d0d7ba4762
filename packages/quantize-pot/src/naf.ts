/** The non-adjacent form: the signed binary digits of an integer with the fewest that are not 0. */

/** Number of digits that are not 0 in the non-adjacent form of v. */
export function nafWeight(v: number): number {
  let rest = Math.abs(v);
  let weight = 0;
  while (rest > 0) {
    if (rest % 2 === 1) {
      rest -= 2 - (rest % 4);
      weight++;
    }
    rest /= 2;
  }
  return weight;
}

/** One signed digit: ±2^position. */
export interface SignedDigit {
  readonly sign: 1 | -1;
  readonly position: number;
}

/**
 * Digits that are not 0, the most significant first.
 *
 * @example nafDigits(127) // +2^7, −2^0
 */
export function nafDigits(v: number): readonly SignedDigit[] {
  const digits: SignedDigit[] = [];
  let rest = Math.abs(v);
  for (let position = 0; rest > 0; position++, rest /= 2) {
    if (rest % 2 === 0) continue;
    const digit = 2 - (rest % 4); // 1 or −1
    rest -= digit;
    digits.unshift({ sign: digit > 0 === v > 0 ? 1 : -1, position });
  }
  return digits;
}
