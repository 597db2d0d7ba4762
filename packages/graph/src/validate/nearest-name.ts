/** The name that was probably meant. */

/**
 * The closest known name: equal but for case, equal after the last ".", or within two edits (one for names below five
 * letters). Undefined when none is close or several are equally close.
 *
 * @example nearestName("lif", ["lif1", "fc"]) // "lif1"
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const folded = name.toLowerCase();
  const sameLetters = known.filter((k) => k.toLowerCase() === folded);
  if (sameLetters.length === 1) return sameLetters[0];
  if (name.length > 200) return undefined;
  let best: string | undefined;
  let least = (name.length < 5 ? 1 : 2) + 1;
  let ties = 0;
  for (const candidate of known) {
    if (Math.abs(candidate.length - name.length) >= least + 1) continue;
    const distance = editDistance(folded, candidate.toLowerCase());
    if (distance < least) [best, least, ties] = [candidate, distance, 1];
    else if (distance === least && best !== undefined) ties++;
  }
  return ties === 1 ? best : undefined;
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
