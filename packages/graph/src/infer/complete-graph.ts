/** What a file leaves to inference, written out: missing Inputs and Outputs, and shapes that were inferred. */

import { assertNoErrors } from "../diagnostics-core.ts";
import type { Edge, NirGraph } from "../graph.ts";
import type { NirNode, NirSubgraph } from "../node.ts";
import { broadcastTo } from "../tensor.ts";
import { compareNames } from "./elaborate.ts";
import { freeName } from "./free-name.ts";
import { type InferOptions, type InferredTypes, inferTypes } from "./infer-types.ts";
import { elementwiseParams } from "./neuron-shape.ts";

/**
 * The graph with an Input `input_<node>` before every node that has no incoming edge, an Output `output_<node>` after
 * every node that has no outgoing one (`_0`, `_1`, … where the name is taken), in name order and at every depth, and
 * with all shapes in place: of Outputs, of convolutions (`inputShape`), of Flatten (`inputType`); scalar parameters
 * expanded to one per neuron. A complete graph comes back as it is.
 *
 * @throws the errors of inference
 * @see infer_types of the Python package nir
 */
export function completeGraph(graph: NirGraph, options: InferOptions = {}): NirGraph {
  const types = inferTypes(graph, options);
  // Missing ends may be all that keeps a shape unknown, so only a second look is final.
  const ended = addEnds(graph, "", types);
  const final = ended === graph ? types : inferTypes(ended, options);
  assertNoErrors(final.diagnostics);
  return fillShapes(ended, "", final);
}

function addEnds(graph: NirGraph, prefix: string, types: InferredTypes): NirGraph {
  const inner = nestedChanges(graph, (name, sub) => addEnds(sub, `${prefix}${name}/`, types));
  const names = [...graph.nodes().keys()].sort(compareNames);
  const sources = new Set(graph.edges().map(([from]) => from));
  const targets = new Set(graph.edges().map(([, to]) => to));
  const taken = new Set(names);
  const added: (readonly [string, NirNode])[] = [];
  const edges: Edge[] = [];
  for (const name of names) {
    const type = graph.node(name).type;
    const shape = types.inputShape(prefix + name);
    if (type !== "Input" && !targets.has(name) && shape !== undefined) {
      const input = freeName(`input_${name}`, taken);
      added.push([input, { type: "Input", shape }]);
      edges.push([input, name]);
    }
    const given = types.outputShape(prefix + name);
    if (type !== "Output" && !sources.has(name)) {
      const output = freeName(`output_${name}`, taken);
      added.push([output, { type: "Output", ...(given === undefined ? {} : { shape: given }) }]);
      edges.push([name, output]);
    }
  }
  const changed = inner.length > 0 || added.length > 0;
  return changed ? graph.with({ setNodes: [...inner, ...added], addEdges: edges }) : graph;
}

function fillShapes(graph: NirGraph, prefix: string, types: InferredTypes): NirGraph {
  const filled: (readonly [string, NirNode])[] = nestedChanges(graph, (name, sub) =>
    fillShapes(sub, `${prefix}${name}/`, types),
  );
  for (const [name, node] of graph.nodes()) {
    const full = fillNode(node, types, prefix + name);
    if (full !== node) filled.push([name, full]);
  }
  return filled.length > 0 ? graph.with({ setNodes: filled }) : graph;
}

function fillNode(node: NirNode, types: InferredTypes, path: string): NirNode {
  const shape = types.inputShape(path);
  if (shape === undefined) return node;
  if (node.type === "Output" && "shape" in node === false) return { ...node, type: "Output", shape };
  if (node.type === "Flatten" && !("inputType" in node)) return { ...node, inputType: shape } as NirNode;
  if (node.type === "Conv1d" && !("inputShape" in node)) return { ...node, inputShape: shape[1] } as NirNode;
  if (node.type === "Conv2d" && !("inputShape" in node))
    return { ...node, inputShape: [shape[1], shape[2]] } as NirNode;
  const narrow = elementwiseParams(node).filter(([, value]) => value.shape.join() !== shape.join());
  if (narrow.length === 0) return node;
  return {
    ...node,
    ...Object.fromEntries(narrow.map(([param, value]) => [param, broadcastTo(value, shape)])),
  };
}

function nestedChanges(
  graph: NirGraph,
  change: (name: string, sub: NirGraph) => NirGraph,
): (readonly [string, NirNode])[] {
  const changed: (readonly [string, NirNode])[] = [];
  for (const [name, node] of graph.nodes()) {
    if (node.type !== "NIRGraph" || !("graph" in node)) continue;
    const sub = change(name, node.graph);
    if (sub !== node.graph) changed.push([name, { ...(node as NirSubgraph), graph: sub }]);
  }
  return changed;
}
