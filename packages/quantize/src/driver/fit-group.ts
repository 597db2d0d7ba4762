/** The weights of a group on one grid: fitted jointly or apart by powers of two, stretched for exact thresholds, quantised. */
import { InternalError, NirkitError, toFloat32, toFloat64 } from "@nirkit/graph";
import { BitSet, splitFloat } from "@nirkit/integer";
import { annotationKeys } from "../annotation/keys.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { countedWeights } from "../fit/fit-scales.ts";
import { magnitudePercentile } from "../fit/magnitude-percentile.ts";
import { alignScale } from "../fold/threshold.ts";
import { buildQuantTensor, channelSize, type QuantTensor } from "../quant-tensor.ts";
import { type AnyQuantizer, type FittedScale, keepsOf } from "../weight-quantizer.ts";
import { compensate } from "./curvature.ts";
import type { GroupPlan, GroupSettings, Population } from "./group-settings.ts";
import { keptWeight } from "./kept-weight.ts";
import type { WeightUse } from "./projections.ts";

/** One quantised weight of a group. */
export interface FittedWeight {
  readonly use: WeightUse;
  readonly tensor: QuantTensor;
  readonly fitted: FittedScale;
  readonly prunedFraction: number;
  /** Its LSB is 2^shift of the group's. */
  readonly shift: number;
  /** Parameters that it was fitted with: a chosen percentile stands in them where the scheme has a word for it. */
  readonly params: unknown;
}

/** What a group's weights become, and the unit its populations count in. */
export interface FittedGroup {
  readonly weights: readonly FittedWeight[];
  /** Weighted input per integer step, one per channel: finest scale times the unit of the integer input. */
  readonly unit: Float64Array;
  readonly fracBits: number;
}

interface Source {
  readonly use: WeightUse;
  readonly quantizer: AnyQuantizer;
  readonly params: unknown;
  readonly w: Float32Array;
  readonly mask: BitSet | undefined;
  /** Unit of its integer input over the finest of the group: a power of two. */
  readonly ratio: number;
}

/** Scales of a group per unit of its finest input. */
interface CommonScale {
  readonly axis: number | null;
  /** One entry, or one per channel. */
  readonly scale: Float64Array;
  readonly alpha: readonly Float64Array[];
  /** Decision boundaries of schemes that have them. */
  readonly cut: readonly (Float64Array | undefined)[];
  readonly shifts: readonly number[];
}

/**
 * Fits, aligns and quantises.
 *
 * @param chooseFracBits fractional bits of the group's states, from its unit
 * @throws E_JOINT_SCALE, E_NON_FINITE, E_THRESHOLD_NOT_ALIGNED
 */
export function fitGroup(
  uses: readonly WeightUse[],
  populations: readonly Population[],
  hidden: boolean,
  settings: GroupSettings,
  plan: GroupPlan,
  chooseFracBits: (unit: Float64Array) => number,
): FittedGroup {
  const [first] = populations;
  if (uses.length === 0 && first?.bare !== undefined) {
    const unit = Float64Array.of(first.bare.unit);
    return { weights: [], unit, fracBits: chooseFracBits(unit) };
  }
  // The finest input unit is the group's; the others are it times a power of two, so every scale stays exact.
  const inputUnit = Math.min(...uses.map((use) => use.inputUnit));
  const sources = uses.map((use): Source => {
    const { data } = use.node.weight;
    // Nobody writes into a tensor of a graph: float32 weights are read where they lie.
    const w = data instanceof Float32Array ? data : toFloat32(use.node.weight);
    const quantizer = settings.quantizerOf(use.path);
    const params = settings.paramsOf(use.path);
    return { use, quantizer, params, w, mask: maskOf(use, w.length), ratio: use.inputUnit / inputUnit };
  });
  if (sources.length === 0) throw new InternalError("a scale group without weights");
  if (!sources.every(({ ratio }) => isPowerOfTwo(ratio)))
    throw refuse(sources, "their integer inputs count in units whose ratio is no power of two");
  const kept = settings.weights === "kept" ? keptAlone(sources) : undefined;
  const fitted = kept?.common ?? commonScale(sources, settings.joint, plan.percentile);
  const common = ruled(fitted, sources, populations, hidden, inputUnit, settings);
  const folding = populations.flatMap(({ path, recurrence }) =>
    recurrence === undefined ? [] : [{ path: `nodes.${path}`, recurrence }],
  );
  const fracBits = chooseFracBits(common.scale.map((s) => s * inputUnit));
  const exact =
    kept === undefined &&
    ((settings.convention.reset === "subtract" && settings.mode === "aligned") ||
      populations.some(({ path }) => settings.membraneOf(path)?.aligned === true));
  const scale = exact ? alignScale(common.scale, fracBits, folding, inputUnit) : common.scale;
  // A stretched scale clips as much later.
  const alpha = common.alpha.map((all) => all.map((a, i) => a * ((scale[i] ?? 1) / (common.scale[i] ?? 1))));
  const stretched = { ...common, scale, alpha };
  const weights = kept?.weights ?? sources.map((source, k) => quantizeSource(source, stretched, k, plan));
  return { weights, unit: scale.map((s) => s * inputUnit), fracBits };
}

