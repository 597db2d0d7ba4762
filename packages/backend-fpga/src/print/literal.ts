/** Numbers and comments as Verilog text. */

/**
 * A sized signed constant.
 *
 * @example signedLiteral(768, 13) // "13'sd768"
 * @example signedLiteral(-512, 13) // "-13'sd512"
 */
export function signedLiteral(value: number, bits: number): string {
  // The most negative value has no positive counterpart: write its pattern.
  if (value === -(2 ** (bits - 1))) return `${bits}'sh${(2n ** BigInt(bits - 1)).toString(16)}`;
  return value < 0 ? `-${bits}'sd${-value}` : `${bits}'sd${value}`;
}

/** Lines of `//` comments, wrapped at 100 columns. */
export function comment(text: string, indent = ""): string[] {
  const lines: string[] = [];
  let line = `${indent}//`;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > 100 && line !== `${indent}//`) {
      lines.push(line);
      line = `${indent}//  `;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
