/**
 * Levels and codes of the power-of-two scheme.
 *
 * b bits are a sign and a magnitude m of b − 1 bits. Layout `zero`: m = 0 is 0, m >= 1 is 2^(m−1). Layout `nozero`: m
 * is 2^m. Code = sign·2^(b−1) + m; the negative zero of layout `zero` is reserved: it decodes to 0, nothing encodes to
 * it.
 */
import { NirkitError } from "@nirkit/graph";
import { bitLength } from "@nirkit/integer";
import { quantizeDiagnostic } from "@nirkit/quantize";
import type { PotParams } from "./pot-params.ts";

type Layout = Pick<PotParams, "bits" | "layout">;

/** L, the number of magnitudes: 2^(b−1) − 1 with a zero, 2^(b−1) without. */
export function potMagnitudes({ bits, layout }: Layout): number {
  return 2 ** (bits - 1) - (layout === "zero" ? 1 : 0);
}

/**
 * The largest integer, 2^(L−1).
 *
 * @example potTop({ bits: 4, layout: "zero" }) // 64; nozero gives 128
 */
export function potTop(p: Layout): number {
  return 2 ** (potMagnitudes(p) - 1);
}

/** All integers, sorted: {0, ±1, ±2, …, ±2^(L−1)}, without the 0 in layout nozero. */
export function potLevels(p: Layout): Int32Array {
  const powers = Array.from({ length: potMagnitudes(p) }, (_, i) => 2 ** i);
  const negative = powers.map((x) => -x).reverse();
  return Int32Array.from([...negative, ...(p.layout === "zero" ? [0] : []), ...powers]);
}

/** Integer of a code; total on all patterns. */
export function decodePot(code: number, { bits, layout }: Layout): number {
  const half = 2 ** (bits - 1);
  const magnitude = code % half;
  const negative = Math.floor(code / half) % 2 === 1;
  const int = layout === "zero" ? (magnitude === 0 ? 0 : 2 ** (magnitude - 1)) : 2 ** magnitude;
  return negative && int !== 0 ? -int : int;
}

/**
 * Code of an integer.
 *
 * @throws E_NOT_A_LEVEL
 * @example encodePot(-32, { bits: 4, layout: "zero" }) // 14
 */
export function encodePot(int: number, p: Layout): number {
  const magnitude = Math.abs(int);
  const isPower = Number.isInteger(int) && magnitude > 0 && 2 ** (bitLength(magnitude) - 1) === magnitude;
  const isLevel = int === 0 ? p.layout === "zero" : isPower && magnitude <= potTop(p);
  if (!isLevel)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme: `pot:${p.bits}`, int, where: "" }),
    ]);
  if (int === 0) return 0;
  const index = bitLength(magnitude) - (p.layout === "zero" ? 0 : 1);
  return (int < 0 ? 2 ** (p.bits - 1) : 0) + index;
}
