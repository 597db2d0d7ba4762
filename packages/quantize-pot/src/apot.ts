/**
 * Additive powers of two (Li et al., arXiv 1909.13144): a weight is a sum of one entry of each of up to three disjoint
 * sets of powers of two. A b-bit weight has a sign and B = b − 1 magnitude bits, so a 4-bit weight uses the set of B = 3.
 */
import {
  defineQuantizer,
  type Keeps,
  type QuantTensor,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { type AlphaMode, alphaModeSchema, type ClipParams, clipShape } from "./clip.ts";
import { cachedTable, type LevelTable, levelTable } from "./level-table.ts";
import { straightThrough } from "./rcf.ts";
import { encodeLevel, fitTable, quantizeToTable, smallerLevel, tableIntBits } from "./table-scheme.ts";

/** Parameters of {@link apot}; defaults in {@link apotParams}. */
export interface ApotParams extends ClipParams {
  /** 3 … 6. */
  readonly bits: number;
  /** `slots`: index of the entry taken from each set (hardware form); `rank`: position in the sorted magnitudes. */
  readonly layout: "slots" | "rank";
  readonly alphaMode: AlphaMode;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const apotShape: { readonly [K in keyof ApotParams]: z.ZodType<ApotParams[K]> } = {
  bits: z.number().int().min(3).max(6).default(4).describe("Width of a weight, 3 to 6"),
  layout: z.enum(["slots", "rank"]).default("slots").describe("What the code counts"),
  alphaMode: alphaModeSchema,
  ...clipShape,
};

/** Schema of {@link ApotParams}. */
export const apotParams: z.ZodType<ApotParams> = z.object(apotShape);

/** The sets by magnitude bits, in units of their smallest power; every set also holds 0, at index 0. */
const sets: Readonly<Record<number, readonly (readonly number[])[]>> = {
  2: [[0, 4, 2, 1]],
  3: [
    [0, 8, 4, 1],
    [0, 2],
  ],
  4: [
    [0, 32, 8, 2],
    [0, 16, 4, 1],
  ],
  5: [
    [0, 64, 16, 2],
    [0, 32, 8, 1],
    [0, 4],
  ],
};

/** One magnitude and the slot indices that add up to it, first set in the highest bits. */
interface Magnitude {
  readonly value: number;
  readonly slots: number;
}

/** All magnitudes, ascending: 0, 1, 2, 3, 4, 6, 8, 10 for 4 bits. */
function magnitudesOf(bits: number): readonly Magnitude[] {
  let sums: readonly Magnitude[] = [{ value: 0, slots: 0 }];
  for (const set of sets[bits - 1] ?? [])
    sums = sums.flatMap(({ value, slots }) =>
      set.map((power, index) => ({ value: value + power, slots: slots * set.length + index })),
    );
  return sums.toSorted((a, b) => a.value - b.value);
}

function tableOf({ bits, layout }: ApotParams): LevelTable {
  return cachedTable(`apot/${bits}/${layout}`, () => {
    const magnitudes = magnitudesOf(bits);
    const negative = magnitudes.slice(1).map(({ value }) => -value);
    const levels = Int32Array.from([...negative.reverse(), ...magnitudes.map(({ value }) => value)]);
    const codes = new Map(
      magnitudes.map(({ value, slots }, rank) => [value, layout === "rank" ? rank : slots]),
    );
    const encode = (level: number): number =>
      (level < 0 ? 2 ** (bits - 1) : 0) + (codes.get(Math.abs(level)) ?? 0);
    return levelTable(levels, smallerLevel, encode);
  });
}

const keeps: Keeps = { idempotent: true, symmetric: true, monotone: true, zero: true };

/**
 * The APoT scheme: s = fround(alpha / top), the nearest level by value, ties to the smaller one. Code = sign·2^(b−1) +
 * slot indices (or rank); the negative zero is reserved and decodes to 0.
 *
 * @example
 * const p = apotParams.parse({ bits: 4 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * apot.quantize(w, apot.fit(w, [2, 3], p), p).ints // [10, -4, 1, -6, 1, 0]
 */
export const apot: WeightQuantizer<ApotParams> = defineQuantizer<ApotParams>({
  scheme: "apot",
  summary: "Sums of up to three powers of two, 3 to 6 bits",
  params: apotParams,
  keeps,
  bits: (p) => p.bits,
  intBits: (p) => tableIntBits(tableOf(p)),
  fit: (w, shape, p, mask) => fitTable(w, shape, p, tableOf(p), tableOf(p).max, mask),
  quantize,
  decodeCode,
  encodeInt: (int, p) => encodeLevel(int, tableOf(p), `apot:${p.bits}`),
  levels: (p) => tableOf(p).levels.slice(),
  backward: (gradOut, w, fitted, p) =>
    straightThrough(gradOut, w, fitted, p, tableOf(p).max, () => quantize(w, fitted, p)),
  describe: (p) => ({ layout: p.layout, rounding: "nearest", alphaMode: p.alphaMode }),
  withPercentile: (p, percentile) => ({ ...p, alphaMode: "percentile", percentile }),
  fromWords,
});

function quantize(
  w: Float32Array,
  fitted: Parameters<typeof quantizeToTable>[1],
  p: ApotParams,
): QuantTensor {
  return quantizeToTable(w, fitted, tableOf(p), "apot", p.bits);
}

function decodeCode(code: number, p: ApotParams): number {
  const half = 2 ** (p.bits - 1);
  const low = code % half;
  const magnitudes = magnitudesOf(p.bits);
  const found = p.layout === "rank" ? magnitudes[low] : magnitudes.find(({ slots }) => slots === low);
  const value = found?.value ?? 0;
  return Math.floor(code / half) % 2 === 1 && value !== 0 ? -value : value;
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): ApotParams | undefined {
  const { layout, alphaMode } = words;
  const found = apotParams.safeParse({ bits, axis, layout, alphaMode });
  return found.success && words.rounding === "nearest" ? found.data : undefined;
}
