/** Opt-in repairs of what exporters are known to get wrong. */
import { type Diagnostic, type NirGraph, NirkitError } from "@nirkit/graph";
import { hdf5Diagnostic } from "./diagnostics.ts";

export type RepairName = "transpose-weight";

export function repairGraph(
  graph: NirGraph,
  _repairs: readonly RepairName[],
): { readonly graph: NirGraph; readonly diagnostics: readonly Diagnostic[] } {
  return { graph, diagnostics: [] };
}
