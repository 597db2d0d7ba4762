/** Delays in whole steps. */
import { roundHalfEven } from "@nirkit/integer";
import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import { placeOf } from "../place.ts";
import { type Shape, type Tensor, toFloat64 } from "../tensor.ts";
import { unravel } from "../unravel.ts";

/** Longest delay in steps: what an Int32Array holds. */
const maxSteps = 2 ** 31 - 1;

/** Steps of one Delay node per element of its shape, and what is to be said about them. */
export interface DelaySteps {
  readonly steps: Int32Array;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * k = round_half_even(delay / dt) per element; one value stands for the whole shape.
 *
 * Codes: E_BAD_VALUE for a negative, non-finite or too long delay, W_DELAY_ROUNDED when delay / dt is more than 0.01
 * from k (the first such element).
 *
 * @example delay 0.0031 at dt 1e-3 is 3 steps, with W_DELAY_ROUNDED
 */
export function delaySteps(name: string, delay: Tensor, shape: Shape, dt: number): DelaySteps {
  const values = toFloat64(delay);
  const size = shape.reduce((a, n) => a * n, 1);
  const steps = new Int32Array(size);
  const diagnostics: Diagnostic[] = [];
  const place = placeOf("memory");
  for (const [i, value] of values.entries()) {
    const exact = value / dt;
    const k = roundHalfEven(exact);
    const index = unravel(i, delay.shape);
    const at = place.param([name], "delay", index);
    if (!(k >= 0 && k <= maxSteps)) {
      const expected = `0 to ${maxSteps} steps of ${dt}`;
      return {
        steps,
        diagnostics: [graphDiagnostic("E_BAD_VALUE", at, { found: `delay ${value}`, expected })],
      };
    }
    if (Math.abs(exact - k) > 0.01 && diagnostics.length === 0)
      diagnostics.push(graphDiagnostic("W_DELAY_ROUNDED", at, { delay: value, dt, steps: k, index }));
    if (values.length === 1) steps.fill(k);
    else steps[i] = k;
  }
  return { steps, diagnostics };
}
