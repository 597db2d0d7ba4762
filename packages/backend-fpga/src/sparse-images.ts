/** Memory images of sparse weight rows, and the way back. */
import { bitLength } from "@nirkit/integer";
import type { LayerPlan, MemoryPlan } from "./plan-types.ts";
import { isEmpty, type RowsPlan, rowEntries, type WordMap } from "./sparse-rows.ts";

/** One image. */
interface Image {
  readonly width: number;
  readonly words: readonly string[];
}

/** The images of one matrix: its weights, and the tables that its form needs. */
export interface SparseImages {
  readonly weights: Image;
  readonly rowMask?: Image;
  readonly rowStart?: Image;
}

/** @example hex(10n, 5) // "0a" */
function hex(word: bigint, width: number): string {
  return word.toString(16).padStart(Math.ceil(width / 4), "0");
}

function image(words: readonly bigint[], width: number): Image {
  return { width, words: words.map((word) => hex(word, width)) };
}

/**
 * Images of a matrix in one form.
 *
 * @param dense all words of it, lanes packed into `width` bits
 */
export function sparseImages({ words: dense, width }: Image, map: WordMap, rows: RowsPlan): SparseImages {
  const { form, runBits } = rows;
  if (form === "dense") return { weights: { words: dense, width } };
  const count = map.used.length / map.rowWords;
  const indices = Array.from({ length: count }, (_, row) => row);
  if (form === "any") {
    const any = indices.map((row) => (isEmpty(map, row) ? 0n : 1n));
    return { weights: { words: dense, width }, rowMask: image(any, 1) };
  }
  const weights: bigint[] = [];
  const starts: bigint[] = [];
  const masks: bigint[] = [];
  for (const row of indices) {
    const entries = rowEntries(map, row, rows);
    starts.push((BigInt(weights.length) << BigInt(runBits)) | BigInt(entries[0]?.run ?? 0));
    masks.push(entries.reduce((mask, { word }) => mask | (1n << BigInt(Math.max(0, word))), 0n));
    entries.forEach(({ word }, k) => {
      const lanes = word < 0 ? 0n : BigInt(`0x${dense[row * map.rowWords + word]}`);
      weights.push((BigInt(entries[k + 1]?.run ?? 0) << BigInt(width)) | lanes);
    });
  }
  // A memory has at least one word; rows without any start at 0, and none is read there.
  const last = Math.max(0, weights.length - 1);
  if (weights.length === 0) weights.push(0n);
  const startBits = Math.max(1, bitLength(last));
  const begin = starts.map((start) => {
    const first = start >> BigInt(runBits);
    return first > BigInt(last) ? 0n : start;
  });
  return {
    weights: image(weights, width + runBits),
    ...(form === "bitmask" ? { rowMask: image(masks, map.rowWords) } : {}),
    rowStart: image(begin, startBits + runBits),
  };
}

/** A word of a row, and where it is stored. */
export interface StoredWord {
  readonly word: number;
  readonly stored: number;
}

/** The words that an event at every input reads, as the core goes through them; from the images alone. */
export function storedRows(layer: LayerPlan): readonly (readonly StoredWord[])[] {
  const { rowWords, inputs, memories, projections } = layer;
  const { form, runBits } = projections[0]?.rows ?? { form: "dense", runBits: 0 };
  const words = (role: MemoryPlan["role"]): readonly string[] =>
    memories.find((memory) => memory.role === role)?.words ?? [];
  const [masks, starts, weights] = [words("rowMask"), words("rowStart"), words("weights")];
  const lanes = BigInt(layer.lanes * (layer.projections[0]?.weightBits ?? 1));
  return Array.from({ length: inputs }, (_, row) => {
    const mask = BigInt(`0x${masks[row] ?? "0"}`);
    const start = BigInt(`0x${starts[row] ?? "0"}`);
    const first = Number(start >> BigInt(runBits));
    const found: StoredWord[] = [];
    if (form === "rle") {
      let run = Number(start & ((1n << BigInt(runBits)) - 1n));
      for (let word = run, stored = first; word < rowWords; word += run + 1, stored++) {
        found.push({ word, stored });
        run = Number(BigInt(`0x${weights[stored] ?? "0"}`) >> lanes);
      }
      return found;
    }
    for (let word = 0; word < rowWords; word++)
      if (form === "bitmask" ? (mask >> BigInt(word)) & 1n : form === "dense" || mask === 1n)
        found.push({ word, stored: form === "bitmask" ? first + found.length : row * rowWords + word });
    return found;
  });
}
