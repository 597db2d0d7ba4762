/**
 * Slot codes: a weight is a sum of one entry of each slot, and its code the indices of the entries. APoT and PoT are
 * special cases; so are the compressed binary signed digits (ELP-BSD) of CoNLoCNN (arXiv 2208.00331), whose exact slots
 * are not published.
 */
import type { Shape } from "@nirkit/graph";
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
import { straightThrough } from "./rcf.ts";
import { decodeSlots, parseSlots, type SlotLists, slotBits, slotSums, slotText } from "./slot-lists.ts";
import { encodeLevel, fitTable, quantizeToTable, smallerLevel, tableIntBits } from "./table-scheme.ts";

/** Parameters of {@link slots}; defaults in {@link slotsParams}. */
export interface SlotsParams extends ClipParams {
  /** Entries of each slot, `0,64,-64|0,8,-8`; see `parseSlots`. */
  readonly slots: string;
  /**
   * within-kernel: the error of a weight is added to the next one of the same kernel (a row of a matrix), after
   * CoNLoCNN; zeros stay zeros.
   */
  readonly errorFeedback: "none" | "within-kernel";
  readonly alphaMode: AlphaMode;
}

const slotsField: z.ZodType<string> = z
  .string()
  .superRefine((text, context) => {
    const lists = parseSlots(text);
    if (typeof lists === "string") context.addIssue({ code: "custom", message: lists });
  })
  .default("0,64,-64,16,-16,4,-4|0,32,-32,8,-8,1,-1")
  .describe("Entries of each slot");

/** The scheme's fields with their defaults, to be spread into the options of a pass. */
export const slotsShape: { readonly [K in keyof SlotsParams]: z.ZodType<SlotsParams[K]> } = {
  slots: slotsField,
  errorFeedback: z
    .enum(["none", "within-kernel"])
    .default("none")
    .describe("Whether a weight's error is added to the next one of its kernel"),
  alphaMode: alphaModeSchema,
  ...clipShape,
};

/** Schema of {@link SlotsParams}. */
export const slotsParams: z.ZodType<SlotsParams> = z.object(slotsShape);

function listsOf(p: Pick<SlotsParams, "slots">): SlotLists {
  const lists = parseSlots(p.slots);
  if (typeof lists === "string") throw new RangeError(`slots: ${lists}`);
  return lists;
}

function tableOf(p: Pick<SlotsParams, "slots">): LevelTable {
  const lists = listsOf(p);
  return cachedTable(`slots/${slotText(lists)}`, () => {
    const sums = slotSums(lists);
    const best = new Map(sums.map((sum) => [sum.value, sum]));
    const usedBy = (level: number): number => best.get(level)?.used ?? 0;
    const preferred = (lower: number, upper: number): number => {
      const difference = usedBy(lower) - usedBy(upper);
      return difference === 0 ? smallerLevel(lower, upper) : difference < 0 ? lower : upper;
    };
    const levels = Int32Array.from(sums, ({ value }) => value);
    return levelTable(levels, preferred, (level) => best.get(level)?.code ?? 0);
  });
}

/** The integer that the clip value stands for: the largest magnitude that both signs reach. */
function topOf(p: Pick<SlotsParams, "slots">): number {
  const { min, max } = tableOf(p);
  return Math.min(-min, max) || Math.max(-min, max);
}

const all: Keeps = { idempotent: true, symmetric: true, monotone: true, zero: true };

/**
 * The slot scheme: s = fround(alpha / top), the nearest level by value; a tie takes the level with fewer entries that
 * are not 0, then the smaller one. Code = the indices of all slots, the first slot in the highest bits.
 *
 * @example
 * const p = slotsParams.parse({ slots: "0,8,4,1|0,2|0,-16" });
 * slots.levels(p) // every sum of one entry each
 */
export const slots: WeightQuantizer<SlotsParams> = defineQuantizer<SlotsParams>({
  scheme: "slots",
  summary: "Sums of one signed power of two from each of several lists (ELP-BSD)",
  params: slotsParams,
  keeps: all,
  keepsFor: (p) => ({ ...all, symmetric: isSymmetric(tableOf(p)), monotone: p.errorFeedback === "none" }),
  bits: (p) => slotBits(listsOf(p)),
  intBits: (p) => tableIntBits(tableOf(p)),
  fit: (w, shape, p, mask) => fitTable(w, shape, p, tableOf(p), topOf(p), mask),
  quantize,
  decodeCode: (code, p) => decodeSlots(code, listsOf(p)),
  encodeInt: (int, p) => encodeLevel(int, tableOf(p), `slots ${p.slots}`),
  levels: (p) => tableOf(p).levels.slice(),
  backward: (gradOut, w, fitted, p) =>
    straightThrough(gradOut, w, fitted, p, topOf(p), () => quantize(w, fitted, p)),
  describe: (p) => ({
    layout: slotText(listsOf(p)),
    rounding: p.errorFeedback === "none" ? "nearest" : "nearest/within-kernel",
    alphaMode: p.alphaMode,
  }),
  withPercentile: (p, percentile) => ({ ...p, alphaMode: "percentile", percentile }),
  fromWords,
});

/** A mirror image for every level, and ties between level and mirror image alike. */
function isSymmetric({ levels, at, inside, min, max }: LevelTable): boolean {
  if (min !== -max) return false;
  for (let i = 0; i < levels.length; i++)
    if ((levels[i] ?? 0) + (levels[levels.length - 1 - i] ?? 0) !== 0) return false;
  // k/2 stands at k − 2·min; its mirror image at −k − 2·min. Open intervals mirror onto the one below −k.
  for (let k = 0; k < 2 * max; k++) if ((at[k - 2 * min] ?? 0) + (at[-k - 2 * min] ?? 0) !== 0) return false;
  return inside.length === at.length;
}

function quantize(w: Float32Array, fitted: FittedScale, p: SlotsParams): QuantTensor {
  const run = p.errorFeedback === "none" ? 1 : kernelSize(fitted.shape);
  return quantizeToTable(w, fitted, tableOf(p), "slots", slotBits(listsOf(p)), run);
}

/** Entries of one kernel: everything behind the input channel, or a row of a matrix. */
function kernelSize(shape: Shape): number {
  return shape.slice(shape.length > 2 ? 2 : 1).reduce((a, b) => a * b, 1);
}

function fromWords(bits: number, axis: number | null, words: SchemeWords): SlotsParams | undefined {
  const [nearest, feedback] = words.rounding.split("/");
  if (nearest !== "nearest") return undefined;
  const found = slotsParams.safeParse({
    slots: words.layout,
    axis,
    errorFeedback: feedback ?? "none",
    alphaMode: words.alphaMode,
  });
  return found.success && slotBits(listsOf(found.data)) === bits ? found.data : undefined;
}
