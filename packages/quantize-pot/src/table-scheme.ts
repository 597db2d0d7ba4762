/** What schemes with a fixed set of integer levels share: scales from the highest level, nearest level by value. */
import { NirkitError, type Shape } from "@nirkit/graph";
import { type BitSet, signedWidth } from "@nirkit/integer";
import {
  assertFinite,
  buildQuantTensor,
  channelSize,
  codeArray,
  type FittedScale,
  fitScales,
  intArray,
  type QuantTensor,
  quantizeDiagnostic,
} from "@nirkit/quantize";
import { type AlphaMode, type ClipParams, clipValue } from "./clip.ts";
import { type LevelTable, nearestLevel } from "./level-table.ts";

/** Parameters that every scheme with a table has. */
export interface TableParams extends ClipParams {
  readonly alphaMode: AlphaMode;
}

/** s = fround(alpha / top) per group. */
export function fitTable(
  w: Float32Array,
  shape: Shape,
  p: TableParams,
  table: LevelTable,
  top: number,
  mask: BitSet | undefined,
): FittedScale {
  const levelOf = (x: number): number => nearestLevel(x, table);
  const alphaOf = (group: Float32Array): number => clipValue(group, p.alphaMode, p, top, levelOf);
  return fitScales(w, shape, { axis: p.axis, top, mask, alphaOf });
}

/** Width of the integers of a table. */
export function tableIntBits(table: LevelTable): number {
  return signedWidth(table.min, table.max);
}

/**
 * Quantises to the nearest levels.
 *
 * @param run elements that hand their error on, one to the next; 1 for none
 */
export function quantizeToTable(
  w: Float32Array,
  fitted: FittedScale,
  table: LevelTable,
  scheme: string,
  bits: number,
  run = 1,
): QuantTensor {
  const { shape, axis, scale, alpha } = fitted;
  assertFinite(w, shape, "weight");
  const per = Math.max(1, channelSize(shape, axis));
  const intBits = tableIntBits(table);
  const ints = intArray(intBits, w.length);
  const codes = codeArray(bits, w.length);
  const { min, codes: codeOf } = table;
  for (let from = 0, channel = 0; from < w.length; from += per, channel++) {
    const s = scale[channel] ?? 1;
    if (run > 1) feedBack(w, ints, from, from + per, s, table, run);
    else for (let i = from; i < from + per; i++) ints[i] = nearestLevel((w[i] ?? 0) / s, table);
    for (let i = from; i < from + per; i++) codes[i] = codeOf[(ints[i] ?? 0) - min] ?? 0;
  }
  return buildQuantTensor({
    scheme,
    bits,
    intBits,
    shape,
    axis,
    scale,
    alpha,
    ints,
    codes,
    levels: table.levels,
    source: w,
  });
}

/** Within each run the error of an element is added to the next one that is not 0; zeros stay zeros. */
function feedBack(
  w: Float32Array,
  ints: { [i: number]: number },
  from: number,
  to: number,
  s: number,
  table: LevelTable,
  run: number,
): void {
  let error = 0;
  for (let i = from; i < to; i++) {
    if ((i - from) % run === 0) error = 0;
    const value = w[i] ?? 0;
    if (value === 0) continue; // pruned weights stay pruned
    const wanted = value / s + error;
    const int = nearestLevel(wanted, table);
    ints[i] = int;
    error = wanted - int;
  }
}

/**
 * Code of an integer.
 *
 * @throws E_NOT_A_LEVEL
 */
export function encodeLevel(int: number, table: LevelTable, scheme: string): number {
  if (!isLevel(int, table.levels))
    throw new NirkitError([quantizeDiagnostic("E_NOT_A_LEVEL", "weight", { scheme, int, where: "" })]);
  return table.codes[int - table.min] ?? 0;
}

function isLevel(int: number, levels: Int32Array): boolean {
  let low = 0;
  let high = levels.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((levels[middle] ?? 0) < int) low = middle + 1;
    else high = middle;
  }
  return levels[low] === int;
}

/** Of two levels the one of smaller magnitude. */
export function smallerLevel(lower: number, upper: number): number {
  return Math.abs(upper) < Math.abs(lower) ? upper : lower;
}
