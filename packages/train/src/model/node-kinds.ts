/** Which nodes of a graph spike, and which have a membrane. */
import { isNeuron, type NirGraph, type NirNode } from "@nirkit/graph";

/** Paths of the nodes whose output is spikes. */
export function spikingNodes(graph: NirGraph): readonly string[] {
  return pathsOf(graph, ({ type }) => ["IF", "LIF", "CubaLIF", "Threshold"].includes(type));
}

/** Paths of the neurons, spiking or not, and of thresholds. */
export function neuronNodes(graph: NirGraph): readonly string[] {
  return pathsOf(graph, (node) => isNeuron(node) || node.type === "Threshold");
}

function pathsOf(graph: NirGraph, wanted: (node: NirNode) => boolean, prefix = ""): readonly string[] {
  return [...graph.nodes()].flatMap(([name, node]): readonly string[] => {
    if (node.type === "NIRGraph") return pathsOf(node.graph, wanted, `${prefix}${name}/`);
    return wanted(node) ? [prefix + name] : [];
  });
}
