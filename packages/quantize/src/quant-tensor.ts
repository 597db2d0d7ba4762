/** A quantised weight tensor: exact integers, a real scale, and the views of both. */
import { NirkitError, type Shape, sizeOf } from "@nirkit/graph";
import { quantizeDiagnostic } from "./diagnostics.ts";

/** Narrowest signed array that holds `intBits`. */
export type IntArray = Int8Array | Int16Array | Int32Array;

/** How the quantised tensor differs from the float one. */
export interface QuantStats {
  /** Mean of (w − ŵ)². */
  readonly mse: number;
  /** 10·log10(Σw² / Σ(w − ŵ)²); Infinity where nothing was lost. */
  readonly sqnrDb: number;
  /** Share of weights with |w| > alpha of their channel. */
  readonly clippedFraction: number;
  /** Share of integers that are 0. */
  readonly zeroFraction: number;
  /** Count per entry of the scheme's sorted `levels`. */
  readonly levelHistogram: Uint32Array;
}

/**
 * `dequant[i] === Math.fround(scale[channel] * ints[i])`, zero point 0 always.
 * `axis` null: one scale; 0: one per output channel. Scales are exactly representable in float32.
 */
export interface QuantTensor {
  readonly scheme: string;
  readonly bits: number;
  readonly intBits: number;
  readonly shape: Shape;
  readonly axis: number | null;
  readonly scale: Float64Array;
  /**
   * Integers per unit of weight in float64, one entry per scale, where the integers came from a product with it: the
   * reciprocal of `scale` but for the rounding of that to float32. Thresholds that have to count in exactly what the
   * weights were multiplied by are folded with it.
   */
  readonly factor?: Float64Array;
  readonly ints: IntArray;
  readonly codes: Uint8Array | Uint16Array | Int8Array;
  readonly dequant: Float32Array;
  readonly stats: QuantStats;
}

/** What a scheme has decided; everything else of a {@link QuantTensor} follows. */
export interface QuantTensorParts {
  readonly scheme: string;
  readonly bits: number;
  readonly intBits: number;
  readonly shape: Shape;
  readonly axis: number | null;
  readonly scale: Float64Array;
  /** Clip value per scale; without it nothing counts as clipped. */
  readonly alpha?: Float64Array;
  /** What the weights were multiplied by, one entry per scale; see {@link QuantTensor}. */
  readonly factor?: Float64Array | undefined;
  /** Kept, not copied, where it is the narrowest array for `intBits` already. */
  readonly ints: ArrayLike<number>;
  readonly codes: Uint8Array | Uint16Array | Int8Array;
  readonly levels: Int32Array;
  /** The float weights; without them the error statistics are those of the dequantised weights (0). */
  readonly source?: Float32Array;
}

/** An array for signed integers of a width: 8, 16 or 32 bits per entry. */
export function intArray(intBits: number, length: number): IntArray {
  if (intBits <= 8) return new Int8Array(length);
  return intBits <= 16 ? new Int16Array(length) : new Int32Array(length);
}

/** An array for codes of a width: 8 or 16 bits per entry. */
export function codeArray(bits: number, length: number): Uint8Array | Uint16Array {
  return bits <= 8 ? new Uint8Array(length) : new Uint16Array(length);
}

/** Entries per scale: the whole tensor, or one output channel. */
export function channelSize(shape: Shape, axis: number | null): number {
  const size = sizeOf(shape);
  return axis === null ? size : size / (shape[0] ?? 1);
}

/**
 * Completes a quantised tensor: ŵ = fround(scale · int), statistics against the float weights.
 *
 * @throws RangeError when lengths disagree (a mistake of a quantizer, never of a file)
 * @example buildQuantTensor({ scheme: "uniform", bits: 4, intBits: 4, shape: [2], axis: null,
 *   scale: Float64Array.of(0.5), ints: [3, -1], codes: Uint8Array.of(3, 15), levels }).dequant // [1.5, -0.5]
 */
