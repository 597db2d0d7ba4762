/** One scale for all weights of a group: fitted jointly, stretched for subtract resets, then quantised. */
import { InternalError, NirkitError, toFloat32 } from "@nirkit/graph";
import { BitSet, splitFloat } from "@nirkit/integer";
import { annotationKeys } from "../annotation/keys.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { Recurrence } from "../fold/recurrence.ts";
import { alignScale } from "../fold/threshold.ts";
import type { QuantTensor } from "../quant-tensor.ts";
import type { FittedScale, WeightQuantizer } from "../weight-quantizer.ts";
import type { WeightUse } from "./projections.ts";

/** One quantised weight of a group. */
export interface FittedWeight {
  readonly use: WeightUse;
  readonly tensor: QuantTensor;
  readonly fitted: FittedScale;
  readonly prunedFraction: number;
}

/** What a group's weights become, and the unit its populations count in. */
export interface FittedGroup {
  readonly weights: readonly FittedWeight[];
  /** Weighted input per integer step, one per channel: scale times the unit of the integer input. */
  readonly unit: Float64Array;
}

/** The populations whose thresholds must become integers. */
export interface Alignment {
  readonly fracBits: number;
  readonly populations: readonly { readonly path: string; readonly recurrence: Recurrence }[];
}

interface Source<P> {
  readonly use: WeightUse;
  readonly w: Float32Array;
  readonly mask: BitSet | undefined;
  readonly params: P;
}

/**
 * Fits, aligns and quantises.
 *
 * @param align with the populations whose thresholds must become integers; undefined leaves the fitted scale
 * @throws E_JOINT_SCALE, E_NON_FINITE, E_THRESHOLD_NOT_ALIGNED
 */
export function fitGroup<P>(
  quantizer: WeightQuantizer<P>,
  uses: readonly WeightUse[],
  paramsOf: (path: string) => P,
  align: Alignment | undefined,
): FittedGroup {
  const sources = uses.map((use) => {
    const w = toFloat32(use.node.weight);
    return { use, w, mask: maskOf(use, w.length), params: paramsOf(use.path) };
  });
  // The finest input unit is the group's; the others are it times a power of two, so every scale stays exact.
  const inputUnit = Math.min(...uses.map((use) => use.inputUnit));
  const joint = fitJointly(quantizer, sources, inputUnit);
  const scale =
    align === undefined ? joint.scale : alignScale(joint.scale, align.fracBits, align.populations, inputUnit);
  const weights = sources.map(({ use, w, mask, params }) => {
    const ratio = use.inputUnit / inputUnit;
    const fitted: FittedScale = {
      axis: joint.axis,
      scale: scale.map((s) => s / ratio),
      // A stretched scale clips as much later.
      alpha: joint.alpha.map((a, i) => (a / ratio) * ((scale[i] ?? 1) / (joint.scale[i] ?? 1))),
      ...(joint.cut === undefined ? {} : { cut: joint.cut.map((c) => c / ratio) }),
      shape: use.node.weight.shape,
    };
    const pruned = mask === undefined ? 0 : 1 - mask.count() / Math.max(1, w.length);
    const kept = mask === undefined ? w : w.map((x, i) => (mask.get(i) ? x : 0));
    return { use, tensor: quantizer.quantize(kept, fitted, params), fitted, prunedFraction: pruned };
  });
  return { weights, unit: scale.map((s) => s * inputUnit) };
}

function fitJointly<P>(
  quantizer: WeightQuantizer<P>,
  sources: readonly Source<P>[],
  inputUnit: number,
): FittedScale {
  const [first] = sources;
  if (first === undefined) throw new InternalError("a scale group without weights");
  if (sources.length === 1)
    return quantizer.fit(first.w, first.use.node.weight.shape, first.params, first.mask);
  const refuse = (why: string): NirkitError =>
    new NirkitError([
      quantizeDiagnostic("E_JOINT_SCALE", `nodes.${first.use.path}.weight`, {
        weights: sources.map((s) => s.use.path),
        why,
      }),
    ]);
  if (!sources.every((s) => isPowerOfTwo(s.use.inputUnit / inputUnit)))
    throw refuse("their integer inputs count in units whose ratio is no power of two");
  if (sources.some((s) => quantizer.bits(s.params) !== quantizer.bits(first.params)))
    throw refuse("their bits differ");
  const rows = first.use.node.weight.shape[0] ?? 1;
  const sameRows = sources.every((s) => s.use.node.weight.shape[0] === rows);
  const { w, mask } = concatenate(sources, sameRows ? rows : 1, inputUnit);
  const fitted = quantizer.fit(w, sameRows ? [rows, w.length / rows] : [1, w.length], first.params, mask);
  if (fitted.axis !== null && !sameRows) throw refuse("their numbers of channels differ");
  return fitted;
}

function isPowerOfTwo(x: number): boolean {
  return splitFloat(x).mantissa === 1;
}

/** Rows side by side, each weight in the unit of its input. */
function concatenate<P>(
  sources: readonly Source<P>[],
  rows: number,
  inputUnit: number,
): { readonly w: Float32Array; readonly mask: BitSet | undefined } {
  const total = sources.reduce((sum, s) => sum + s.w.length, 0);
  const w = new Float32Array(total);
  const masked = sources.some((s) => s.mask !== undefined);
  const mask = masked ? BitSet.ofLength(total) : undefined;
  let at = 0;
  for (let row = 0; row < rows; row++)
    for (const source of sources) {
      const per = source.w.length / rows;
      for (let i = row * per; i < (row + 1) * per; i++, at++) {
        w[at] = (source.w[i] ?? 0) * (source.use.inputUnit / inputUnit);
        if (source.mask === undefined || source.mask.get(i)) mask?.set(at);
      }
    }
  return { w, mask };
}

function maskOf(use: WeightUse, length: number): BitSet | undefined {
  const stored = use.node.metadata?.get(annotationKeys.mask);
  if (stored === undefined) return undefined;
  const bytes =
    typeof stored === "object" && "data" in stored && stored.data instanceof Uint8Array
      ? stored.data
      : undefined;
  if (bytes === undefined || bytes.length * 8 < length)
    throw new NirkitError([
      quantizeDiagnostic("E_ANNOTATION", `nodes.${use.path}.metadata`, {
        key: annotationKeys.mask,
        why: `does not hold one bit for each of ${length} weights`,
      }),
    ]);
  return BitSet.fromBytes(bytes, length);
}