/** The integers that the only weight of a group has already. */
function keptAlone(
  sources: readonly Source[],
): { readonly common: CommonScale; readonly weights: readonly FittedWeight[] } | undefined {
  const [only, other] = sources;
  if (only === undefined || other !== undefined) return undefined;
  const { use, quantizer, params, w, mask } = only;
  const tensor = keptWeight(use, quantizer, params);
  if (tensor === undefined) return undefined;
  const top = quantizer.levels(params).reduce((most, level) => Math.max(most, Math.abs(level)), 0);
  const { axis, scale, shape } = tensor;
  const alpha = scale.map((s) => s * top);
  const prunedFraction = mask === undefined ? 0 : 1 - mask.count() / Math.max(1, w.length);
  const fitted = { axis, scale, alpha, shape };
  return {
    common: { axis, scale, alpha: [alpha], cut: [undefined], shifts: [0] },
    weights: [{ use, tensor, fitted, prunedFraction, shift: 0, params }],
  };
}

function quantizeSource(source: Source, common: CommonScale, k: number, plan: GroupPlan): FittedWeight {
  const { use, quantizer, w, mask, ratio } = source;
  const params = paramsAt(source, plan.percentile);
  const shift = common.shifts[k] ?? 0;
  const cut = common.cut[k];
  const { shape } = use.node.weight;
  const factor = 2 ** shift / ratio;
  const fitted: FittedScale = {
    axis: common.axis,
    scale: common.scale.map((s) => s * factor),
    alpha: (common.alpha[k] ?? new Float64Array(1)).map((a) => a / ratio),
    ...(cut === undefined ? {} : { cut: cut.map((c) => c / ratio) }),
    shape,
  };
  const prunedFraction = mask === undefined ? 0 : 1 - mask.count() / Math.max(1, w.length);
  const kept = mask === undefined ? w : w.map((x, i) => (mask.get(i) ? x : 0));
  const curvature = plan.curvature?.get(use.path);
  if (curvature === undefined)
    return { use, tensor: quantizer.quantize(kept, fitted, params), fitted, prunedFraction, shift, params };
  if (!keepsOf(quantizer, params).idempotent)
    throw new NirkitError([
      quantizeDiagnostic("E_BAD_OPTION", "options.secondOrder", {
        option: "secondOrder",
        found: `asked of ${quantizer.scheme}, whose levels are not those of the weights`,
        expected: "a scheme that keeps dequantized weights",
      }),
    ]);
  const levels = quantizer.levels(params);
  const nearest = nearestWeight(levels, fitted);
  const inside = mask === undefined ? undefined : (i: number): boolean => mask.get(i);
  const moved = quantizer.quantize(compensate(kept, shape, curvature, nearest, inside), fitted, params);
  const tensor = buildQuantTensor({ ...moved, levels, alpha: fitted.alpha, source: kept });
  return { use, tensor, fitted, prunedFraction, shift, params };
}

