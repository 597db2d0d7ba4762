/** Pass `fold-batch-norm`: takes what batch normalization leaves, a factor and a shift per channel, into weights and bias. */
import type { NirGraph } from "../graph.ts";
import type { NirNode } from "../node.ts";
import { broadcastTo, toFloat64 } from "../tensor.ts";
import { type FoldOptions, type FoldResult, foldPointwise, type Pointwise } from "./fold-pointwise.ts";
import { foldOptions, readScale } from "./fold-scale.ts";
import { definePass, type Pass } from "./pass.ts";

/**
 * As `foldScale`, and also for an Affine with a diagonal weight `[n, n]`, the form in which NIR can carry y = s ⊙ x + c
 * with s = γ/√(σ² + ε), c = β − s μ: W' = s W, b' = s b + c before it; W' = W s, b' = b + W c behind it. A shift stays
 * in front of a convolution with padding, whose zeros it would not reach.
 *
 * @example
 * // in [2] -> fc W [[1, 2], [3, 4]], b [1, 1] -> bn diag(2, 4), c [5, 6] -> out
 * // becomes in [2] -> fc W [[2, 4], [12, 16]], b [7, 10] -> out
 */
export function foldBatchNorm(graph: NirGraph, options: Partial<FoldOptions> = {}): FoldResult {
  const { allowRounding = false, neurons = true } = options;
  return foldPointwise(graph, (node) => readScale(node) ?? readDiagonal(node), { allowRounding, neurons });
}

function readDiagonal(node: NirNode): Pointwise | undefined {
  if ((node.type !== "Affine" && node.type !== "Linear") || !("weight" in node)) return undefined;
  const [n = 0, m = 0] = node.weight.shape;
  if (node.weight.shape.length !== 2 || n !== m) return undefined;
  const weight = toFloat64(node.weight);
  if (!weight.every((w, i) => Number.isFinite(w) && (w === 0 || i % (n + 1) === 0))) return undefined;
  const scale = Float64Array.from({ length: n }, (_, i) => weight[i * (n + 1)] ?? 0);
  const shift = "bias" in node ? toFloat64(broadcastTo(node.bias, [n])) : new Float64Array(n);
  if (!shift.every(Number.isFinite)) return undefined;
  return { scale, shift, shifts: shift.some((c) => c !== 0) };
}

/** {@link foldBatchNorm} as a pass; the report lists what was folded and what stayed. */
export const foldBatchNormPass: Pass<FoldOptions> = definePass({
  name: "fold-batch-norm",
  summary: "Take scales and shifts per channel into neighboring weights and biases",
  options: foldOptions,
  example: {
    before: "in [2] -> fc W [[1, 2], [3, 4]] b [1, 1] -> bn diag(2, 4) c [5, 6] -> out",
    after: "in [2] -> fc W [[2, 4], [12, 16]] b [7, 10] -> out",
  },
  run: (graph, options) => ({ ...foldBatchNorm(graph, options), diagnostics: [] }),
});
