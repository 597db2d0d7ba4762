/** Pass `dedupe-edges`: drops copies of an edge, which count once wherever a graph is executed. */
import * as z from "zod/mini";
import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import { type Edge, NirGraph } from "../graph.ts";
import { placeOf } from "../place.ts";
import { definePass, type Pass } from "./pass.ts";

/** The graph (not its nested graphs) with each edge once, at its first place, and a W_DUPLICATE_EDGE per dropped copy. */
export function dedupeEdges(graph: NirGraph): { graph: NirGraph; diagnostics: Diagnostic[] } {
  const first = new Map<string, number>();
  const edges: Edge[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, edge] of graph.edges().entries()) {
    const key = JSON.stringify(edge);
    const seen = first.get(key);
    if (seen === undefined) {
      first.set(key, index);
      edges.push(edge);
      continue;
    }
    const detail = { source: edge[0], target: edge[1], first: seen };
    diagnostics.push(graphDiagnostic("W_DUPLICATE_EDGE", placeOf("memory").edge([], index), detail));
  }
  if (diagnostics.length === 0) return { graph, diagnostics };
  const { metadata, version } = graph;
  const parts = { nodes: graph.nodes(), edges, metadata, ...(version === undefined ? {} : { version }) };
  return { graph: NirGraph.from(parts), diagnostics };
}

/** Drops copies of edges. */
export const dedupeEdgesPass: Pass<Record<string, never>> = definePass({
  name: "dedupe-edges",
  summary: "Drop copies of edges, which count once anyway",
  options: z.strictObject({}),
  example: { before: "in -> fc, in -> fc, fc -> out", after: "in -> fc, fc -> out" },
  run: (graph) => dedupeEdges(graph),
});
