/** Weights that are integers of the wanted scheme already, as quantization-aware training left them. */

import { readQuantWords } from "../annotation/decode.ts";
import { readWeight } from "../annotation/read-weight.ts";
import type { QuantTensor } from "../quant-tensor.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import type { WeightUse } from "./projections.ts";

/** The annotated integers of a weight, verified; undefined where there are none of this scheme and width. */
export function keptWeight(
  { node, path }: WeightUse,
  quantizer: AnyQuantizer,
  params: unknown,
): QuantTensor | undefined {
  const words = readQuantWords(node, path);
  if (words?.scheme !== quantizer.scheme || words.bits !== quantizer.bits(params)) return undefined;
  const { weight, metadata } = node;
  // The bias is folded anew, whatever integers it had.
  const alone = { type: "Linear", weight, ...(metadata === undefined ? {} : { metadata }) } as const;
  return readWeight(alone, path, [quantizer], []).weight;
}
