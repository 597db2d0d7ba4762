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
    const head = ownerOf(graph, path);
    if (head === undefined) {
      here.set(path, node);
      continue;
    }
    const inner = below.get(head) ?? new Map<string, NirNode | undefined>();
    below.set(head, inner.set(path.slice(head.length + 1), node));
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

/** The nested graph that a path leads into; undefined for a node of this graph, whose own name may hold slashes. */
function ownerOf(graph: NirGraph, path: string): string | undefined {
  const nodes = graph.nodes();
  if (nodes.has(path)) return undefined;
  for (let cut = path.indexOf("/"); cut >= 0; cut = path.indexOf("/", cut + 1)) {
    const node = nodes.get(path.slice(0, cut));
    if (node?.type !== "NIRGraph") continue;
    const rest = path.slice(cut + 1);
    if (node.graph.nodes().has(rest) || ownerOf(node.graph, rest) !== undefined) return path.slice(0, cut);
  }
  return undefined;
}

function takeOut(graph: NirGraph, name: string): NirGraph {
  const addEdges: [string, string][] = [];
  for (const from of graph.predecessors(name))
    for (const to of graph.successors(name)) addEdges.push([from, to]);
  return graph.with({ removeNodes: [name], addEdges });
}
