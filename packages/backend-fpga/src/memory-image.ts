/** Memory images: integers packed into words, lane 0 in the low bits, one hexadecimal word per line. */

/** Packing of one memory. */
export interface WordFormat {
  readonly lanes: number;
  readonly laneBits: number;
  readonly signed: boolean;
}

/** Hexadecimal digits of a word. */
function wordDigits(format: WordFormat): number {
  return Math.ceil((format.lanes * format.laneBits) / 4);
}

/**
 * Packs a table of values, `lanes` per word.
 *
 * @param values row after row; its length is a multiple of `lanes`
 * @example packWords([7, -2], { lanes: 2, laneBits: 4, signed: true }) // ["e7"]
 */
export function packWords(values: ArrayLike<number>, format: WordFormat): string[] {
  const { lanes, laneBits } = format;
  const digits = wordDigits(format);
  const words: string[] = [];
  for (let base = 0; base < values.length; base += lanes) {
    let word = 0n;
    for (let lane = lanes - 1; lane >= 0; lane--)
      word = (word << BigInt(laneBits)) | BigInt.asUintN(laneBits, BigInt(values[base + lane] as number));
    words.push(word.toString(16).padStart(digits, "0"));
  }
  return words;
}

/**
 * The values of packed words, `lanes` per word in lane order; the inverse of {@link packWords}.
 *
 * @example unpackWords(["e7"], { lanes: 2, laneBits: 4, signed: true }) // [7, -2]
 */
export function unpackWords(words: readonly string[], format: WordFormat): Float64Array {
  const { lanes, laneBits, signed } = format;
  const values = new Float64Array(words.length * lanes);
  const shift = BigInt(laneBits);
  words.forEach((text, w) => {
    let rest = BigInt(`0x${text}`);
    for (let lane = 0; lane < lanes; lane++) {
      values[w * lanes + lane] = Number(
        signed ? BigInt.asIntN(laneBits, rest) : BigInt.asUintN(laneBits, rest),
      );
      rest >>= shift;
    }
  });
  return values;
}

/** Spreads `rows` of `neurons` values into words of `lanes`, padding the last word of a row. */
export function padRows(
  values: ArrayLike<number>,
  neurons: number,
  lanes: number,
  padding: number,
): Float64Array {
  const words = Math.ceil(neurons / lanes);
  const rows = values.length / neurons;
  const padded = new Float64Array(rows * words * lanes).fill(padding);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < neurons; i++) padded[row * words * lanes + i] = values[row * neurons + i] as number;
  return padded;
}

/** Text of a `.mem` file. */
export function memText(words: readonly string[]): string {
  return `${words.join("\n")}\n`;
}
