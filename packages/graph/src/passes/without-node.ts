/** A node taken out of a chain. */
import { type Edge, NirGraph } from "../graph.ts";

/**
 * The graph without the node, what feeds it wired to what it feeds, in the places of its incoming edges; undefined
 * where two paths would become one edge, and so count once.
 */
export function withoutNode(graph: NirGraph, name: string): NirGraph | undefined {
  const [before, after] = [graph.predecessors(name), graph.successors(name)];
  if (before.includes(name) || before.some((from) => after.some((to) => graph.successors(from).includes(to))))
    return undefined;
  const wired = new Set<string>();
  const edges = graph.edges().flatMap(([from, to]): readonly Edge[] => {
    if (from === name) return [];
    if (to !== name) return [[from, to]];
    if (wired.has(from)) return [];
    wired.add(from);
    return after.map((target): Edge => [from, target]);
  });
  const nodes = new Map(graph.nodes());
  nodes.delete(name);
  const { metadata, version } = graph;
  return NirGraph.from({ nodes, edges, metadata, ...(version === undefined ? {} : { version }) });
}
