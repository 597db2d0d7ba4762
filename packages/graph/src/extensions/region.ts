/** Which extension nodes have to be lowered together. */
import type { NirGraph } from "../graph.ts";
import { isElementwise } from "./relay-node.ts";

/**
 * Names of the extension nodes whose values hang together with those of the node of that name: one feeds the other, or
 * both feed or are fed by the same node, directly or through nodes that keep the arrangement of a value.
 */
export function regionOf(graph: NirGraph, name: string): readonly string[] {
  const region: string[] = [];
  const seen = new Set<string>();
  const queue: (readonly [side: "in" | "out", node: string])[] = [];
  const reach = (side: "in" | "out", node: string): void => {
    const key = `${side} ${node}`;
    if (seen.has(key)) return;
    seen.add(key);
    queue.push([side, node]);
  };
  reach("in", name);
  for (const [side, at] of queue) {
    const node = graph.node(at);
    const extension = "params" in node;
    if (extension && !region.includes(at)) region.push(at);
    if (extension || isElementwise(node)) reach(side === "in" ? "out" : "in", at);
    if (side === "out") for (const next of graph.successors(at)) reach("in", next);
    else for (const before of graph.predecessors(at)) reach("out", before);
  }
  return region.sort();
}
