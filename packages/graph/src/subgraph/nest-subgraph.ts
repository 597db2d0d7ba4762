/** Several nodes as one nested graph. */
import { graphDiagnostic } from "../diagnostics.ts";
import { assertNoErrors, type Diagnostic, NirkitError } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import { type Edge, NirGraph } from "../graph.ts";
import { inferTypes } from "../infer/infer-types.ts";
import type { NirNode } from "../node.ts";
import { extractSubgraph } from "./extract-subgraph.ts";

/**
 * The graph with the nodes of those names replaced by one nested graph `as`, in the place of the first of them. It
 * computes the same; `flatten` undoes it, up to names (`as/<name>`) and the order of edges.
 *
 * @throws E_UNKNOWN_NODE, E_DUPLICATE_NODE when `as` is the name of a node that stays, E_BAD_VALUE when an Input or
 * Output of the graph is among the names (as a port of the nested graph it would no longer be one of the whole), and
 * E_AMBIGUOUS_PORT when two values of one shape enter or leave: NIR edges name no ports
 */
export function nestSubgraph(
  graph: NirGraph,
  names: Iterable<string>,
  as: string,
  { extensions = [] }: { readonly extensions?: readonly ExtensionNodeType[] } = {},
): NirGraph {
  const inside = new Set(names);
  const { graph: inner, outputs } = extractSubgraph(graph, inside, { extensions });
  refusePorts(graph, inside);
  if (graph.nodes().has(as) && !inside.has(as))
    throw new NirkitError([graphDiagnostic("E_DUPLICATE_NODE", `nodes.${as}`, { name: as })]);
  const block: NirNode = {
    type: "NIRGraph",
    graph: NirGraph.from({ nodes: inner.nodes(), edges: inner.edges() }),
  };
  const nodes = new Map<string, NirNode>();
  for (const [name, node] of graph.nodes()) {
    if (!inside.has(name)) nodes.set(name, node);
    else if (!nodes.has(as)) nodes.set(as, block);
  }
  const seen = new Set<string>();
  const edges = graph.edges().flatMap(([from, to]): Edge[] => {
    if (inside.has(from) && inside.has(to)) return [];
    if (!inside.has(from) && !inside.has(to)) return [[from, to]];
    const edge: Edge = inside.has(from) ? [as, to] : [from, as];
    const key = JSON.stringify(edge);
    if (seen.has(key)) return [];
    seen.add(key);
    return [edge];
  });
  const { metadata, version } = graph;
  const nested = NirGraph.from({ nodes, edges, metadata, ...(version === undefined ? {} : { version }) });
  if (outputs.size > 1) refuseMixedPorts(graph, inside, as);
  const wrong = inferTypes(nested, { extensions }).diagnostics;
  assertNoErrors(wrong.filter((d) => d.code === "E_AMBIGUOUS_PORT"));
  return nested;
}

function refusePorts(graph: NirGraph, inside: ReadonlySet<string>): void {
  assertNoErrors(
    [...inside].flatMap((name): Diagnostic[] => {
      const { type } = graph.node(name);
      if (type !== "Input" && type !== "Output") return [];
      const expected = `names without the ${type}s of the graph`;
      return [graphDiagnostic("E_BAD_VALUE", `nodes.${name}`, { found: `the ${type} "${name}"`, expected })];
    }),
  );
}

/** Two nodes inside that feed one outside add up there; as one edge from the block they would be one value. */
function refuseMixedPorts(graph: NirGraph, inside: ReadonlySet<string>, as: string): void {
  for (const [name] of graph.nodes()) {
    if (inside.has(name)) continue;
    const sources = graph.predecessors(name).filter((source) => inside.has(source));
    if (sources.length < 2) continue;
    const detail = { source: as, target: name, ports: sources, side: "out" } as const;
    throw new NirkitError([graphDiagnostic("E_AMBIGUOUS_PORT", `nodes.${name}`, detail)]);
  }
}