export function buildQuantTensor(parts: QuantTensorParts): QuantTensor {
  const size = sizeOf(parts.shape);
  const scales = parts.axis === null ? 1 : (parts.shape[0] ?? 1);
  if (parts.ints.length !== size || parts.codes.length !== size || parts.scale.length !== scales)
    throw new RangeError(
      `buildQuantTensor: shape [${parts.shape}] does not hold ${parts.ints.length} integers`,
    );
  if (parts.factor !== undefined && parts.factor.length !== scales)
    throw new RangeError(`buildQuantTensor: ${parts.factor.length} factors for ${scales} scales`);
  const per = Math.max(1, channelSize(parts.shape, parts.axis));
  const ints = narrowInts(parts.ints, parts.intBits, size);
  const dequant = new Float32Array(size);
  for (let from = 0, channel = 0; from < size; from += per, channel++) {
    const step = parts.scale[channel] ?? 1;
    for (let i = from; i < from + per; i++) dequant[i] = step * (ints[i] ?? 0) + 0;
  }
  const { scheme, bits, intBits, shape, axis, scale, factor, codes } = parts;
  return {
    scheme,
    bits,
    intBits,
    shape,
    axis,
    scale,
    ...(factor === undefined ? {} : { factor }),
    ints,
    codes,
    dequant,
    stats: statsOf(parts, ints, dequant, per),
  };
}

/** The integers in their narrowest array: as they are where they came in one, else copied. */
function narrowInts(source: ArrayLike<number>, intBits: number, size: number): IntArray {
  const ints = intArray(intBits, 0);
  if (ints instanceof Int8Array && source instanceof Int8Array) return source;
  if (ints instanceof Int16Array && source instanceof Int16Array) return source;
  if (ints instanceof Int32Array && source instanceof Int32Array) return source;
  const narrow = intArray(intBits, size);
  for (let i = 0; i < size; i++) narrow[i] = source[i] ?? 0;
  return narrow;
}

/** Levels that span more than this are looked up in a map, not in a table. */
const tableSpan = 2 ** 20;

/** Position of every level, by its distance to the lowest; −1 for what is no level. */
function rankTable(levels: Int32Array): Int32Array | undefined {
  const low = levels[0] ?? 0;
  const span = (levels.at(-1) ?? 0) - low + 1;
  if (span > tableSpan) return undefined;
  const ranks = new Int32Array(span).fill(-1);
  for (let i = 0; i < levels.length; i++) ranks[(levels[i] ?? 0) - low] = i;
  return ranks;
}

function histogramOf(ints: IntArray, levels: Int32Array): Uint32Array {
  const counts = new Uint32Array(levels.length);
  const ranks = rankTable(levels);
  const low = levels[0] ?? 0;
  if (ranks !== undefined) {
    for (let i = 0; i < ints.length; i++) {
      const rank = ranks[(ints[i] ?? 0) - low] ?? -1;
      if (rank >= 0) counts[rank] = (counts[rank] ?? 0) + 1;
    }
    return counts;
  }
  const map = new Map<number, number>();
  for (let i = 0; i < levels.length; i++) map.set(levels[i] ?? 0, i);
  for (let i = 0; i < ints.length; i++) {
    const rank = map.get(ints[i] ?? 0);
    if (rank !== undefined) counts[rank] = (counts[rank] ?? 0) + 1;
  }
  return counts;
}

function statsOf(parts: QuantTensorParts, ints: IntArray, dequant: Float32Array, per: number): QuantStats {
  const { alpha, levels } = parts;
  const source = parts.source ?? dequant;
  let error = 0;
  let power = 0;
  let clipped = 0;
  let zeros = 0;
  for (let from = 0, channel = 0; from < ints.length; from += per, channel++) {
    const limit = alpha === undefined ? Number.POSITIVE_INFINITY : (alpha[channel] ?? 0);
    for (let i = from; i < from + per; i++) {
      const w = source[i] ?? 0;
      const lost = w - (dequant[i] ?? 0);
      error += lost * lost;
      power += w * w;
      if (w > limit || w < -limit) clipped++;
      if (ints[i] === 0) zeros++;
    }
  }
  const n = Math.max(1, ints.length);
  const sqnrDb = error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(power / error);
  return {
    mse: error / n,
    sqnrDb,
    clippedFraction: clipped / n,
    zeroFraction: zeros / n,
    levelHistogram: histogramOf(ints, levels),
  };
}

/**
 * Refuses NaN and infinities, naming the first.
 *
 * @param path what the values are called, `weight` or `nodes.fc1.weight`; the index is appended
 * @throws E_NON_FINITE
 */
export function assertFinite(values: ArrayLike<number>, shape: Shape, path: string): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value - value !== 0)
      // NaN and infinities alone
      throw new NirkitError([quantizeDiagnostic("E_NON_FINITE", `${path}[${indexOf(i, shape)}]`, { value })]);
  }
}

/** Row-major position as an index list: 7 in [2, 5] is "1,2". */
export function indexOf(position: number, shape: Shape): string {
  const index: number[] = [];
  let rest = position;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const n = shape[axis] ?? 1;
    index.unshift(rest % n);
    rest = Math.floor(rest / n);
  }
  return index.join(",");
}
