/** Edits of nodes inside nested graphs, by path (`block/lif`). */
import type { NirGraph, NirNode } from "@nirkit/graph";

/** New nodes by path; undefined takes the node out and joins its neighbours. */
export type NestedEdits = ReadonlyMap<string, NirNode | undefined>;

/**
 * Applies edits at every depth; untouched nodes are shared.
 *
 * @example editNested(graph, new Map([["block/lif", lif]]))
 */
export function editNested(graph: NirGraph, edits: NestedEdits): NirGraph {
  const here = new Map<string, NirNode | undefined>();
  const below = new Map<string, Map<string, NirNode | undefined>>();
  for (const [path, node] of edits) {
    const cut = path.indexOf("/");
    if (cut < 0) {
      here.set(path, node);
      continue;
    }
    const head = path.slice(0, cut);
    const inner = below.get(head) ?? new Map<string, NirNode | undefined>();
    below.set(head, inner.set(path.slice(cut + 1), node));
  }
  let result = graph;
  for (const [name, inner] of below) {
    const node = graph.node(name);
    if (node.type === "NIRGraph")
      result = result.with({ setNodes: [[name, { ...node, graph: editNested(node.graph, inner) }]] });
  }
  for (const [name, node] of here)
    result = node === undefined ? takeOut(result, name) : result.with({ setNodes: [[name, node]] });
  return result;
}

function takeOut(graph: NirGraph, name: string): NirGraph {
  const addEdges: [string, string][] = [];
  for (const from of graph.predecessors(name))
    for (const to of graph.successors(name)) addEdges.push([from, to]);
  return graph.with({ removeNodes: [name], addEdges });
}
