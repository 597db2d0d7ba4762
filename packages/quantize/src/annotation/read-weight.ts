/** Integers of a weight node, verified against its float weight. */
import {
  type Affine,
  type Conv1d,
  type Conv2d,
  type Diagnostic,
  type Linear,
  type MetadataValue,
  NirkitError,
  toFloat32,
} from "@nirkit/graph";
import { packBits, roundHalfEven, unpackBits } from "@nirkit/integer";
import { checkCode } from "../check-code.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import { buildQuantTensor, channelSize, indexOf, type QuantTensor } from "../quant-tensor.ts";
import type { QuantizedWeight } from "../quantized-view.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import { readInts, readNumbers, readQuantWords } from "./decode.ts";
import { weightSha256 } from "./encode.ts";
import { annotationKeys as keys } from "./keys.ts";
import type { QuantWords } from "./schema.ts";

/** Farthest that weight / scale may lie from an integer to be taken for it. */
const nearInteger = 1e-3;

/**
 * Reads one weight.
 *
 * @param diagnostics receives warnings (derived integers)
 */
export function readWeight(
  node: Affine | Linear | Conv1d | Conv2d,
  path: string,
  schemes: readonly AnyQuantizer[],
  diagnostics: Diagnostic[],
): QuantizedWeight {
  const words = readQuantWords(node, path);
  if (words === undefined)
    throw new NirkitError([quantizeDiagnostic("E_NOT_QUANTIZED", path, { type: node.type })]);
  const { shape } = node.weight;
  const channels = shape[0] ?? 1;
  const scale = readNumbers(node, keys.weightScale, path, [words.axis === null ? 1 : channels]);
  if (scale === undefined || scale.some((s) => !(s > 0 && Math.fround(s) === s)))
    throw wrong(path, keys.weightScale, "is missing, or holds a value that is no positive float32");
  const factor = readFactor(node, scale, path);
  const weight = toFloat32(node.weight);
  const stored = readInts(node, keys.weightInt, path, [weight.length]);
  const ints = verifiedInts(weight, scale, stored, words, path, shape, diagnostics);
  const scheme = schemes.find((one) => one.scheme === words.scheme);
  const params = scheme?.fromWords(words.bits, words.axis, words);
  if (scheme !== undefined && params === undefined)
    throw wrong(path, keys.quant, `has words that ${words.scheme} does not know`);
  const levels = scheme === undefined ? spanLevels(words) : scheme.levels(params);
  const odd = scheme === undefined ? beyondWidth(ints, words) : noLevel(ints, levels);
  if (odd >= 0)
    throw new NirkitError([
      quantizeDiagnostic("E_NOT_A_LEVEL", path, {
        scheme: `${words.scheme}:${words.bits}`,
        int: ints[odd] ?? 0,
        where: ` at weight[${indexOf(odd, shape)}]`,
      }),
    ]);
  const codes = readCodes(node.metadata?.get(keys.weightCode), words, ints, channels, path);
  if (scheme !== undefined) {
    checkCodes(codes, ints, (code) => scheme.decodeCode(code, params), path);
    diagnostics.push(...illegalCode(scheme, codes, params, path));
  }
  const { scheme: name, bits, intBits, axis } = words;
  const tensor: QuantTensor = buildQuantTensor({
    scheme: name,
    bits,
    intBits,
    axis,
    shape,
    scale,
    factor,
    ints,
    codes,
    levels,
  });
  const bias = readInts(node, keys.biasInt, path, [channels]);
  const biasFrac = readInts(node, keys.biasFrac, path, [1])?.[0] ?? 0;
  if ("bias" in node && bias === undefined) throw wrong(path, keys.biasInt, "is missing beside a bias");
  if (biasFrac < 0 || biasFrac > 24) throw wrong(path, keys.biasFrac, `is ${biasFrac}; 0 to 24 was expected`);
  return bias === undefined ? { weight: tensor, biasFrac } : { weight: tensor, bias, biasFrac };
}

/** The factor is the reciprocal of what was rounded to the float32 scale, and of nothing else. */
function readFactor(
  node: Affine | Linear | Conv1d | Conv2d,
  scale: Float64Array,
  path: string,
): Float64Array | undefined {
  const factor = readNumbers(node, keys.weightFactor, path, [scale.length]);
  const rounds = (f: number, s: number): boolean => Math.abs(1 / f - s) <= Math.max(s * 2 ** -23, 2 ** -149);
  if (factor?.every((f, i) => rounds(f, scale[i] ?? 0)) === false)
    throw wrong(path, keys.weightFactor, `is not the reciprocal of ${keys.weightScale}`);
  return factor;
}

