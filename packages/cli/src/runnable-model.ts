/** Networks for commands that run or quantize them: extension nodes are written with plain ones first. */
import type { NirGraph } from "@nirkit/graph";
import { lowerExtensions } from "@nirkit/graph/extensions";
import { cliDiagnostic } from "./diagnostics.ts";
import { extensions } from "./extension-types.ts";
import type { Invocation } from "./invocation.ts";
import { type OpenedModel, openModel } from "./model-file.ts";

/**
 * Opens a network and says what there is to say about it; extension nodes are lowered, exactly, and that is told.
 *
 * @param file as the user named it
 * @throws NirkitError as `openModel`, and where an extension cannot be lowered
 */
export async function openRunnable(invocation: Invocation, file: string): Promise<OpenedModel> {
  const model = await openModel(invocation.path(file));
  await invocation.note(model.diagnostics);
  const graph = withoutExtensions(model.graph);
  if (graph === model.graph) return model;
  await invocation.note([cliDiagnostic("H_EXTENSION_LOWERED", file, {})]);
  return { ...model, graph };
}

/** The graph in plain nodes; the same graph where it has no others. */
export function withoutExtensions(graph: NirGraph): NirGraph {
  return hasExtension(graph) ? lowerExtensions(graph, extensions).graph : graph;
}

function hasExtension(graph: NirGraph): boolean {
  for (const node of graph.nodes().values()) {
    if (extensions.some(({ type }) => type === node.type)) return true;
    if (node.type === "NIRGraph" && "graph" in node && hasExtension(node.graph)) return true;
  }
  return false;
}
