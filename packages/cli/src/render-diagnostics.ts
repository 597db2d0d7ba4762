/** Diagnostics as a person reads them. */
import { type Diagnostic, formatDiagnostic } from "@nirkit/graph";
import type { Palette } from "./color.ts";
import { flagFor } from "./read-flags.ts";

/** Places that are shown of what is said of several. */
const shownPlaces = 3;

/**
 * One line per diagnostic: `E_CODE path: message. Hint: …`, errors first, the code in the color of its level. What is
 * said of several places in the same words stands once, with its places; a hint that a flag follows names it.
 * Control characters of hostile names are escaped by `formatDiagnostic`.
 */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], palette: Palette): string {
  const order = { error: 0, warning: 1, hint: 2 } as const;
  const alike = new Map<string, Diagnostic[]>();
  for (const d of [...diagnostics].sort((a, b) => order[a.level] - order[b.level])) {
    const words = JSON.stringify([d.code, d.message, d.hint]);
    const same = alike.get(words);
    if (same === undefined) alike.set(words, [d]);
    else if (!same.some(({ path }) => path === d.path)) same.push(d);
  }
  return [...alike.values()].map((same) => `${line(same, palette)}\n`).join("");
}

function line(same: readonly Diagnostic[], palette: Palette): string {
  const [first] = same;
  if (first === undefined) return "";
  const { code, level } = first;
  const flag = flagFor(code);
  return `${palette[level](code)}${formatDiagnostic({ ...first, path: placesOf(same) }).slice(code.length)}${flag === undefined ? "" : ` (${flag} does it)`}`;
}

/** `/a/r`, or `/a/r, /b/r, /c/r and 4 more places`. */
function placesOf(same: readonly Diagnostic[]): string {
  const paths = same.slice(0, shownPlaces).map(({ path }) => path);
  const more = same.length - paths.length;
  return `${paths.join(", ")}${more === 0 ? "" : ` and ${more} more place${more === 1 ? "" : "s"}`}`;
}

/** "1 error, 2 warnings", or an empty text for none. */
export function countDiagnostics(diagnostics: readonly Diagnostic[]): string {
  return (["error", "warning", "hint"] as const)
    .map((level) => [level, diagnostics.filter((d) => d.level === level).length] as const)
    .filter(([, count]) => count > 0)
    .map(([level, count]) => `${count} ${level}${count === 1 ? "" : "s"}`)
    .join(", ");
}
