/** Checks the options that only TypeScript would hold to their values. */
import { type Diagnostic, NirkitError } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";

const values = { precision: ["f32", "f64"], engine: ["auto", "plain"] } as const;

/** @throws E_SIMULATOR_OPTION for a precision or an engine that does not exist */
export function assertSimulatorOptions(options: {
  readonly precision?: string;
  readonly engine?: string;
}): void {
  const found = (["precision", "engine"] as const).flatMap((option): Diagnostic[] => {
    const allowed: readonly string[] = values[option];
    const value = options[option];
    if (value === undefined || allowed.includes(value)) return [];
    return [simulateDiagnostic("E_SIMULATOR_OPTION", option, { option, value: String(value), allowed })];
  });
  if (found.length > 0) throw new NirkitError(found);
}
