/** The time step that a quantized graph was made for. */
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { cliDiagnostic } from "./diagnostics.ts";

/**
 * Refuses `--dt` for a graph whose integers were folded with another one.
 *
 * @param asked `--dt`; nothing is checked without it
 * @throws NirkitError `E_DT_CONFLICT`
 */
export function assertStep(graph: NirGraph, asked: number | undefined): void {
  const quantized = annotatedStep(graph);
  if (asked !== undefined && quantized !== undefined && asked !== quantized)
    throw new NirkitError([cliDiagnostic("E_DT_CONFLICT", "--dt", { asked, quantized })]);
}

/** `dt` of the graph's `nirkit:graph` annotation, or undefined where there is none that can be read. */
function annotatedStep(graph: NirGraph): number | undefined {
  const text = graph.metadata.get("nirkit:graph");
  if (typeof text !== "string") return undefined;
  try {
    const { dt } = JSON.parse(text) as { readonly dt?: unknown };
    return typeof dt === "number" ? dt : undefined;
  } catch {
    // A damaged annotation is reported by what reads the integers.
    return undefined;
  }
}
