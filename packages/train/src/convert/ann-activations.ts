/** Activations of a feed-forward network in which a ReLU follows every weight node but the last ones. */
import { hasWeight, type NirGraph } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { trainError } from "../diagnostics.ts";
import { networkSpec } from "../model/node-spec.ts";
import { type PlanNode, planNetwork } from "../model/plan.ts";
import { statelessFunction } from "../segment/composite/stateless.ts";

/**
 * Values of all nodes for a batch, to be called inside `tf.tidy`.
 *
 * @param flat flattened graph of weights, pools and Flatten with one Input
 * @param input `[samples, ...shape]`
 * @param visit told each node with its value, in the order of the graph
 * @throws E_CONVERT for loops
 */
export function annActivations(
  flat: NirGraph,
  input: tf.Tensor,
  visit: (at: PlanNode, value: tf.Tensor) => void = () => {},
): ReadonlyMap<string, tf.Tensor> {
  const plan = planNetwork(flat, { dt: 1 });
  const network = networkSpec(plan, { name: "convert" });
  const values = new Map<string, tf.Tensor>();
  try {
    for (const { nodes, recurrent } of plan.components) {
      const at = nodes[0] as PlanNode;
      if (recurrent)
        throw trainError("E_CONVERT", `nodes.${at.name}`, {
          why: "A loop has no rates",
          hint: "Take the loop out",
        });
      const spec = network.specs.get(at.name);
      const run = spec && statelessFunction(at, spec, {}, true);
      const x =
        at.node.type === "Input"
          ? input
          : at.sources.map(({ name }) => values.get(name) as tf.Tensor).reduce((a, b) => tf.add(a, b));
      const y = run?.(x) as tf.Tensor;
      const value = hasWeight(at.node) && leadsToWeight(flat, at.name) ? tf.relu(y) : y;
      values.set(at.name, value);
      visit(at, value);
    }
  } finally {
    for (const parameter of network.parameters) parameter.variable.dispose();
  }
  return values;
}

/** True where another weight node follows, directly or not. */
export function leadsToWeight(graph: NirGraph, from: string): boolean {
  const seen = new Set(graph.successors(from));
  for (const name of seen) {
    if (hasWeight(graph.node(name))) return true;
    for (const next of graph.successors(name)) seen.add(next);
  }
  return false;
}
