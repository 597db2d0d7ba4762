/** Rounding of real numbers to integers, by name; no code of nirkit calls `Math.round`. */

/**
 * Rounding modes by their QONNX names. `HALF_UP` and `HALF_DOWN` are away from and toward zero on ties, so they are
 * symmetric in sign; `UP` is away from zero, `DOWN` toward zero.
 */
export type RoundingMode = "HALF_EVEN" | "CEIL" | "FLOOR" | "UP" | "DOWN" | "HALF_UP" | "HALF_DOWN";

const roundings: { readonly [M in RoundingMode]: (x: number) => number } = {
  HALF_EVEN: roundHalfEven,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  UP: (x) => (x < 0 ? Math.floor(x) : Math.ceil(x)),
  DOWN: Math.trunc,
  HALF_UP: (x) => roundMagnitude(x, (fraction) => fraction >= 0.5),
  HALF_DOWN: (x) => roundMagnitude(x, (fraction) => fraction > 0.5),
};

/** All rounding modes. */
export const roundingModes: readonly RoundingMode[] = Object.keys(roundings) as RoundingMode[];

/**
 * Rounds to an integer in a named mode. Never returns −0.
 *
 * @param x finite real
 * @example round(2.5, "HALF_EVEN") // 2, while "UP" gives 3, "HALF_UP" 3, "HALF_DOWN" 2
 */
export function round(x: number, mode: RoundingMode): number {
  return roundings[mode](x) + 0;
}

/**
 * Rounds to the nearest integer, ties to the even one (IEEE 754 roundTiesToEven; NumPy, PyTorch). Never returns −0.
 *
 * @example roundHalfEven(0.5) // 0; 1.5 gives 2, -2.5 gives -2
 */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor; // exact: both are multiples of the ulp of x
  if (fraction < 0.5) return floor + 0;
  if (fraction > 0.5) return floor + 1 + 0;
  return (floor % 2 === 0 ? floor : floor + 1) + 0;
}

/**
 * Stochastic rounding: floor(x) + [u < frac(x)]. The expectation over u is x.
 *
 * @param u uniform in [0, 1); take it from `philox(seed, stream).at(index)` so that the order does not matter
 */
export function roundStochastic(x: number, u: number): number {
  const floor = Math.floor(x);
  return floor + (u < x - floor ? 1 : 0) + 0;
}

function roundMagnitude(x: number, up: (fraction: number) => boolean): number {
  const magnitude = Math.abs(x);
  const floor = Math.floor(magnitude);
  const rounded = up(magnitude - floor) ? floor + 1 : floor;
  return x < 0 ? -rounded : rounded;
}
