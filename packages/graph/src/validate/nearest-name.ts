/** The name that was probably meant. */

/**
 * The closest known name: equal but for case, within two edits (one for names below five letters), or the only one
 * that starts with the name. Undefined when none is close or several are equally close.
 *
 * @example nearestName("lif", ["lif1", "lin"]) // "lif1", which starts with it; both are one edit away
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const folded = name.toLowerCase();
  if (folded === "" || name.length > 200) return undefined;
  const limit = name.length < 5 ? 1 : 2;
  const distances = known
    .filter((k) => Math.abs(k.length - name.length) <= limit && !differsInNumber(name, k))
    .map((k) => [k, editDistance(folded, k.toLowerCase())] as const);
  const least = Math.min(limit, ...distances.map(([, d]) => d));
  const closest = distances.filter(([, d]) => d === least).map(([k]) => k);
  if (closest.length === 1) return closest[0];
  const longer = (closest.length > 0 ? closest : known).filter((k) => k.toLowerCase().startsWith(folded));
  return longer.length === 1 ? longer[0] : undefined;
}

/** True for names like "lif1" and "lif2", which differ on purpose. */
function differsInNumber(a: string, b: string): boolean {
  const pattern = (name: string): string => name.replace(/\d+/g, "#");
  return a !== b && pattern(a) === pattern(b) && a.replace(/\D+/g, " ") !== b.replace(/\D+/g, " ");
}

/** Levenshtein distance: insertions, deletions and replacements that turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
