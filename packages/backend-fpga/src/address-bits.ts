/** Width of an address. */
import { bitLength } from "@nirkit/integer";

/**
 * Address bits of `size` entries: ceil(log2(size)), at least 1.
 *
 * @example addressBits(10) // 4; addressBits(1) is 1
 */
export function addressBits(size: number): number {
  return Math.max(1, bitLength(size - 1));
}
