/** Codes c = 0 … 2^b − 1 for the odd integers 2c − (2^b − 1): levels on both sides of zero and none at it. */
import { NirkitError } from "@nirkit/graph";
import { quantizeDiagnostic } from "@nirkit/quantize";

/** All levels, sorted: −(2^b − 1), …, −1, 1, …, 2^b − 1. */
export function oddLevels(bits: number): Int32Array {
  const top = 2 ** bits - 1;
  const levels = new Int32Array(2 ** bits);
  for (let code = 0; code <= top; code++) levels[code] = 2 * code - top;
  return levels;
}

/** Integer of a code. */
export function decodeOdd(code: number, bits: number): number {
  return 2 * (code % 2 ** bits) - (2 ** bits - 1);
}

/** Code of an integer. @throws E_NOT_A_LEVEL */
export function encodeOdd(int: number, bits: number, scheme: string): number {
  const code = (int + 2 ** bits - 1) / 2;
  if (!Number.isInteger(code) || code < 0 || code >= 2 ** bits)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: `${scheme}:${bits}`, int, where: "" }),
    ]);
  return code;
}
