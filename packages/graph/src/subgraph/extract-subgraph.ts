/** A part of a graph as a graph of its own. */
import { graphDiagnostic } from "../diagnostics.ts";
import { assertNoErrors, type Diagnostic, NirkitError } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import { type Edge, NirGraph } from "../graph.ts";
import { freeName } from "../infer/free-name.ts";
import { type InferredTypes, inferTypes } from "../infer/infer-types.ts";
import type { NirNode } from "../node.ts";
import type { Shape } from "../tensor.ts";

/** A part of a graph, and what its ports stand for in the whole. */
export interface Extraction {
  readonly graph: NirGraph;
  /** Node outside that feeds each added Input. */
  readonly inputs: ReadonlyMap<string, string>;
  /** Node inside that each added Output reads. */
  readonly outputs: ReadonlyMap<string, string>;
}

/**
 * The nodes of those names with the edges between them. Each value that came in over a cut edge gets an Input of its
 * shape, `input_<source>`, and each that went out an Output, `output_<source>` (`_0`, `_1`, … where the name is
 * taken): one port per value, however many edges carried it. Copies of edges inside stay, metadata and version too.
 *
 * @param names nodes of this graph, not of nested ones; nested graphs go whole
 * @throws E_UNKNOWN_NODE; the errors of inference when the shape of a cut edge is not known
 */
export function extractSubgraph(
  graph: NirGraph,
  names: Iterable<string>,
  { extensions = [] }: { readonly extensions?: readonly ExtensionNodeType[] } = {},
): Extraction {
  const inside = known(graph, names);
  const values = cutValues(graph, inside, inferTypes(graph, { extensions }));
  const taken = new Set(inside);
  const nodes = new Map<string, NirNode>();
  const edges: Edge[] = graph.edges().filter(([from, to]) => inside.has(from) && inside.has(to));
  const [inputs, outputs] = [new Map<string, string>(), new Map<string, string>()];
  const tail: [string, NirNode][] = [];
  for (const { source, shape, targets } of values) {
    const entering = !inside.has(source);
    const port = freeName(`${entering ? "input" : "output"}_${source}`, taken);
    if (entering) nodes.set(port, { type: "Input", shape });
    else tail.push([port, { type: "Output", shape }]);
    (entering ? inputs : outputs).set(port, source);
    if (entering) edges.push(...targets.map((to): Edge => [port, to]));
    else edges.push([source, port]);
  }
  for (const [name, node] of graph.nodes()) if (inside.has(name)) nodes.set(name, node);
  for (const [port, node] of tail) nodes.set(port, node);
  const { metadata, version } = graph;
  return {
    graph: NirGraph.from({ nodes, edges, metadata, ...(version === undefined ? {} : { version }) }),
    inputs,
    outputs,
  };
}

/** The names as a set. @throws E_UNKNOWN_NODE, one for each name that is none */
function known(graph: NirGraph, names: Iterable<string>): Set<string> {
  const set = new Set(names);
  const all = [...graph.nodes().keys()];
  assertNoErrors(
    [...set].flatMap((name): Diagnostic[] =>
      graph.nodes().has(name)
        ? []
        : [graphDiagnostic("E_UNKNOWN_NODE", `nodes.${name}`, { name, known: all })],
    ),
  );
  return set;
}

interface CutValue {
  readonly source: string;
  readonly shape: Shape;
  readonly targets: readonly string[];
}

/** Values on cut edges, in edge order: one per node, and per port where a nested graph gives several. */
function cutValues(graph: NirGraph, inside: ReadonlySet<string>, types: InferredTypes): CutValue[] {
  const ports = new Map<string, number>();
  for (const { from, open } of types.edges)
    if (open.graph.length === 0) ports.set(JSON.stringify([open.source, open.target]), from);
  const values = new Map<string, { source: string; shape: Shape; targets: string[] }>();
  for (const edge of graph.edges()) {
    const [source, target] = edge;
    if (inside.has(source) === inside.has(target)) continue;
    const leaf = types.leaves[ports.get(JSON.stringify(edge)) ?? -1];
    const shape = leaf === undefined ? undefined : types.outputShape(leaf.path);
    if (leaf === undefined || shape === undefined) {
      assertNoErrors(types.diagnostics);
      throw new NirkitError([graphDiagnostic("E_UNTYPED", `nodes.${source}`, { nodes: [source] })]);
    }
    const value = values.get(leaf.path) ?? { source, shape, targets: [] };
    if (!value.targets.includes(target)) value.targets.push(target);
    values.set(leaf.path, value);
  }
  return [...values.values()];
}
