/** The invariants of a weight quantiser, one function each; every one throws an Error that says what is wrong. */
import { NirkitError } from "@nirkit/graph";
import { channelSize, type QuantTensor } from "../quant-tensor.ts";
import { keepsOf, type WeightQuantizer } from "../weight-quantizer.ts";
import type { TrialTensor } from "./tensors.ts";

/** A quantiser with the parameters to test it at. */
export interface Candidate<P> {
  readonly quantizer: WeightQuantizer<P>;
  readonly params: P;
  /** The levels at these parameters, made once. */
  readonly levels: ReadonlySet<number>;
}

/** Codes and levels: sorted, unique, within their widths, and each other's inverse; every bit pattern decodes. */
export function checkCodes<P>({ quantizer, params }: Candidate<P>): void {
  const levels = quantizer.levels(params);
  const bits = quantizer.bits(params);
  const half = 2 ** (quantizer.intBits(params) - 1);
  levels.forEach((level, i) => {
    if (i > 0 && !(level > (levels[i - 1] ?? 0))) fail(`levels are not sorted and unique at ${level}`);
    if (level < -half || level >= half) fail(`level ${level} does not fit ${quantizer.intBits(params)} bits`);
    const code = quantizer.encodeInt(level, params);
    if (!(Number.isInteger(code) && code >= 0 && code < 2 ** bits))
      fail(`code ${code} of ${level} has more than ${bits} bits`);
    if (quantizer.decodeCode(code, params) !== level)
      fail(`level ${level} comes back as ${quantizer.decodeCode(code, params)}`);
  });
  for (let code = 0; code < 2 ** bits; code++)
    if (!Number.isInteger(quantizer.decodeCode(code, params))) fail(`code ${code} decodes to no integer`);
  if (keepsOf(quantizer, params).zero && !levels.includes(0)) fail("0 is no level");
  const beyond = (levels.at(-1) ?? 0) + 1;
  refuses(() => quantizer.encodeInt(beyond, params), "E_NOT_A_LEVEL", `encodeInt(${beyond})`);
}

/** NaN and infinities are refused at their index. */
export function checkNonFinite<P>({ quantizer, params }: Candidate<P>): void {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const w = Float32Array.of(0.5, bad, 0.25, bad);
    const error = refuses(() => quantizer.fit(w, [2, 2], params), "E_NON_FINITE", `fit of ${bad}`);
    if (!error.diagnostics[0]?.path.includes("[0,1]"))
      fail(`the first offending index is not named: ${error.message}`);
    const fitted = quantizer.fit(Float32Array.of(0.5, 0.25, 0.25, 0.5), [2, 2], params);
    refuses(() => quantizer.quantize(w, fitted, params), "E_NON_FINITE", `quantize of ${bad}`);
  }
}

/** Everything that holds for one tensor. */
export function checkTensor<P>(candidate: Candidate<P>, { name, shape, w }: TrialTensor): void {
  const { quantizer, params } = candidate;
  const before = w.slice();
  const fitted = quantizer.fit(w, shape, params);
  for (const s of fitted.scale)
    if (!(s > 0 && Math.fround(s) === s)) fail(`${name}: scale ${s} is no positive float32`);
  const tensor = quantizer.quantize(w, fitted, params);
  if (!sameBits(before, w)) fail(`${name}: the weights were changed`);
  checkViews(candidate, tensor, name);
  const again = quantizer.quantize(w, fitted, params);
  if (!again.ints.every((int, i) => int === tensor.ints[i])) fail(`${name}: not deterministic`);
  const { idempotent, symmetric, monotone, zero } = keepsOf(quantizer, params);
  if (idempotent) {
    const twice = quantizer.quantize(tensor.dequant, fitted, params);
    same(twice, tensor, `${name}: not idempotent`);
  }
  if (symmetric) {
    const mirrored = quantizer.quantize(
      w.map((x) => -x),
      fitted,
      params,
    );
    if (mirrored.ints.some((int, i) => int + (tensor.ints[i] ?? 0) !== 0))
      fail(`${name}: q(-w) is not -q(w)`);
  }
  if (monotone) checkMonotone(tensor, w, fitted.axis, name);
  if (zero)
    for (let i = 0; i < w.length; i++)
      if (w[i] === 0 && tensor.ints[i] !== 0) fail(`${name}: 0 became ${tensor.ints[i]}`);
}

function checkViews<P>({ quantizer, params, levels }: Candidate<P>, tensor: QuantTensor, name: string): void {
  const per = channelSize(tensor.shape, tensor.axis);
  tensor.ints.forEach((int, i) => {
    if (Object.is(int, -0) || !levels.has(int)) fail(`${name}: ${int} at ${i} is no level`);
    if (quantizer.decodeCode(tensor.codes[i] ?? 0, params) !== int)
      fail(`${name}: code ${tensor.codes[i]} does not decode to ${int}`);
    const value = Math.fround((tensor.scale[Math.floor(i / per)] ?? 1) * int);
    if (tensor.dequant[i] !== value || Object.is(tensor.dequant[i], -0))
      fail(`${name}: dequant ${tensor.dequant[i]} is not fround(scale * ${int})`);
  });
  const counted = tensor.stats.levelHistogram.reduce((a, b) => a + b, 0);
  if (counted !== tensor.ints.length)
    fail(`${name}: the histogram counts ${counted} of ${tensor.ints.length}`);
}

function checkMonotone(tensor: QuantTensor, w: Float32Array, axis: number | null, name: string): void {
  const per = channelSize(tensor.shape, axis);
  for (let from = 0; from < w.length; from += per) {
    const order = Array.from({ length: per }, (_, i) => from + i).sort((a, b) => (w[a] ?? 0) - (w[b] ?? 0));
    order.forEach((i, k) => {
      const last = order[k - 1];
      if (last !== undefined && (tensor.ints[i] ?? 0) < (tensor.ints[last] ?? 0))
        fail(`${name}: not monotone at ${w[i]}`);
    });
  }
}

function refuses(body: () => unknown, code: string, what: string): NirkitError {
  try {
    body();
  } catch (cause) {
    if (cause instanceof NirkitError && cause.diagnostics[0]?.code === code) return cause;
    throw new Error(`${what} throws ${String(cause)}, not ${code}`);
  }
  throw new Error(`${what} is not refused`);
}

function same(a: QuantTensor, b: QuantTensor, what: string): void {
  const at = a.ints.findIndex((int, i) => int !== b.ints[i]);
  if (at >= 0) fail(`${what}: ${b.ints[at]} became ${a.ints[at]}`);
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return a.every((x, i) => Object.is(x, b[i]));
}

function fail(message: string): never {
  throw new Error(message);
}
