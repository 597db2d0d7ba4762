/** Weight nodes of a group: biases in accumulator precision, and the nodes that carry the integers. */
import { type Diagnostic, NirkitError, type NirNode, type Tensor, tensor, toFloat64 } from "@nirkit/graph";
import { roundHalfEven, signedWidth } from "@nirkit/integer";
import { annotate, type BiasInts, encodeWeight } from "../annotation/encode.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { channelOf } from "../fold/threshold.ts";
import type { FittedWeight } from "./fit-group.ts";
import type { GroupSettings } from "./group-settings.ts";
import { spanOf, type WeightReport } from "./report.ts";

/** A bias on the grid of its receiving state. */
export interface QuantizedBias extends BiasInts {
  /** Largest error, in weight LSB. */
  readonly error: number;
}

/** B = rne(b / u · 2^F), u the weighted input per integer step. */
export function quantizeBias(
  weight: FittedWeight,
  unit: Float64Array,
  frac: number,
): QuantizedBias | undefined {
  const { node, path } = weight.use;
  if (!("bias" in node)) return undefined;
  const outputs = node.weight.shape[0] ?? 1;
  const values = toFloat64(node.bias);
  const ints = new Int32Array(outputs);
  let error = 0;
  for (let i = 0; i < outputs; i++) {
    const value = values.length === 1 ? (values[0] ?? 0) : (values[i] ?? 0);
    if (!Number.isFinite(value))
      throw new NirkitError([quantizeDiagnostic("E_NON_FINITE", `nodes.${path}.bias[${i}]`, { value })]);
    const steps = (value / (unit[channelOf(i, outputs, unit.length)] ?? 1)) * 2 ** frac;
    const int = roundHalfEven(steps);
    if (Math.abs(int) > 2147483647)
      throw new NirkitError([
        quantizeDiagnostic("E_ACCUMULATOR_OVERFLOW", `nodes.${path}.bias`, {
          needed: signedWidth(-Math.abs(int), 0),
          available: 32,
          neuron: i,
        }),
      ]);
    ints[i] = int;
    error = Math.max(error, Math.abs(int - steps) / 2 ** frac);
  }
  return { ints, frac, error };
}

/**
 * The node with dequantised values and its annotation. `nirkit:bias_frac` counts in the LSB of this weight, which is
 * 2^shift of the group's.
 */
export function weightNode(
  weight: FittedWeight,
  bias: QuantizedBias | undefined,
  settings: GroupSettings,
): NirNode {
  const { use, tensor: quantized, prunedFraction, shift, params } = weight;
  const words = settings.quantizerOf(use.path).describe(params);
  const own = bias === undefined ? undefined : { ints: bias.ints, frac: bias.frac + shift };
  const metadata = annotate(use.node.metadata, encodeWeight(quantized, words, prunedFraction, own));
  const values: Tensor = { dtype: "float32", shape: quantized.shape, data: quantized.dequant };
  if (bias === undefined || !("bias" in use.node) || settings.nodes === "float")
    return { ...use.node, weight: values, metadata };
  const unit = quantized.scale.map((s) => (s * use.inputUnit) / 2 ** shift);
  const dequant = Float32Array.from(
    bias.ints,
    (int, i) => (int * (unit[channelOf(i, bias.ints.length, unit.length)] ?? 1)) / 2 ** bias.frac,
  );
  return { ...use.node, weight: values, bias: tensor("float32", [dequant.length], dequant), metadata };
}

/** W_MOSTLY_ZERO where more than 95 % of the weights that are not pruned vanish. */
export function warnZeros(weight: FittedWeight): readonly Diagnostic[] {
  const kept = 1 - weight.prunedFraction;
  const zeros = kept === 0 ? 0 : (weight.tensor.stats.zeroFraction - weight.prunedFraction) / kept;
  return zeros > 0.95
    ? [
        quantizeDiagnostic("W_MOSTLY_ZERO", `nodes.${weight.use.path}.weight`, {
          zeros,
          bits: weight.tensor.bits,
        }),
      ]
    : [];
}

/** What the scheme says about its result. */
export function reviewWeight(weight: FittedWeight, settings: GroupSettings): readonly Diagnostic[] {
  const { path } = weight.use;
  const quantizer = settings.quantizerOf(path);
  return quantizer.review?.(weight.tensor, weight.params, `nodes.${path}.weight`) ?? [];
}

/** The numbers of one weight. */
export function reportWeight(weight: FittedWeight): WeightReport {
  const { tensor: quantized, fitted, use, prunedFraction } = weight;
  const { scheme, bits, axis, scale, stats } = quantized;
  return {
    path: use.path,
    scheme,
    bits,
    axis,
    weights: quantized.ints.length,
    alpha: spanOf(fitted.alpha),
    scale: spanOf(scale),
    sqnrDb: stats.sqnrDb,
    mse: stats.mse,
    clippedFraction: stats.clippedFraction,
    zeroFraction: stats.zeroFraction,
    prunedFraction,
  };
}
