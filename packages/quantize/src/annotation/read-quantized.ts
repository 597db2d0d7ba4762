/** The verified view of a quantised graph. */
import { assertNoErrors, InternalError, type NirGraph } from "@nirkit/graph";
import type { QuantizedView } from "../quantized-view.ts";
import type { AnyQuantizer } from "../weight-quantizer.ts";
import { readAll } from "./check-quantized.ts";

/**
 * Reads and verifies all annotations.
 *
 * Where another tool changed a weight or dropped its integers, they are derived again from weight / scale and accepted
 * when all are within 1e-3 of an integer, with a warning.
 *
 * @throws NirkitError with everything found: E_NOT_QUANTIZED, E_ANNOTATION, E_ANNOTATION_VERSION, E_STALE_WEIGHTS,
 *   E_NOT_A_LEVEL, E_CODE_MISMATCH, E_THETA_MISMATCH, E_STATE_TOO_NARROW
 */
export function readQuantized(graph: NirGraph, schemes: readonly AnyQuantizer[] = []): QuantizedView {
  const { dt, diagnostics, ...maps } = readAll(graph, schemes);
  assertNoErrors(diagnostics);
  if (dt === undefined) throw new InternalError("a graph without dt passed its check");
  return { dt, ...maps, diagnostics };
}
