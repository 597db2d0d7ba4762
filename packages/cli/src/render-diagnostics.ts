/** Diagnostics as a person reads them. */
import { type Diagnostic, formatDiagnostic } from "@nirkit/graph";
import type { Palette } from "./color.ts";

/**
 * One line per diagnostic: `E_CODE path: message. Hint: …`, errors first, equal ones once, the code in the color of
 * its level. Control characters of hostile names are escaped by `formatDiagnostic`.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], palette: Palette): string {
  const order = { error: 0, warning: 1, hint: 2 } as const;
  const lines = [...diagnostics]
    .sort((a, b) => order[a.level] - order[b.level])
    .map((d) => palette[d.level](d.code) + formatDiagnostic(d).slice(d.code.length));
  return [...new Set(lines)].map((line) => `${line}\n`).join("");
}

/** "1 error, 2 warnings", or an empty text for none. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return (["error", "warning", "hint"] as const)
    .map((level) => [level, diagnostics.filter((d) => d.level === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${count} ${level}${count === 1 ? "" : "s"}`)
    .join(", ");
}
