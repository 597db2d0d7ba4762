/** Shapes that a file need not hold because the rest of the graph implies them. */
import { type GraphTypes, NirGraph, type NirNode } from "@nirkit/graph";

/**
 * The graph with every shape that inference knows written into its nodes: `inputShape` of convolutions,
 * `inputType` of Flatten, `shape` of Output, in nested graphs too. Shapes that are there stay as they are.
 *
 * @param types of the whole graph; nested nodes are found by their path (`block/conv`)
 */
export function completeShapes(graph: NirGraph, types: GraphTypes, prefix = ""): NirGraph {
  let changed = false;
  const nodes = [...graph.nodes()].map(([name, node]): readonly [string, NirNode] => {
    const completed = completeNode(node, types, `${prefix}${name}`);
    changed ||= completed !== node;
    return [name, completed];
  });
  return changed ? withNodes(graph, nodes) : graph;
}

function completeNode(node: NirNode, types: GraphTypes, path: string): NirNode {
  if (node.type === "NIRGraph" && "graph" in node) {
    const graph = completeShapes(node.graph, types, `${path}/`);
    return graph === node.graph ? node : { ...node, graph };
  }
  const shape = types.inputShape(path);
  if (shape === undefined) return node;
  const [, first, second] = shape;
  if (node.type === "Output" && !("shape" in node)) return { ...node, shape };
  if (node.type === "Flatten" && !("inputType" in node)) return { ...node, inputType: shape };
  if (node.type === "Conv1d" && !("inputShape" in node) && first !== undefined)
    return { ...node, inputShape: first };
  if (node.type === "Conv2d" && !("inputShape" in node) && first !== undefined && second !== undefined)
    return { ...node, inputShape: [first, second] };
  return node;
}

/** Unchecked, because a graph that was read in spite of its problems is completed as far as it goes. */
function withNodes(graph: NirGraph, nodes: Iterable<readonly [string, NirNode]>): NirGraph {
  const { metadata, version } = graph;
  const edges = graph.edges();
  return NirGraph.unchecked({ nodes, edges, metadata, ...(version === undefined ? {} : { version }) });
}
