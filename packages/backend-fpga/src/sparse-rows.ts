/**
 * Weight rows of a dense projection without their zeros, by words of one weight per lane (with one lane: by weights).
 *
 * - `dense`: every word.
 * - `any`: every word, and one bit per row: a row without a weight takes one cycle.
 * - `bitmask`: only the words that hold a weight, one bit per word of a row, and where each row starts.
 * - `rle`: words with the zeros in front of them counted in `runBits` bits. A run of 2^runBits zeros or more is cut by
 *   words of zeros (run 2^runBits − 1, which stands for 2^runBits words); the zeros at the end of a row are such words
 *   too, so that a row ends with its last word and needs no count.
 */
import { bitLength } from "@nirkit/integer";

/** In the order in which nk_layer numbers them. */
export const rowForms = ["dense", "any", "bitmask", "rle"] as const;

/** How the rows of one projection are stored. */
export interface RowsPlan {
  readonly form: (typeof rowForms)[number];
  /** Bits of a run; 0 but for `rle`. */
  readonly runBits: number;
}

/** Rows stored densely. */
export const denseRows: RowsPlan = { form: "dense", runBits: 0 };

/** A stored word: the zeros in front of it, and its place in the row; −1 for a word of zeros. */
export interface RowEntry {
  readonly run: number;
  readonly word: number;
}

/** Which words of a matrix hold a weight. */
export interface WordMap {
  /** One entry per word, row after row. */
  readonly used: Uint8Array;
  /** Words of a row, K. */
  readonly rowWords: number;
}

/** Words of zeros of a matrix whose rows are padded to whole words. */
export function wordMap(padded: ArrayLike<number>, lanes: number, rowWords: number): WordMap {
  const used = new Uint8Array(padded.length / lanes);
  for (let k = 0; k < padded.length; k++) if (padded[k] !== 0) used[Math.floor(k / lanes)] = 1;
  return { used, rowWords };
}

/**
 * The entries of one row in the given form.
 *
 * @example rowEntries(words 2, 3, 9 and 15 of 16, { form: "rle", runBits: 3 }) // runs 2, 0, 5, 5
 */
export function rowEntries(
  { used, rowWords }: WordMap,
  row: number,
  { form, runBits }: RowsPlan,
): readonly RowEntry[] {
  const entries: RowEntry[] = [];
  const most = 2 ** runBits;
  let run = 0;
  for (let word = 0; word < rowWords; word++) {
    const isUsed = used[row * rowWords + word] === 1;
    if (form === "rle" && !isUsed) {
      run++;
      if (run === most || word + 1 === rowWords) {
        entries.push({ run: run - 1, word: -1 });
        run = 0;
      }
      continue;
    }
    if (isUsed || form === "dense" || form === "any") entries.push({ run, word });
    run = 0;
  }
  return entries;
}

/** Cycles and bits of a matrix in one form. */
export interface RowsCost {
  /** Of one event at every row. */
  readonly cycles: number;
  /** Of weights and tables. */
  readonly bits: number;
  /** Words of weights that are stored. */
  readonly words: number;
}

/** What a form costs with words of `wordBits`. */
export function rowsCost(map: WordMap, rows: RowsPlan, wordBits: number): RowsCost {
  const count = map.used.length / map.rowWords;
  let [cycles, words] = [0, 0];
  for (let row = 0; row < count; row++) {
    const entries = rowEntries(map, row, rows).length;
    words += entries;
    cycles += rows.form === "any" && isEmpty(map, row) ? 1 : Math.max(1, entries);
  }
  words = Math.max(1, words);
  const start = Math.max(1, bitLength(words - 1));
  const tables = { dense: 0, any: 1, bitmask: map.rowWords + start, rle: start + rows.runBits };
  return { cycles, words, bits: words * (wordBits + rows.runBits) + count * tables[rows.form] };
}

/** Whether a row holds no weight. */
export function isEmpty({ used, rowWords }: WordMap, row: number): boolean {
  for (let word = 0; word < rowWords; word++) if (used[row * rowWords + word] === 1) return false;
  return true;
}

/** What is asked for. */
export interface RowsRequest {
  readonly sparse: "none" | "bitmask" | "rle";
  readonly skipZeroRows: boolean;
}

const mostRunBits = 8;

/**
 * The form of a matrix: what is asked for where it takes fewer cycles or bits than dense rows, else dense ones. The bits
 * of a run are those with the fewest bits in all, the fewer of two that are equal.
 */
export function chooseRows(map: WordMap, request: RowsRequest, wordBits: number): RowsPlan {
  const dense = rowsCost(map, denseRows, wordBits);
  let best: RowsPlan = denseRows;
  if (request.sparse === "bitmask") best = { form: "bitmask", runBits: 0 };
  else if (request.sparse === "rle") {
    const forms = Array.from({ length: mostRunBits }, (_, k): RowsPlan => ({ form: "rle", runBits: k + 1 }));
    const bits = forms.map((form) => rowsCost(map, form, wordBits).bits);
    best = forms[bits.indexOf(Math.min(...bits))] ?? denseRows;
  } else if (request.skipZeroRows) best = { form: "any", runBits: 0 };
  const { cycles, bits } = rowsCost(map, best, wordBits);
  return cycles < dense.cycles || bits < dense.bits ? best : denseRows;
}
