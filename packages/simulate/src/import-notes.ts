/** What the framework of a dialect would say to a graph, as notes on a run that goes on. */
import type { Diagnostic, NirGraph } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import type { Dialect } from "./dialect.ts";
import { frameworkSupport } from "./framework-support.ts";

/** Frameworks by the name of their dialect, where it is another. */
const targets: Readonly<Record<string, string>> = {
  "snntorch-2026": "snntorch",
  spinnaker2: "py-spinnaker2",
  "spinnaker2-float": "py-spinnaker2",
};

/**
 * W_FRAMEWORK_REFUSES where the framework cannot import a node that is run here all the same, H_FRAMEWORK_CHANGES
 * where it runs it as something else, as the dialect does; one of a kind, at the first node.
 */
export function importNotes(graph: NirGraph, dialect: Dialect): readonly Diagnostic[] {
  const name = dialect.name.split(/[@+]/)[0] ?? "";
  const support = frameworkSupport(graph).find(({ target }) => target === (targets[name] ?? name));
  const notes = new Map<string, Diagnostic>();
  for (const { code, path, message } of support?.reasons ?? []) {
    if (notes.has(message) || code === "W_IMPORT_UNKNOWN") continue;
    const refuses = code === "E_NOT_IMPORTED" || code === "E_IMPORT_CONDITION";
    const note = refuses ? "W_FRAMEWORK_REFUSES" : "H_FRAMEWORK_CHANGES";
    notes.set(message, simulateDiagnostic(note, path, { reason: message }));
  }
  return [...notes.values()];
}
