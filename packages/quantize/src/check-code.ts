/** Bit patterns that decode but that no encoder writes. */
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import { quantizeDiagnostic } from "./diagnostics.ts";
import type { WeightQuantizer } from "./weight-quantizer.ts";

/**
 * W_ILLEGAL_CODE for a pattern that decodes to no level, or that is not the code of the level it decodes to
 * (`1000` of narrow uniform:4, the negative zero of pot:4); nothing for a proper code.
 *
 * @param code 0 … 2^bits − 1
 */
export function checkCode<P>(
  quantizer: WeightQuantizer<P>,
  code: number,
  p: P,
  path: string,
): readonly Diagnostic[] {
  const int = quantizer.decodeCode(code, p);
  try {
    if (quantizer.encodeInt(int, p) === code) return [];
  } catch (cause) {
    if (!(cause instanceof NirkitError)) throw cause;
  }
  const bits = quantizer.bits(p);
  return [
    quantizeDiagnostic("W_ILLEGAL_CODE", path, { scheme: `${quantizer.scheme}:${bits}`, code, bits, int }),
  ];
}
