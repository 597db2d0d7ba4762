/** Codes of `@nirkit/graph`. */
import { defineDiagnostics, type DiagnosticFactory } from "./diagnostics-core.ts";

const table = {
  E_UNKNOWN_NODE: (d: { name: string; known: readonly string[] }) => ({
    message: `There is no node "${d.name}"`,
    hint: `The graph has ${d.known.slice(0, 10).join(", ")}`,
  }),
} as const;

export const graphDiagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);