function verifiedInts(
  weight: Float32Array,
  scale: Float64Array,
  stored: Int32Array | undefined,
  words: QuantWords,
  path: string,
  shape: readonly number[],
  diagnostics: Diagnostic[],
): Int32Array {
  const per = Math.max(1, channelSize(shape, words.axis));
  const scaleAt = (i: number): number => scale[Math.floor(i / per)] ?? 1;
  const fresh = weightSha256(weight) === words.weightSha256;
  if (fresh && stored !== undefined) {
    const off = weight.findIndex((w, i) => w !== Math.fround(scaleAt(i) * (stored[i] ?? 0)));
    if (off < 0) return stored;
    throw wrong(
      path,
      keys.weightInt,
      `holds ${stored[off]} at ${indexOf(off, shape)}, but the weight is ${weight[off]}`,
    );
  }
  const derived = new Int32Array(weight.length);
  for (let i = 0; i < weight.length; i++) {
    const steps = (weight[i] ?? 0) / scaleAt(i);
    const int = roundHalfEven(steps);
    if (!(Math.abs(steps - int) < nearInteger))
      throw new NirkitError([
        quantizeDiagnostic("E_STALE_WEIGHTS", `${path}.weight[${indexOf(i, shape)}]`, {
          index: i,
          value: weight[i] ?? 0,
          scale: scaleAt(i),
        }),
      ]);
    derived[i] = int;
  }
  diagnostics.push(
    stored === undefined
      ? quantizeDiagnostic("W_DERIVED_INTEGERS", `${path}.metadata`, { key: keys.weightInt })
      : quantizeDiagnostic("W_STALE_WEIGHTS", `${path}.weight`, {
          integersKept: derived.every((int, i) => int === stored[i]),
        }),
  );
  return derived;
}

function noLevel(ints: Int32Array, levels: Int32Array): number {
  const allowed = new Set(levels);
  return ints.findIndex((int) => !allowed.has(int));
}

/** Without the scheme at hand every integer of the stated width may be a level. */
function beyondWidth(ints: Int32Array, words: QuantWords): number {
  const half = 2 ** (words.intBits - 1);
  const low = words.layout === "narrow" ? 1 - half : -half;
  return ints.findIndex((int) => int < low || int >= half);
}

/** The first pattern that no encoder writes though it decodes to the integer beside it. */
function illegalCode(
  scheme: AnyQuantizer,
  codes: ArrayLike<number>,
  params: unknown,
  path: string,
): readonly Diagnostic[] {
  const seen = new Uint8Array(65536);
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0;
    if (seen[code] === 1) continue;
    seen[code] = 1;
    const found = checkCode(scheme, code, params, path);
    if (found.length > 0) return found;
  }
  return [];
}

/** The levels that the histogram counts without the scheme at hand: integers of the stated width, at most 16 bits. */
function spanLevels(words: QuantWords): Int32Array {
  const bits = Math.min(words.intBits, 16);
  const low = words.layout === "narrow" ? 1 : 0;
  return Int32Array.from({ length: 2 ** bits - low }, (_, i) => i + low - 2 ** (bits - 1));
}

function readCodes(
  value: MetadataValue | undefined,
  words: QuantWords,
  ints: Int32Array,
  rows: number,
  path: string,
): Uint8Array | Uint16Array {
  const codes = words.bits <= 8 ? new Uint8Array(ints.length) : new Uint16Array(ints.length);
  if (words.packed === false) {
    if (words.intBits > words.bits) throw wrong(path, keys.weightCode, "is missing");
    return codes.map((_, i) => (ints[i] ?? 0) & (2 ** words.bits - 1));
  }
  const bytes =
    typeof value === "object" && "data" in value && value.data instanceof Uint8Array ? value.data : undefined;
  const perRow = words.packed === "rows" ? ints.length / rows : ints.length;
  const rowBytes = packBits(new Uint8Array(perRow), words.bits).length;
  if (bytes === undefined || bytes.length !== rowBytes * (ints.length / Math.max(1, perRow)))
    throw wrong(path, keys.weightCode, "is missing or does not hold one code per weight");
  for (let at = 0, row = 0; at < ints.length; at += perRow, row++)
    codes.set(unpackBits(bytes.subarray(row * rowBytes), words.bits, perRow), at);
  return codes;
}

function checkCodes(
  codes: ArrayLike<number>,
  ints: Int32Array,
  decode: (code: number) => number,
  path: string,
): void {
  for (let i = 0; i < ints.length; i++) {
    const code = codes[i] ?? 0;
    const int = ints[i] ?? 0;
    const decoded = decode(code);
    if (decoded !== int)
      throw new NirkitError([
        quantizeDiagnostic("E_CODE_MISMATCH", `${path}.metadata`, { index: i, code, decoded, int }),
      ]);
  }
}

function wrong(path: string, key: string, why: string): NirkitError {
  return new NirkitError([quantizeDiagnostic("E_ANNOTATION", `${path}.metadata`, { key, why })]);
}
