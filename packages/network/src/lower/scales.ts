/** Scales of the projections into one population: equal, or apart by one power of two. */
import type { Diagnostic } from "@nirkit/graph";
import { splitFloat } from "@nirkit/integer";
import { networkDiagnostic } from "../diagnostics.ts";

/** What one projection counts in: real input per integer, one entry or one per neuron. */
export interface ProjectionScale {
  /** Path of the weight node, or of the source for an identity. */
  readonly path: string;
  readonly scale: Float64Array;
}

/** Left shift of every projection, and the scale they share: the finest. */
export interface CommonScale {
  readonly shifts: readonly number[];
  readonly scale: Float64Array;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Brings projections to one scale per neuron.
 *
 * @throws nothing; E_SCALE_MISMATCH names both scales where a ratio is no power of two, or differs between neurons
 * @example scales 0.5 and 0.125: shifts 2 and 0, common scale 0.125
 */
export function commonScale(projections: readonly ProjectionScale[], size: number): CommonScale {
  const spread = projections.map(({ scale }) => spreadOver(scale, size));
  const finest = spread.reduce(
    (a, b) => ((b[0] ?? 0) < (a[0] ?? 0) ? b : a),
    spread[0] ?? Float64Array.of(1),
  );
  const reference = spread.indexOf(finest);
  const diagnostics: Diagnostic[] = [];
  const shifts = spread.map((scale, k) => {
    const shift = exponentOf((scale[0] ?? 1) / (finest[0] ?? 1));
    const odd = scale.findIndex((s, i) => s !== (finest[i] ?? 1) * 2 ** (shift ?? 0));
    if (shift !== undefined && odd < 0) return shift;
    const at = Math.max(0, odd);
    const other = projections[reference]?.path ?? "";
    const detail = { neuron: at, scale: scale[at] ?? 0, otherScale: finest[at] ?? 0, other };
    diagnostics.push(networkDiagnostic("E_SCALE_MISMATCH", projections[k]?.path ?? "", detail));
    return 0;
  });
  return { shifts, scale: finest, diagnostics };
}

/** One entry per neuron; channels are runs of equal length over the row-major population. */
export function spreadOver(scale: Float64Array, size: number): Float64Array {
  if (scale.length === size) return scale;
  return Float64Array.from({ length: size }, (_, i) => scale[Math.floor((i * scale.length) / size)] ?? 1);
}

function exponentOf(ratio: number): number | undefined {
  if (!(ratio >= 1) || !Number.isFinite(ratio)) return undefined;
  const { mantissa, exponent } = splitFloat(ratio);
  return mantissa === 1 && exponent <= 31 ? exponent : undefined;
}
