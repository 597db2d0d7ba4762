/** Observables against the graph that they are said to come from. */
import {
  type Diagnostic,
  type GraphTypes,
  graphDiagnostic,
  type NirGraph,
  nearestName,
  sizeOf,
} from "@nirkit/graph";
import { badLayout, hdf5Diagnostic } from "../diagnostics.ts";
import { checkObservable } from "./check-observable.ts";
import { type NirGraphData, type NirNodeData, neuronsOf } from "./nir-data.ts";

/**
 * Every problem of observables, on their own and beside a graph: nodes that are not there (E_UNKNOWN_NODE), nested data
 * at a plain node (E_BAD_LAYOUT), and neurons that are not as many as the node's output has elements (E_BAD_SHAPE;
 * the reference compares with the whole shape, which no population of rank 2 passes). Paths are those of a data file.
 */
export function checkNirData(data: NirGraphData, graph: NirGraph): Diagnostic[] {
  return checkGraphData(data, graph, { types: graph.types(), names: [] });
}

interface Place {
  readonly types: GraphTypes;
  readonly names: readonly string[];
}

function pathOf(names: readonly string[]): string {
  return names.map((name) => `/nodes/${name}`).join("");
}

function checkGraphData(data: NirGraphData, graph: NirGraph, { types, names }: Place): Diagnostic[] {
  return [...data.nodes].flatMap(([name, observed]) => {
    const place = { types, names: [...names, name] };
    const path = pathOf(place.names);
    const node = graph.nodes().get(name);
    if (node === undefined) {
      const nearest = nearestName(name, [...graph.nodes().keys()]);
      return [
        hdf5Diagnostic("E_UNKNOWN_NODE", path, { name, ...(nearest === undefined ? {} : { nearest }) }),
      ];
    }
    if (observed.type === "NIRNodeData") return checkNodeData(observed, place);
    if (node.type === "NIRGraph" && "graph" in node) return checkGraphData(observed, node.graph, place);
    return [badLayout(path, `Data of a nested graph, but ${name} is a node of type ${node.type}`)];
  });
}

function checkNodeData({ observables }: NirNodeData, { types, names }: Place): Diagnostic[] {
  const shape = types.outputShape(names.join("/"));
  if (shape === undefined) return [graphDiagnostic("E_UNTYPED", pathOf(names), { nodes: [names.join("/")] })];
  const size = sizeOf(shape);
  return [...observables].flatMap(([name, observable]) => {
    const path = `${pathOf(names)}/observables/${name}`;
    const problems = checkObservable(observable, path);
    const neurons = neuronsOf(observable);
    if (problems.length > 0 || neurons === size) return problems;
    const expected = `${size}, the elements of the node's output [${shape.join(", ")}]`;
    return [graphDiagnostic("E_BAD_SHAPE", path, { found: `${neurons} neurons`, expected })];
  });
}
