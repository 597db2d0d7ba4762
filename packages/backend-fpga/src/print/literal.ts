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

/** Comment lines behind a lead such as `//`, wrapped at 100 columns. */
export function comment(text: string, lead = "//"): string[] {
  const lines: string[] = [];
  let line = lead;
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > 100 && line !== lead) {
      lines.push(line);
      line = `${lead}  `;
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

/** Connections of one stream port to a bundle of wires. */
export function connect(port: string, wires: string): string[] {
  return [
    `    .${port}_valid(${wires}_valid),`,
    `    .${port}_ready(${wires}_ready),`,
    `    .${port}_beat(${wires}_beat),`,
  ];
}
