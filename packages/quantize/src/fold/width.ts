/**
 * Static bounds of integer neurons, and the state width that follows.
 *
 * A leaky state stays within ceil(A/(1 − beta)) for a per-step input within A, whatever the leak rounding; a state
 * without leak has no bound on the side that no reset guards.
 */
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import { signedWidth } from "@nirkit/integer";
import { quantizeDiagnostic } from "../diagnostics.ts";
import type { IntegerLeak } from "../integer-neuron.ts";
import type { MembraneGrid } from "../membrane.ts";
import { leakDecay } from "./leak.ts";
import type { FoldedThreshold } from "./threshold.ts";

/** Per-step input of a population, one entry per neuron, finest LSB, bias included. */
export interface InputRange {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** What to choose the width from. */
export interface WidthRequest {
  readonly kind: "lif" | "cuba" | "threshold";
  readonly spiking: boolean;
  readonly reset: "value" | "subtract" | "none";
  readonly input: InputRange;
  readonly leak: IntegerLeak;
  readonly synLeak: IntegerLeak;
  readonly threshold: FoldedThreshold;
  readonly overflow: "sat" | "wrap";
  readonly stateBits?: number;
  /** What may be stored, where that is chosen and not everything of `stateBits`. */
  readonly grid?: MembraneGrid;
  /** Length of a sample; bounds states without leak. */
  readonly steps?: number;
  readonly path: string;
}

/** The chosen width. */
export interface StateWidth {
  readonly stateBits: number;
  readonly vMin: number;
  readonly vMax: number;
  /** Bits that never saturate; undefined where nothing bounds the state. */
  readonly neededBits: number | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** States are int32 in every trace. */
const mostStateBits = 32;
/** Width of a state that nothing bounds, unless its inputs need more. */
const unboundedBits = 16;

/**
 * Chooses or checks the width of the state.
 *
 * @throws E_STATE_TOO_NARROW (cannot hold the threshold or a reset value), E_STATE_OVERFLOW (overflow wrap not proven impossible)
 */
export function stateWidth(request: WidthRequest): StateWidth {
  const { low, high, theta } = stateRange(request);
  const bounded = Number.isFinite(low) && Number.isFinite(high);
  const neededBits = bounded ? widthOf(low, high) : undefined;
  const stateBits = request.stateBits ?? chooseBits(request, low, high, theta);
  const { path, grid } = request;
  const vMax = grid?.vMax ?? 2 ** (stateBits - 1) - 1;
  const vMin = grid?.vMin ?? -(2 ** (stateBits - 1));
  // A potential is compared before it is stored: an explicit grid may end below the threshold.
  if (request.spiking && theta > vMax && grid?.stateLevels === undefined)
    throw new NirkitError([
      quantizeDiagnostic("E_STATE_TOO_NARROW", path, {
        stateBits,
        needed: widthOf(0, theta),
        why: `the threshold ${theta}`,
      }),
    ]);
  const reset = widestReset(request);
  if (reset < vMin || reset > vMax)
    throw new NirkitError([
      quantizeDiagnostic("E_STATE_TOO_NARROW", path, {
        stateBits,
        needed: widthOf(Math.min(reset, 0), Math.max(reset, 0)),
        why: `the reset value ${reset}`,
      }),
    ]);
  const fits = neededBits !== undefined && neededBits <= stateBits && low >= vMin && high <= vMax;
  if (request.overflow === "wrap" && grid?.stateLevels !== undefined)
    throw new NirkitError([
      quantizeDiagnostic("E_MEMBRANE_GRID", path, { why: "cannot wrap around: it has gaps" }),
    ]);
  if (request.overflow === "wrap" && !(fits && provenBounded(request)))
    throw new NirkitError([quantizeDiagnostic("E_STATE_OVERFLOW", path, { stateBits, needed: neededBits })]);
  const diagnostics: Diagnostic[] = [];
  if (neededBits !== undefined && !fits)
    diagnostics.push(quantizeDiagnostic("W_SATURATES", path, { stateBits, needed: neededBits }));
  if (neededBits === undefined)
    diagnostics.push(quantizeDiagnostic("H_UNBOUNDED_STATE", path, { stateBits }));
  return { stateBits, vMin, vMax, neededBits, diagnostics };
}

function chooseBits(request: WidthRequest, low: number, high: number, theta: number): number {
  if (Number.isFinite(low) && Number.isFinite(high)) return Math.min(widthOf(low, high), mostStateBits);
  const { input } = request;
  const guarded = Math.max(theta, 0, Math.abs(widestReset(request)));
  const reach = guarded + Math.max(-least(input.low), greatest(input.high), 0);
  return Math.min(Math.max(unboundedBits, widthOf(-reach, reach)), mostStateBits);
}

/** The reset value farthest from 0; 0 where no spike resets to a value. */
function widestReset(request: WidthRequest): number {
  if (!request.spiking || request.reset !== "value" || request.kind === "threshold") return 0;
  return request.threshold.vReset.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
}

/** `steps` is a promise about samples, not about a stream: it does not prove that wrapping is impossible. */
function provenBounded(request: WidthRequest): boolean {
  const range = stateRange({ ...request, steps: 0 });
  return Number.isFinite(range.low) && Number.isFinite(range.high);
}

/** Range of every stored state of the population, and the largest threshold. */
function stateRange(request: WidthRequest): {
  readonly low: number;
  readonly high: number;
  readonly theta: number;
} {
  let low = 0;
  let high = 0;
  let largest = 0;
  for (let i = 0; i < request.input.low.length; i++) {
    let inLow = Math.min(0, request.input.low[i] ?? 0);
    let inHigh = Math.max(0, request.input.high[i] ?? 0);
    if (request.kind === "cuba") {
      [inLow, inHigh] = leaky(inLow, inHigh, leakDecay(request.synLeak, i), request.steps);
      // Both states share one width.
      low = Math.min(low, inLow);
      high = Math.max(high, inHigh);
    }
    const theta = request.threshold.theta[i] ?? 0;
    largest = Math.max(largest, theta);
    const [uLow, uHigh] = membrane(request, i, inLow, inHigh, theta);
    low = Math.min(low, uLow);
    high = Math.max(high, uHigh, request.spiking ? theta : 0);
  }
  return { low, high, theta: largest };
}

function membrane(
  request: WidthRequest,
  i: number,
  inLow: number,
  inHigh: number,
  theta: number,
): [number, number] {
  if (request.kind === "threshold") return [inLow, inHigh];
  const decay = leakDecay(request.leak, i);
  const [xLow, xHigh] = leaky(inLow, inHigh, decay, request.steps);
  if (!request.spiking || request.reset === "none") return [xLow, xHigh];
  // A state that did not fire is at most theta; it was x before.
  const silent = Math.min(xHigh, theta);
  if (request.reset === "value") {
    const reset = request.threshold.vReset[i] ?? 0;
    // Without leak the fall goes on from the reset value; a leak pulls a lower one back up.
    const fall = decay < 1 ? Math.min(xLow, reset) : xLow + Math.min(reset, 0);
    return [fall, Math.max(silent, reset)];
  }
  const sub = request.threshold.sub[i] ?? 0;
  if (inHigh <= sub) return [Math.min(xLow, theta - sub), Math.max(silent, theta)];
  return [Math.min(xLow, theta - sub), Math.max(silent, xHigh - sub)];
}

function leaky(low: number, high: number, decay: number, steps: number | undefined): [number, number] {
  const factor =
    decay < 1 ? 1 / (1 - decay) : steps !== undefined && steps > 0 ? steps : Number.POSITIVE_INFINITY;
  // 0 · Infinity is NaN: an input that never goes below 0 cannot pull the state down.
  return [low === 0 ? 0 : -Math.ceil(-low * factor), high === 0 ? 0 : Math.ceil(high * factor)];
}

/** Bits of a two's complement number for integers up to 2^53. */
function widthOf(low: number, high: number): number {
  return signedWidth(Math.max(low, -(2 ** 53)), Math.min(high, 2 ** 53));
}

function least(values: Float64Array): number {
  return values.reduce((a, b) => Math.min(a, b), 0);
}

function greatest(values: Float64Array): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}
