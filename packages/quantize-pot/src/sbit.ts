/**
 * Bit-sparse integers ("n-sbit"): N-bit integers with at most n signed digits that are not 0, so that hardware
 * multiplies with n shifts and adds.
 */
import { bitLength } from "@nirkit/integer";
import {
  defineQuantizer,
  type FittedScale,
  type Keeps,
  type QuantTensor,
  type SchemeWords,
  type WeightQuantizer,
} from "@nirkit/quantize";
import * as z from "zod";
import { type AlphaMode, alphaModeSchema, type ClipParams, clipShape } from "./clip.ts";
import { cachedTable, type LevelTable, levelTable } from "./level-table.ts";
import { nafDigits, nafWeight } from "./naf.ts";
import { straightThrough } from "./rcf.ts";
import { encodeLevel, fitTable, quantizeToTable, smallerLevel } from "./table-scheme.ts";

/** Parameters of {@link sbit}; defaults in {@link sbitParams}. */
export interface SbitParams extends ClipParams {
  /** N, the width of the integers: 2 … 16. */
  readonly bits: number;
  /** n, the digits that are not 0: 1 … 8, with codes of at most 16 bits. */
  readonly digits: number;
  readonly alphaMode: AlphaMode;
}

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const sbitShape: { readonly [K in keyof SbitParams]: z.ZodType<SbitParams[K]> } = {
  bits: z.number().int().min(2).max(16).default(8).describe("Width of the integers, 2 to 16"),
  digits: z.number().int().min(1).max(8).default(2).describe("Signed digits that are not 0"),
  alphaMode: alphaModeSchema,
  ...clipShape,
};

/** Schema of {@link SbitParams}. */
export const sbitParams: z.ZodType<SbitParams> = z.object(sbitShape).refine((p) => codeBits(p) <= 16, {
  message: "a code of digits · (2 + ceil(log2 bits)) bits must fit 16: fewer digits, or fewer bits",
  path: ["digits"],
});

type Widths = Pick<SbitParams, "bits" | "digits">;

/** Bits of a position 0 … N − 1. */
const positionBits = (bits: number): number => bitLength(bits - 1);

/** A sign, a position and a valid bit for each digit. */
function codeBits({ bits, digits }: Widths): number {
  return digits * (positionBits(bits) + 2);
}

const top = ({ bits }: Widths): number => 2 ** (bits - 1) - 1;

function tableOf(p: Widths): LevelTable {
  return cachedTable(`sbit/${p.bits}/${p.digits}`, () => {
    const positive: number[] = [];
    for (let v = 1; v <= top(p); v++) if (nafWeight(v) <= p.digits) positive.push(v);
    const levels = Int32Array.from([...positive.map((v) => -v).reverse(), 0, ...positive]);
    return levelTable(levels, fewerDigits, (level) => encodeDigits(level, p));
  });
}

function fewerDigits(lower: number, upper: number): number {
  const difference = nafWeight(lower) - nafWeight(upper);
  return difference === 0 ? smallerLevel(lower, upper) : difference < 0 ? lower : upper;
}

function encodeDigits(level: number, { bits, digits }: Widths): number {
  const found = nafDigits(level);
  let code = 0;
  for (let i = 0; i < digits; i++) {
    const digit = found[i];
    const field = digit === undefined ? 0 : ((digit.sign < 0 ? 1 : 0) << positionBits(bits)) + digit.position;
    code = code * 2 ** (positionBits(bits) + 2) + field * 2 + (digit === undefined ? 0 : 1);
  }
  return code;
}

function decodeCode(code: number, { bits, digits }: SbitParams): number {
  const width = positionBits(bits);
  let int = 0;
  for (let i = 0; i < digits; i++) {
    const field = (code >>> (i * (width + 2))) & (2 ** (width + 2) - 1);
    if ((field & 1) === 0) continue;
    const power = 2 ** ((field >>> 1) & (2 ** width - 1));
    int += field >>> (width + 1) === 1 ? -power : power;
  }
  return int;
}

const keeps: Keeps = { idempotent: true, symmetric: true, monotone: true, zero: true };

/**
 * The bit-sparse scheme: s = fround(alpha / (2^(N−1) − 1)), the nearest level by value; a tie takes the level with
 * fewer digits, then the smaller one. Code = for each digit of the non-adjacent form, most significant first: sign,
 * position, valid. Patterns that repeat or misplace digits decode to their sum and are reported by `checkCode`.
 *
 * @example
 * const p = sbitParams.parse({ bits: 8, digits: 2 });
 * const w = Float32Array.of(0.9, -0.35, 0.05, -0.6, 0.12, -0.02);
 * sbit.quantize(w, sbit.fit(w, [2, 3], p), p).ints // [127, -48, 7, -80, 17, -3]
 */
export const sbit: WeightQuantizer<SbitParams> = defineQuantizer<SbitParams>({
  scheme: "sbit",
  summary: "Integers with few signed binary digits: n shifts and adds per weight",
  params: sbitParams,
  keeps,
  bits: codeBits,
  intBits: (p) => p.bits,
  fit: (w, shape, p, mask) => fitTable(w, shape, p, tableOf(p), top(p), mask),
  quantize,
  decodeCode,
  encodeInt: (int, p) => encodeLevel(int, tableOf(p), nameOf(p)),
  levels: (p) => tableOf(p).levels.slice(),
  backward: (gradOut, w, fitted, p) =>
    straightThrough(gradOut, w, fitted, p, top(p), () => quantize(w, fitted, p)),
  describe: (p) => ({ layout: nameOf(p), rounding: "nearest", alphaMode: p.alphaMode }),
  withPercentile: (p, percentile) => ({ ...p, alphaMode: "percentile", percentile }),
  fromWords,
});

const nameOf = ({ bits, digits }: Widths): string => `${digits}-sbit/${bits}`;

function quantize(w: Float32Array, fitted: FittedScale, p: SbitParams): QuantTensor {
  return quantizeToTable(w, fitted, tableOf(p), "sbit", codeBits(p));
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): SbitParams | undefined {
  const name = /^(\d+)-sbit\/(\d+)$/.exec(words.layout);
  if (name === null || words.rounding !== "nearest") return undefined;
  const [, digits, width] = name.map(Number);
  const found = sbitParams.safeParse({ bits: width, digits, axis, alphaMode: words.alphaMode });
  return found.success && codeBits(found.data) === bits ? found.data : undefined;
}
