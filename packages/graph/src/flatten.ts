/** A graph without nested graphs. */
import { NirkitError } from "./diagnostics-core.ts";
import type { ExtensionNodeType } from "./extensions/extension.ts";
import type { Edge, GraphParts, NirGraph } from "./graph.ts";
import { type InferredTypes, inferTypes } from "./infer/infer-types.ts";
import type { NirNode } from "./node.ts";
import { full } from "./tensor.ts";

/**
 * The parts of the graph with nested graphs opened: names joined with "/", inner Inputs and Outputs contracted so that
 * what feeds them feeds what they feed. Where contraction would make two paths one edge (and so count a sum once
 * instead of twice), the port stays as a Scale of ones.
 *
 * @returns undefined when nothing is nested
 * @throws E_AMBIGUOUS_PORT when an edge does not tell its port; E_UNTYPED when a port that stays has no shape
 */
export function flattenParts(
  graph: NirGraph,
  extensions: readonly ExtensionNodeType[] = [],
): GraphParts | undefined {
  if (![...graph.nodes().values()].some((node) => node.type === "NIRGraph")) return undefined;
  const types = inferTypes(graph, { extensions });
  const unclear = types.diagnostics.filter((d) => d.code === "E_AMBIGUOUS_PORT");
  if (unclear.length > 0) throw new NirkitError(unclear);
  const wiring = wire(types);
  const nodes = new Map<string, NirNode>();
  for (const [path, node] of leavesInOrder(graph, "")) nodes.set(path, node);
  for (const leaf of types.leaves) {
    if (leaf.names.length === 1 || !isPort(leaf.node)) continue;
    if (contract(wiring, leaf.path)) nodes.delete(leaf.path);
    else nodes.set(leaf.path, passThrough(types, leaf.path));
  }
  const edges: Edge[] = [];
  for (const [from, targets] of wiring.successors) for (const to of targets) edges.push([from, to]);
  const { metadata, version } = graph;
  return { nodes, edges, metadata, ...(version === undefined ? {} : { version }) };
}

interface Wiring {
  readonly successors: Map<string, Set<string>>;
  readonly predecessors: Map<string, Set<string>>;
}

function isPort(node: NirNode): boolean {
  return node.type === "Input" || node.type === "Output";
}

function* leavesInOrder(graph: NirGraph, prefix: string): Generator<readonly [string, NirNode]> {
  for (const [name, node] of graph.nodes())
    if (node.type === "NIRGraph" && "graph" in node) yield* leavesInOrder(node.graph, `${prefix}${name}/`);
    else yield [prefix + name, node];
}

function wire({ leaves, edges }: InferredTypes): Wiring {
  const wiring: Wiring = { successors: new Map(), predecessors: new Map() };
  for (const { path } of leaves) {
    wiring.successors.set(path, new Set());
    wiring.predecessors.set(path, new Set());
  }
  for (const { from, to } of edges) link(wiring, leaves[from]?.path ?? "", leaves[to]?.path ?? "");
  return wiring;
}

function link({ successors, predecessors }: Wiring, from: string, to: string): void {
  successors.get(from)?.add(to);
  predecessors.get(to)?.add(from);
}

/** Joins what comes in to what goes out; false, and nothing changed, when that would lose a summand. */
function contract(wiring: Wiring, port: string): boolean {
  const before = wiring.predecessors.get(port) ?? new Set();
  const after = wiring.successors.get(port) ?? new Set();
  if (before.has(port)) return false;
  for (const from of before) for (const to of after) if (wiring.successors.get(from)?.has(to)) return false;
  for (const from of before) wiring.successors.get(from)?.delete(port);
  for (const to of after) wiring.predecessors.get(to)?.delete(port);
  for (const from of before) for (const to of after) link(wiring, from, to);
  wiring.successors.delete(port);
  wiring.predecessors.delete(port);
  return true;
}

function passThrough(types: InferredTypes, path: string): NirNode {
  const shape = types.inputShape(path);
  if (shape === undefined) throw new NirkitError(types.diagnostics);
  return { type: "Scale", scale: full("float32", shape, 1) };
}
