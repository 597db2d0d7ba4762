/** The time step that a quantized graph was made for. */
import { type NirGraph, NirkitError } from "@nirkit/graph";
import { createSimulator, parseDialect } from "@nirkit/simulate";
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

/**
 * The time step that a float network was most likely made for: the one that the simulator names where it needs one,
 * else the usual one of its dialect.
 */
export function usualStep(graph: NirGraph): number {
  const dialect = parseDialect("nir-euler");
  try {
    return createSimulator(graph, { dialect }).dt;
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    const usual = error.diagnostics.find((d) => d.code === "E_DT_MISSING")?.detail?.usual;
    return typeof usual === "number" ? usual : dialect.usualDt;
  }
}
