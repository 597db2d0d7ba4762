/**
 * Thresholds in integers. Integer comparison is exact: U > Theta is U > floor(Theta), U >= Theta is U >= ceil(Theta).
 *
 * Half-LSB form (reset to value): the threshold written back into the float graph lies half a finest LSB beside the
 * integer one, so a float reader fires the same with > and >= and despite float32 noise, as U never hits the half.
 * Subtract reset needs Theta itself to be an integer: `alignScale` stretches the scale until it is.
 */
import { NirkitError } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import type { Convention } from "../convention.ts";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { Recurrence } from "./recurrence.ts";

/** What a subtract reset does with a threshold that is no integer; see {@link foldThreshold}. */
export type ThresholdMode = "aligned" | "round" | "fraction";

/** Exact: the scale was stretched for a reset to value too, and the threshold stays on its integer. */
export type FoldMode = ThresholdMode | "exact";

/** Thresholds of a population, one entry per neuron, in the finest LSB (2^-fracBits weight LSB). */
export interface FoldedThreshold {
  readonly theta: Int32Array;
  readonly sub: Int32Array;
  readonly vReset: Int32Array;
  /** What the float graph gets, v_leak included. */
  readonly vThreshold: Float64Array;
  readonly vResetValue: Float64Array;
}

/** Scale entry of a neuron: channels are runs of equal length over the row-major population. */
export function channelOf(neuron: number, neurons: number, scales: number): number {
  return scales === 1 ? 0 : Math.floor((neuron * scales) / neurons);
}

/**
 * Stretches scales until every threshold is an integer: N = floor(theta·2^F/(g·s0)), s = fround(theta·2^F/(g·N)) >= s0.
 *
 * @param scale s0, one per channel, exactly representable in float32
 * @param inputUnit real value of one unit of integer input; joins g
 * @param populations all populations that integrate in these scales
 * @returns the stretched scales; nothing new clips, weights have to be quantised again
 * @throws E_THRESHOLD_NOT_ALIGNED when two neurons of one scale differ in theta/g
 * @example theta 1, g 1, s0 0.9/7, F 0: N = 7, s = 1/7
 */
export function alignScale(
  scale: Float64Array,
  fracBits: number,
  populations: readonly { readonly path: string; readonly recurrence: Recurrence }[],
  inputUnit = 1,
): Float64Array {
  const ratios = new Map<number, number>();
  for (const { path, recurrence } of populations) {
    if (!recurrence.spiking || recurrence.kind === "threshold") continue;
    for (let i = 0; i < recurrence.size; i++) {
      const channel = channelOf(i, recurrence.size, scale.length);
      const ratio = (recurrence.theta[i] ?? 0) / ((recurrence.gain[i] ?? 1) * inputUnit);
      const first = ratios.get(channel) ?? ratio;
      // Parameters are float32 values: differences below 1e-6 are their rounding.
      if (Math.abs(ratio - first) > 1e-6 * first)
        throw new NirkitError([
          quantizeDiagnostic("E_THRESHOLD_NOT_ALIGNED", path, { first, second: ratio }),
        ]);
      ratios.set(channel, first);
    }
  }
  return scale.map((s0, channel) => {
    const ratio = ratios.get(channel);
    if (ratio === undefined) return s0;
    const steps = Math.floor((ratio * 2 ** fracBits) / s0);
    return steps < 1 ? s0 : Math.max(s0, Math.fround((ratio * 2 ** fracBits) / steps));
  });
}

/**
 * Thresholds, resets and their float images.
 *
 * @param scale per channel, as {@link alignScale} returned it where the mode is aligned
 * @param place for diagnostics: the weights that set the scale, and their bits
 * @throws E_THRESHOLD_BELOW_LSB, E_STATE_TOO_NARROW (an integer past 32 bits)
 * @example theta 1, g 1, s 0.9/7, reset value, gt, F 0: theta 7, v_threshold 7.5·0.9/7
 */
export function foldThreshold(
  recurrence: Recurrence,
  scale: Float64Array,
  fracBits: number,
  convention: Pick<Convention, "compare" | "reset">,
  mode: FoldMode,
  place: { readonly path: string; readonly weights: string; readonly bits: number },
): FoldedThreshold {
  const n = recurrence.size;
  const folded = {
    theta: new Int32Array(n),
    sub: new Int32Array(n),
    vReset: new Int32Array(n),
    vThreshold: new Float64Array(n),
    vResetValue: new Float64Array(n),
  };
  if (!recurrence.spiking) return folded;
  const subtract = convention.reset === "subtract" && recurrence.kind !== "threshold";
  const aligned = (subtract && mode === "aligned") || (mode === "exact" && recurrence.kind !== "threshold");
  for (let i = 0; i < n; i++) {
    const theta = recurrence.theta[i] ?? 0;
    const leak = recurrence.vLeak[i] ?? 0;
    const lsb = (recurrence.gain[i] ?? 1) * (scale[channelOf(i, n, scale.length)] ?? 1);
    const fine = lsb / 2 ** fracBits;
    // Aligned scales carry a float32 rounding of 6e-8: the quotient is an integer up to that.
    const real = aligned ? roundHalfEven(theta / fine) : theta / fine;
    // A stretched scale may round up past an exact one: half a millionth of an LSB is that rounding, no more.
    if (recurrence.kind !== "threshold" && convention.reset !== "none" && theta < lsb * (1 - 1e-6))
      throw belowLsb(i, theta, lsb, place);
    const integer = convention.compare === "gt" ? Math.floor(real) : Math.ceil(real);
    const reset = recurrence.vReset[i] ?? 0;
    const vReset =
      convention.reset === "value" && recurrence.kind !== "threshold" ? roundHalfEven(reset / fine) : 0;
    const sub = subtract ? roundHalfEven(real) : 0;
    assertInt32([integer, vReset, sub], place.path);
    folded.theta[i] = integer;
    folded.sub[i] = sub;
    folded.vReset[i] = vReset;
    const half = convention.compare === "gt" ? 0.5 : -0.5;
    // A reset to value leaves the half free whether or not the threshold is an integer.
    const onLevel = subtract && aligned;
    folded.vThreshold[i] = leak + (onLevel ? fine * real : subtract ? theta : fine * (integer + half));
    folded.vResetValue[i] = leak + (convention.reset === "value" ? fine * vReset : reset);
  }
  return folded;
}

function belowLsb(
  neuron: number,
  theta: number,
  lsb: number,
  place: { readonly path: string; readonly weights: string; readonly bits: number },
): NirkitError {
  // Each bit more halves the LSB (a little more than halves: 2^b − 1 levels).
  let neededBits = place.bits;
  for (let step = lsb; step > theta && neededBits < 32; step /= 2) neededBits++;
  return new NirkitError([
    quantizeDiagnostic("E_THRESHOLD_BELOW_LSB", place.path, {
      neuron,
      theta,
      lsb,
      bits: place.bits,
      neededBits,
      weights: place.weights,
    }),
  ]);
}

function assertInt32(values: readonly number[], path: string): void {
  if (values.every((x) => x >= -2147483648 && x <= 2147483647)) return;
  throw new NirkitError([
    quantizeDiagnostic("E_STATE_TOO_NARROW", path, {
      stateBits: 32,
      needed: 33,
      why: "its threshold or reset value",
    }),
  ]);
}
