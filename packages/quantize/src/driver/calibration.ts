/** Calibration samples: what they say about inputs, and spike rates before and after. */
import {
  type Events,
  NirkitError,
  type PassContext,
  type Sample,
  type SpikeInput,
  type Tensor,
  toFloat64,
} from "@nirkit/graph";
import { bitLength, roundHalfEven } from "@nirkit/integer";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { QuantizedInput } from "../quantized-view.ts";

/** All samples of the context, read once. */
export async function collectSamples(context: PassContext | undefined): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  if (context?.calibration === undefined) return samples;
  for await (const sample of context.calibration) samples.push(sample);
  return samples;
}

/** SHA-256 over the hashes of all samples, which are sorted: the order of samples does not matter. */
export function hashSamples(samples: readonly Sample[]): string {
  const each = samples.map(({ input, label }) => {
    const hash = sha256.create();
    if (label !== undefined) hash.update(new TextEncoder().encode(String(label)));
    for (const [name, signal] of [...input].sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(new TextEncoder().encode(name));
      hash.update(new Uint8Array(Float64Array.from(valuesOf(signal)).buffer));
    }
    return bytesToHex(hash.digest());
  });
  return bytesToHex(sha256(new TextEncoder().encode(each.sort().join("\n"))));
}

/**
 * The integer form of every Input: as given, as annotated, or as the samples show.
 *
 * Samples of 0 and 1 are spikes and need none; larger integers take scale 1; real numbers take `inputBits` and the
 * scale that puts their largest magnitude on the largest integer.
 *
 * @throws E_INPUT_NOT_INTEGER (real samples, no inputBits), E_NO_CALIBRATION (inputBits without samples)
 */
export function inputForms(
  names: readonly string[],
  known: ReadonlyMap<string, QuantizedInput>,
  samples: readonly Sample[],
  inputBits: number | undefined,
): ReadonlyMap<string, QuantizedInput> {
  const forms = new Map(known);
  for (const name of names) {
    if (forms.has(name)) continue;
    const path = `nodes.${name}`;
    if (samples.length === 0) {
      if (inputBits !== undefined)
        throw new NirkitError([
          quantizeDiagnostic("E_NO_CALIBRATION", path, { wanted: "The scale of an input" }),
        ]);
      continue;
    }
    const form = observedForm(
      samples.flatMap(({ input }) => input.get(name) ?? []),
      inputBits,
      path,
    );
    if (form !== undefined) forms.set(name, form);
  }
  return forms;
}

function observedForm(
  signals: readonly (Tensor | Events)[],
  inputBits: number | undefined,
  path: string,
): QuantizedInput | undefined {
  let min = 0;
  let max = 0;
  let real: number | undefined;
  for (const signal of signals)
    for (const x of valuesOf(signal)) {
      if (!Number.isFinite(x))
        throw new NirkitError([quantizeDiagnostic("E_NON_FINITE", path, { value: x })]);
      min = Math.min(min, x);
      max = Math.max(max, x);
      if (real === undefined && !Number.isInteger(x)) real = x;
    }
  const signed = min < 0;
  if (real === undefined) {
    if (!signed && max <= 1) return undefined;
    const bits = signed ? 1 + Math.max(bitLength(max), bitLength(-min - 1)) : bitLength(max);
    if (bits <= 16) return { bits, signed, scale: 1 };
  }
  if (inputBits === undefined)
    throw new NirkitError([quantizeDiagnostic("E_INPUT_NOT_INTEGER", path, { value: real ?? max })]);
  const most = 2 ** (signed ? inputBits - 1 : inputBits) - 1;
  return { bits: inputBits, signed, scale: Math.fround(Math.max(max, -min) / Math.max(1, most)) || 1 };
}

function valuesOf(signal: Tensor | Events): Float64Array {
  if ("data" in signal) return toFloat64(signal);
  return signal.value === undefined
    ? new Float64Array(signal.index.length).fill(1)
    : Float64Array.from(signal.value);
}

/** Cosine of two count vectors; 1 where both are silent. */
export function cosine(a: Float64Array, b: Float64Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += (a[i] ?? 0) * (b[i] ?? 0);
    aa += (a[i] ?? 0) ** 2;
    bb += (b[i] ?? 0) ** 2;
  }
  if (aa === 0 && bb === 0) return 1;
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

/** Real inputs on their integer grid, so that the float network sees what the integer one will. */
export function snapInput(input: SpikeInput, forms: ReadonlyMap<string, QuantizedInput>): SpikeInput {
  if (forms.size === 0) return input;
  return new Map(
    [...input].map(([name, signal]) => {
      const form = forms.get(name);
      if (form === undefined || form.scale === 1 || !("data" in signal)) return [name, signal] as const;
      return [name, snapTensor(signal, form)] as const;
    }),
  );
}

function snapTensor(signal: Tensor, form: QuantizedInput): Tensor {
  const data = Float32Array.from(toFloat64(signal), (x) => quantizeInput(x, form) * form.scale);
  return { dtype: "float32", shape: signal.shape, data };
}

/**
 * The integer of one input value: clamp(rne(x / scale)).
 *
 * @example quantizeInput(0.5, { bits: 8, signed: false, scale: 1 / 255 }) // 128
 */
export function quantizeInput(x: number, form: QuantizedInput): number {
  const max = 2 ** (form.signed ? form.bits - 1 : form.bits) - 1;
  const min = form.signed ? -max - 1 : 0;
  return Math.max(min, Math.min(max, roundHalfEven(x / form.scale)));
}
