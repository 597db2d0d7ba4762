/** `nirkit passes`: the graph passes with their options, as pipelines name them. */
import {
  type AnyPass,
  dedupeEdgesPass,
  flattenPass,
  foldBatchNormPass,
  foldScalePass,
  removeDeadNodesPass,
} from "@nirkit/graph";
import { lowerExtensionsPass } from "@nirkit/graph/extensions";
import { quantizeMembranePass } from "@nirkit/quantize-membrane";
import {
  quantizeApotPass,
  quantizeDeepShiftPass,
  quantizePotPass,
  quantizeSbitPass,
  quantizeSlotsPass,
} from "@nirkit/quantize-pot";
import {
  quantizeBinaryPass,
  quantizeDorefaPass,
  quantizeDuqPass,
  quantizePlusMinusPass,
  quantizeSigmoidStepsPass,
  quantizeTernaryPass,
  quantizeUniformPass,
} from "@nirkit/quantize-uniform";
import * as z from "zod";
import type { Invocation } from "../invocation.ts";
import { flagsOfSchema } from "../schema-flags.ts";
import { usageError } from "../usage-error.ts";
import { wrapWords } from "../wrap.ts";

/** Every pass of nirkit, in the order in which a pipeline would use them. */
const all: readonly AnyPass[] = [
  dedupeEdgesPass,
  removeDeadNodesPass,
  flattenPass,
  foldScalePass,
  foldBatchNormPass,
  lowerExtensionsPass,
  quantizeUniformPass,
  quantizeTernaryPass,
  quantizeBinaryPass,
  quantizeDorefaPass,
  quantizeDuqPass,
  quantizeSigmoidStepsPass,
  quantizePlusMinusPass,
  quantizePotPass,
  quantizeApotPass,
  quantizeSbitPass,
  quantizeSlotsPass,
  quantizeDeepShiftPass,
  quantizeMembranePass,
];

/** Lists the passes, or shows one with its options. */
export async function passes(invocation: Invocation, name: string | undefined): Promise<number> {
  const chosen = name === undefined ? all : all.filter((pass) => pass.name === name);
  if (chosen.length === 0)
    throw usageError("passes", `There is no pass "${name}"`, `There is ${all.map((p) => p.name).join(", ")}`);
  invocation.document({
    ok: true,
    passes: chosen.map(({ name: own, summary, options }) => ({
      name: own,
      summary,
      options: z.toJSONSchema(options as z.ZodType, { io: "input", unrepresentable: "any" }),
    })),
  });
  const width = invocation.width();
  const column = Math.max(...all.map((pass) => pass.name.length)) + 2;
  for (const pass of chosen) {
    invocation.print(columns(pass.name.padEnd(column), pass.summary, width));
    if (name !== undefined) invocation.print(optionLines(pass, width));
  }
  if (name === undefined) invocation.print("\nThe options of one: nirkit passes NAME");
  return 0;
}

/** `key=<value>` and what it does, as the text form of a pipeline takes it. */
function optionLines({ name, options }: AnyPass, width: number): string {
  const flags = flagsOfSchema(options as z.ZodType, new Set(), "");
  if (flags.length === 0) return `\nText form: ${name}`;
  const left = flags.map(({ key }) => `  ${key}`);
  const column = Math.max(...left.map((text) => text.length)) + 2;
  const lines = flags.map(({ about }, k) => columns((left[k] ?? "").padEnd(column), about || "-", width));
  const example = flags.some(({ key }) => key === "bits") ? "{bits=4}" : "";
  return ["\noptions", ...lines, `\nText form: ${name}${example}`].join("\n");
}

function columns(left: string, text: string, width: number): string {
  return wrapWords(text, width - left.length)
    .map((line, k) => (k === 0 ? left : " ".repeat(left.length)) + line)
    .join("\n");
}
