/** Lists in words, broken into lines between their items. */

/** Columns where nobody looks through a terminal: files and pipes get the same lines everywhere. */
export const plainColumns = 110;

/**
 * Items joined with `, ` in lines of at most `width` columns; an item that is longer stands alone.
 *
 * @example wrapItems(["tau 4", "r 4", "v_leak 0"], 12) // ["tau 4, r 4,", "v_leak 0"]
 */
export function wrapItems(items: readonly string[], width: number): readonly string[] {
  return filled(
    items.map((item, k) => (k === items.length - 1 ? item : `${item},`)),
    width,
    "",
  );
}

/** A sentence in lines of at most `width` columns, all but the first two columns to the right. */
export function wrapWords(text: string, width: number): readonly string[] {
  return filled(text.split(" "), width, "  ");
}

function filled(words: readonly string[], width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (line === "") line = word;
    else if ([...line, " ", ...word].length <= width) line += ` ${word}`;
    else {
      lines.push(line);
      line = indent + word;
    }
  }
  return line === "" ? lines : [...lines, line];
}
