/** Which problems of a graph an option turns from errors into warnings, or the reverse. */
import type { Diagnostic } from "@nirkit/graph";

/** Options that reading and writing share. */
export interface Leniency {
  /** `skip` accepts a graph whose shapes do not fit together or are unknown, nested graphs included. Default `check`. */
  readonly types?: "check" | "skip";
  /** `warn` accepts NaN and infinity. Default `error`. */
  readonly nonFinite?: "error" | "warn";
}

const typeCodes: ReadonlySet<string> = new Set(["E_TYPE_MISMATCH", "E_UNTYPED", "E_AMBIGUOUS_PORT"]);

/** The diagnostics under these options: an accepted error becomes the warning of the same name. */
export function accepted(
  diagnostics: readonly Diagnostic[],
  { types = "check", nonFinite = "error" }: Leniency,
): Diagnostic[] {
  return diagnostics.map((d) => {
    const lowered =
      (types === "skip" && typeCodes.has(d.code)) || (nonFinite === "warn" && d.code === "E_NON_FINITE");
    return lowered ? { ...d, code: `W_${d.code.slice(2)}`, level: "warning" } : d;
  });
}

/**
 * What the lenient reader makes of a file that the reference refuses, by the error that the strict one gives.
 * Defaults that the reference has itself (v_reset, w_in, Flatten.input_type) are not among them.
 */
const strictErrors: ReadonlyMap<string, Diagnostic["code"]> = new Map([
  ["W_DEFAULTED_PARAM", "E_MISSING_PARAM"],
  ["W_UNKNOWN_PARAM", "E_BAD_LAYOUT"],
  ["W_ROOT_NOT_GRAPH", "E_BAD_LAYOUT"],
  ["W_METADATA", "E_BAD_LAYOUT"],
  ["W_BROADCAST", "E_BAD_SHAPE"],
]);

/** The diagnostics as a strict reader gives them. */
export function strictly(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((d) => {
    const code = strictErrors.get(d.code);
    return code === undefined || d.path.endsWith("/w_in") ? d : { ...d, code, level: "error" };
  });
}
