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

/**
 * The diagnostics under these options: an accepted error becomes the warning of the same name. An edge into an Input
 * has its own warning, and its shape decides nothing as long as the graph is not executed.
 */
export function accepted(
  diagnostics: readonly Diagnostic[],
  { types = "check", nonFinite = "error" }: Leniency,
): Diagnostic[] {
  const intoInput = new Set(diagnostics.filter((d) => d.code === "W_EDGE_INTO_INPUT").map((d) => d.path));
  return diagnostics.map((d) => {
    const lowered =
      (types === "skip" && typeCodes.has(d.code)) ||
      (nonFinite === "warn" && d.code === "E_NON_FINITE") ||
      (d.code === "E_TYPE_MISMATCH" && intoInput.has(d.path));
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
  ["W_EDGE_INTO_INPUT", "E_BAD_LAYOUT"],
]);

/** The diagnostics as a strict reader gives them. */
export function strictly(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.map((d) => {
    const code = strictErrors.get(d.code);
    return code === undefined || d.path.endsWith("/w_in") ? d : { ...d, code, level: "error" };
  });
}
