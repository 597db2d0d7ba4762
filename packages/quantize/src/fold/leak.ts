/** Decays as integers: (U·mul) >> shift, or U − (U >> shift). */
import { NirkitError } from "@nirkit/graph";
import { type LeakRounding, roundHalfEven, splitFloat } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { IntegerLeak } from "../integer-neuron.ts";

/** How decays may be expressed. */
export interface LeakForm {
  readonly form: "mul" | "shift";
  /** K of the mul form to start with; raised while a time constant would change by 1 % or more. */
  readonly bits: number;
  readonly round: LeakRounding;
  /** Most |Δbeta| / (1 − beta), the relative change of a time constant; 0.01 when absent. */
  readonly tolerance?: number;
}

/** K beyond which a multiplier is no longer sensible hardware. */
const mostLeakBits = 24;
const usualTolerance = 0.01;

/**
 * The integer leak of a population.
 *
 * mul = rne(beta·2^K); a change d of beta changes the time constant by d/(1 − beta), which must stay under 1 %
 * (or the stated tolerance).
 *
 * @param beta decay per neuron, 0 … 1; all 1 gives form none
 * @param path of the node, for diagnostics
 * @throws E_TAU_NOT_REPRESENTABLE naming the first neuron
 * @example integerLeak(Float64Array.of(7 / 8), { form: "mul", bits: 12, round: "zero" }, "nodes.lif") // mul 3584, shift 12
 */
export function integerLeak(beta: Float64Array, wanted: LeakForm, path: string): IntegerLeak {
  if (beta.every((b) => b === 1)) return { form: "none" };
  const { tolerance = usualTolerance } = wanted;
  if (wanted.form === "shift") return shiftLeak(beta, tolerance, path);
  for (let shift = wanted.bits; shift <= mostLeakBits; shift++) {
    const mul = beta.map((b) => roundHalfEven(b * 2 ** shift));
    if (firstMiss(beta, mul, shift, tolerance) < 0)
      return { form: "mul", mul: compact(mul), shift, round: wanted.round };
  }
  const limit = Math.max(wanted.bits, mostLeakBits);
  const index = Math.max(
    0,
    firstMiss(
      beta,
      beta.map((b) => roundHalfEven(b * 2 ** limit)),
      limit,
      tolerance,
    ),
  );
  throw notRepresentable(beta, index, { form: "mul", limit, tolerance, path });
}

/** The decay that a leak applies to neuron i, exactly. */
export function leakDecay(leak: IntegerLeak, i: number): number {
  if (leak.form === "none") return 1;
  if (leak.form === "shift") return 1 - 2 ** -leak.shift;
  const mul = typeof leak.mul === "number" ? leak.mul : (leak.mul[i] ?? 0);
  return mul / 2 ** leak.shift;
}

/** k = round(log2(tau/dt)) of the first neuron, as vendors of shift leaks take it; it has to do for all. */
function shiftLeak(beta: Float64Array, tolerance: number, path: string): IntegerLeak {
  const { mantissa, exponent } = splitFloat(1 / (1 - Math.min(beta[0] ?? 0, 1 - 2 ** -52)));
  const best = Math.min(mostLeakBits, exponent + (mantissa * mantissa >= 2 ? 1 : 0));
  const decay = 1 - 2 ** -best;
  const index = beta.findIndex((b) => !(Math.abs(decay - b) < tolerance * (1 - b)));
  if (index >= 0) throw notRepresentable(beta, index, { form: "shift", limit: best, tolerance, path });
  return { form: "shift", shift: best };
}

function firstMiss(beta: Float64Array, mul: Float64Array, shift: number, tolerance: number): number {
  return beta.findIndex((b, i) => b < 1 && !(Math.abs(b - (mul[i] ?? 0) / 2 ** shift) < tolerance * (1 - b)));
}

function compact(mul: Float64Array): number | readonly number[] {
  const first = mul[0] ?? 0;
  return mul.every((m) => m === first) ? first : [...mul];
}

function notRepresentable(
  beta: Float64Array,
  index: number,
  found: {
    readonly form: string;
    readonly limit: number;
    readonly tolerance: number;
    readonly path: string;
  },
): NirkitError {
  const { path, ...detail } = found;
  return new NirkitError([
    quantizeDiagnostic("E_TAU_NOT_REPRESENTABLE", path, { index, beta: beta[index] ?? 0, ...detail }),
  ]);
}
