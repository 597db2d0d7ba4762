/** Pass `remove-dead-nodes`: drops what has no effect on any Output. */
import * as z from "zod/mini";
import type { NirGraph } from "../graph.ts";
import type { NirNode } from "../node.ts";
import { definePass, type Pass } from "./pass.ts";

/**
 * The graph without nodes from which no Output can be reached, at every depth. Inputs and Outputs stay: they are the
 * interface. A graph without Output stays as it is.
 */
export function removeDeadNodes(graph: NirGraph): { graph: NirGraph; removed: readonly string[] } {
  const queue = [...graph.nodes()].flatMap(([name, node]) => (node.type === "Output" ? [name] : []));
  if (queue.length === 0) return { graph, removed: [] };
  const live = new Set(queue);
  for (const name of queue)
    for (const before of graph.predecessors(name)) {
      if (live.has(before)) continue;
      live.add(before);
      queue.push(before);
    }
  const dead = [...graph.nodes()].flatMap(([name, node]) =>
    live.has(name) || node.type === "Input" ? [] : [name],
  );
  const removed = [...dead];
  const changed: (readonly [string, NirNode])[] = [];
  for (const [name, node] of graph.nodes()) {
    if (node.type !== "NIRGraph" || !("graph" in node) || !live.has(name)) continue;
    const inner = removeDeadNodes(node.graph);
    if (inner.graph === node.graph) continue;
    removed.push(...inner.removed.map((path) => `${name}/${path}`));
    changed.push([name, { ...node, graph: inner.graph }]);
  }
  if (removed.length === 0) return { graph, removed };
  return { graph: graph.with({ removeNodes: dead, setNodes: changed }), removed };
}

/** {@link removeDeadNodes} as a pass; the report lists the removed paths. */
export const removeDeadNodesPass: Pass<Record<string, never>> = definePass({
  name: "remove-dead-nodes",
  summary: "Drop nodes that have no effect on any Output",
  options: z.strictObject({}),
  example: { before: "in -> fc -> out, fc -> probe", after: "in -> fc -> out" },
  run: (graph) => {
    const { graph: kept, removed } = removeDeadNodes(graph);
    return { graph: kept, diagnostics: [], report: { removed } };
  },
});