function nearestWeight(levels: Int32Array, { scale }: FittedScale): (w: number, row: number) => number {
  return (w, row) => {
    const s = (scale.length === 1 ? scale[0] : scale[row]) ?? 1;
    const x = w / s;
    let low = 0;
    let high = levels.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (x <= ((levels[middle] as number) + (levels[middle + 1] as number)) / 2) high = middle;
      else low = middle + 1;
    }
    return Math.fround(s * (levels[low] ?? 0));
  };
}

function commonScale(
  sources: readonly Source[],
  joint: "equal" | "shift",
  clipAt: number | undefined,
): CommonScale {
  if (sources.length > 1 && joint === "shift") return shiftedScales(sources, clipAt);
  const [first] = sources;
  if (first === undefined) throw new InternalError("a scale group without weights");
  const { quantizer, params } = first;
  if (sources.some((s) => s.quantizer.scheme !== quantizer.scheme))
    throw refuse(sources, "their schemes differ");
  if (sources.some((s) => s.quantizer.bits(s.params) !== quantizer.bits(params)))
    throw refuse(sources, "their bits differ");
  const shifts = sources.map(() => 0);
  if (sources.length === 1) {
    const { axis, scale, alpha, cut } = fitClipped(
      first,
      first.w,
      first.use.node.weight.shape,
      first.mask,
      clipAt,
    );
    return { axis, scale, alpha: [alpha], cut: [cut], shifts };
  }
  const rows = first.use.node.weight.shape[0] ?? 1;
  const sameRows = sources.every((s) => s.use.node.weight.shape[0] === rows);
  const { w, mask } = concatenate(sources, sameRows ? rows : 1);
  const shape = sameRows ? [rows, w.length / rows] : [1, w.length];
  const { scale, alpha, axis, cut } = fitClipped(first, w, shape, mask, clipAt);
  if (axis !== null && !sameRows) throw refuse(sources, "their numbers of channels differ");
  return { axis, scale, alpha: sources.map(() => alpha), cut: sources.map(() => cut), shifts };
}

/**
 * Every projection with a scale of its own, apart from the finest by a power of two: s_k · 2^−shift_k <= base, so that
 * nothing clips that did not before.
 */
function shiftedScales(sources: readonly Source[], clipAt: number | undefined): CommonScale {
  const fits = sources.map((source) => {
    const w = source.ratio === 1 ? source.w : source.w.map((x) => x * source.ratio);
    return fitClipped(source, w, source.use.node.weight.shape, source.mask, clipAt);
  });
  const channels = Math.max(...fits.map(({ scale }) => scale.length));
  if (fits.some(({ scale }) => scale.length !== 1 && scale.length !== channels))
    throw refuse(sources, "their numbers of channels differ");
  // An all-zero weight takes scale 1, which says nothing.
  const used = fits.map(({ scale, alpha }) => largest(scale.map((s, c) => ((alpha[c] ?? 0) > 0 ? s : 0))));
  const finest = Math.min(...used.filter((s) => s > 0));
  const shifts = used.map((s) => (s > 0 && Number.isFinite(finest) ? exponentAbove(s / finest) : 0));
  const base = new Float64Array(channels);
  fits.forEach(({ scale, alpha }, k) => {
    for (let c = 0; c < channels; c++) {
      const at = scale.length === 1 ? 0 : c;
      if ((alpha[at] ?? 0) === 0) continue;
      base[c] = Math.max(base[c] ?? 0, (scale[at] ?? 1) / 2 ** (shifts[k] ?? 0));
    }
  });
  const scale = base.map((s) => (s > 0 ? s : 1));
  const alpha = fits.map((fit, k) =>
    scale.map((s, c) => {
      const at = fit.scale.length === 1 ? 0 : c;
      return (fit.alpha[at] ?? 0) * ((s * 2 ** (shifts[k] ?? 0)) / (fit.scale[at] ?? 1));
    }),
  );
  const axis = fits.some((fit) => fit.axis !== null) ? 0 : null;
  return { axis, scale, alpha, cut: fits.map(({ cut }) => cut), shifts };
}

