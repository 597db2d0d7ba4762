/** Checks a state that comes from outside against what the network holds. */
import { type Diagnostic, NirkitError, sameShape } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { SimulatorState } from "./engine.ts";
import { isMap } from "./input-feed.ts";

/**
 * @param expected a state of this network
 * @throws E_STATE for what is no Map, and for every entry that is missing, unknown, of another shape or type, or not finite
 */
export function assertState(expected: SimulatorState, given: SimulatorState): void {
  if (!isMap(given))
    throw new NirkitError([simulateDiagnostic("E_STATE", "initialState", { why: "is no Map" })]);
  const found: Diagnostic[] = [];
  const add = (key: string, why: string): void => {
    found.push(simulateDiagnostic("E_STATE", `initialState.${key}`, { why }));
  };
  for (const [key, { shape, dtype }] of expected) {
    const value = given.get(key);
    // The history of a Delay has as many rows as steps went by.
    const skipped = key.endsWith("/history") ? 1 : 0;
    if (value === undefined) add(key, "is missing");
    else if (!sameShape(value.shape.slice(skipped), shape.slice(skipped)))
      add(key, `has shape [${value.shape}], [${shape}] is needed`);
    else if (value.dtype !== dtype) add(key, `is ${value.dtype}, ${dtype} is needed`);
    else if (Array.from(value.data, Number).some((v) => !Number.isFinite(v))) add(key, "is not finite");
  }
  for (const key of given.keys()) if (!expected.has(key)) add(key, "belongs to no node of this network");
  if (found.length > 0) throw new NirkitError(found);
}
