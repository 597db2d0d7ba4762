/** What the edges say beyond shapes: copies, odd directions, nodes without input, loops without state. */

import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { NirGraph } from "../graph.ts";
import type { InferredTypes } from "../infer/infer-types.ts";
import { isNeuron } from "../node.ts";
import type { Place } from "../place.ts";
import { cycleThrough, loops } from "../schedule/components.ts";

/** W_DUPLICATE_EDGE, W_EDGE_INTO_INPUT and W_EDGE_FROM_OUTPUT of one graph; nested graphs are looked at on their own. */
export function checkEdges(graph: NirGraph, at: readonly string[], place: Place): Diagnostic[] {
  const list: Diagnostic[] = [];
  const first = new Map<string, number>();
  for (const [index, [source, target]] of graph.edges().entries()) {
    const path = place.edge(at, index);
    const key = JSON.stringify([source, target]);
    const seen = first.get(key);
    if (seen !== undefined)
      list.push(graphDiagnostic("W_DUPLICATE_EDGE", path, { source, target, first: seen }));
    else first.set(key, index);
    if (graph.nodes().get(target)?.type === "Input")
      list.push(graphDiagnostic("W_EDGE_INTO_INPUT", path, { source, target }));
    if (graph.nodes().get(source)?.type === "Output")
      list.push(graphDiagnostic("W_EDGE_FROM_OUTPUT", path, { source, target }));
  }
  return list;
}

/** W_UNREACHABLE for every node no Input of the root graph reaches; nothing when it has no Input. */
export function checkReach({ leaves, edges }: InferredTypes, place: Place): Diagnostic[] {
  const successors = successorsOf(leaves.length, edges);
  const queue = [...leaves.keys()].filter(
    (i) => leaves[i]?.names.length === 1 && leaves[i]?.node.type === "Input",
  );
  if (queue.length === 0) return [];
  const reached = new Set(queue);
  for (const node of queue)
    for (const next of successors[node] ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  return leaves.flatMap((leaf, i) =>
    reached.has(i) ? [] : [graphDiagnostic("W_UNREACHABLE", place.node(leaf.names), { name: leaf.path })],
  );
}

/** W_ALGEBRAIC_LOOP for every loop without a neuron and without a Delay, at the edges of the graph that holds it. */
export function checkLoops({ leaves, edges }: InferredTypes, place: Place): Diagnostic[] {
  const stateless = leaves.map(({ node }) => !isNeuron(node) && node.type !== "Delay");
  const successors = successorsOf(
    leaves.length,
    edges.filter(({ from, to }) => stateless[from] && stateless[to]),
  );
  return loops(successors).map((loop) => {
    const cycle = cycleThrough(successors, loop);
    const holders = cycle.map((i) => (leaves[i]?.names ?? []).slice(0, -1));
    const [first = []] = holders;
    const shared = first.findIndex((name, depth) => holders.some((names) => names[depth] !== name));
    const graph =
      shared < 0 ? first.slice(0, Math.min(...holders.map((names) => names.length))) : first.slice(0, shared);
    const nodes = cycle.map((i) => leaves[i]?.path ?? "");
    return graphDiagnostic("W_ALGEBRAIC_LOOP", place.edges(graph), { nodes });
  });
}

function successorsOf(count: number, edges: readonly { from: number; to: number }[]): number[][] {
  const successors: number[][] = Array.from({ length: count }, () => []);
  for (const { from, to } of edges) successors[from]?.push(to);
  return successors;
}