function paramsAt({ quantizer, params }: Source, clipAt: number | undefined): unknown {
  if (clipAt === undefined || clipAt >= 100) return params;
  return quantizer.withPercentile?.(params, clipAt) ?? params;
}

/** The scheme's fit, on weights clipped at a percentile of their magnitude where the plan says so. */
function fitClipped(
  { quantizer, params }: Source,
  w: Float32Array,
  shape: readonly number[],
  mask: BitSet | undefined,
  clipAt: number | undefined,
): FittedScale {
  if (clipAt === undefined || clipAt >= 100) return quantizer.fit(w, shape, params, mask);
  if (quantizer.withPercentile !== undefined)
    return quantizer.fit(w, shape, quantizer.withPercentile(params, clipAt), mask);
  const { axis } = quantizer.fit(w, shape, params, mask);
  const per = Math.max(1, channelSize(shape, axis));
  const clipped = w.slice();
  for (let from = 0; from < w.length; from += per) {
    const counted = countedWeights(w, from, from + per, mask);
    const most = counted.length === 0 ? 0 : magnitudePercentile(counted, clipAt);
    for (let i = from; i < from + per; i++) clipped[i] = Math.max(-most, Math.min(most, w[i] ?? 0));
  }
  return quantizer.fit(clipped, shape, params, mask);
}

/** The scale that a vendor's rule gives in place of the fitted one. */
function ruled(
  common: CommonScale,
  sources: readonly Source[],
  populations: readonly Population[],
  hidden: boolean,
  inputUnit: number,
  settings: GroupSettings,
): CommonScale {
  if (settings.scaleRule === undefined) return common;
  const recurrences = populations.flatMap(({ recurrence }) => recurrence ?? []);
  const given = settings.scaleRule({
    weights: sources.map(({ w, ratio }) => (ratio === 1 ? w : w.map((x) => x * ratio))),
    channels: sources[0]?.use.node.weight.shape[0] ?? 1,
    biases: sources.flatMap(({ use }) =>
      "bias" in use.node ? [toFloat64(use.node.bias).map((b) => b / inputUnit)] : [],
    ),
    recurrences,
    theta: Float64Array.from(
      recurrences.flatMap((r) =>
        r.spiking ? [...r.theta].map((theta, i) => theta / ((r.gain[i] ?? 1) * inputUnit)) : [],
      ),
    ),
    fitted: common.scale,
    hidden,
    extent: settings.extent,
  });
  const scale = given.map((s) => (Number.isFinite(s) && Math.fround(s) > 0 ? Math.fround(s) : 1));
  return {
    ...common,
    axis: scale.length === 1 ? null : 0,
    scale,
    alpha: common.alpha.map((alpha) =>
      scale.map((s, c) => {
        const at = alpha.length === 1 ? 0 : c;
        const old = (common.scale.length === 1 ? common.scale[0] : common.scale[c]) ?? 1;
        return (alpha[at] ?? 0) * (s / old);
      }),
    ),
  };
}

/** Rows side by side, each weight in the unit of its input. */
function concatenate(
  sources: readonly Source[],
  rows: number,
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
        w[at] = (source.w[i] ?? 0) * source.ratio;
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

function refuse(sources: readonly Source[], why: string): NirkitError {
  return new NirkitError([
    quantizeDiagnostic("E_JOINT_SCALE", `nodes.${sources[0]?.use.path}.weight`, {
      weights: sources.map((s) => s.use.path),
      why,
    }),
  ]);
}

function isPowerOfTwo(x: number): boolean {
  return splitFloat(x).mantissa === 1;
}

/** Smallest k with 2^k >= ratio, for ratio >= 1. */
function exponentAbove(ratio: number): number {
  const { mantissa, exponent } = splitFloat(ratio);
  return Math.max(0, mantissa === 1 ? exponent : exponent + 1);
}

function largest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
