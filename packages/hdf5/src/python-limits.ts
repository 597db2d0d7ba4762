/**
 * What the Python package cannot read, or computes wrongly, although the file is right.
 *
 * @see nir.md 4.3, 4.5 and 4.7; observed with nir 1.0.8
 */
import { type Diagnostic, graphDiagnostic, type NirGraph, type NirNode } from "@nirkit/graph";

/**
 * W_PYTHON_CANNOT_READ for everything in a graph that `nir.read` refuses, at its place in the file.
 *
 * @param findings of `validateGraph` for the same graph with paths of files; broadcasts and duplicates are among them
 */
export function pythonLimits(graph: NirGraph, findings: readonly Diagnostic[]): Diagnostic[] {
  return [...graphLimits(graph, "/node"), ...findings.flatMap(ofFinding)];
}

/** type_check=False reaches the root graph only. */
function limit(path: string, message: string, hint?: string): Diagnostic {
  const nested = path.split("/nodes/").length > 2 && !path.includes("/edges[");
  const loose = nested
    ? "nir.read refuses it: nested graphs are checked whatever its arguments"
    : "In Python, read the file with nir.read(path, type_check=False)";
  return graphDiagnostic("W_PYTHON_CANNOT_READ", path, { message, hint: hint ?? loose });
}

function ofFinding({ code, path, detail }: Diagnostic): Diagnostic[] {
  if (code === "W_DUPLICATE_EDGE") return [limit(path, "The Python package refuses the same edge twice")];
  if (code === "W_BROADCAST")
    return [
      limit(
        path,
        `The Python package does not repeat ${((detail?.params as string[]) ?? []).join(", ")} for all neurons`,
        "Write with complete: true, which stores one value per neuron",
      ),
    ];
  if (code === "W_EXTENSION")
    return [
      limit(path, "The Python package knows no extension types", "Lower the extension to plain nodes first"),
    ];
  return [];
}

function graphLimits(graph: NirGraph, at: string): Diagnostic[] {
  const own = [...graph.nodes()].flatMap(([name, node]) => nodeLimits(node, `${at}/nodes/${name}`));
  return [...own, ...portLimits(graph, at), ...endLimits(graph, at)];
}

function nodeLimits(node: NirNode, at: string): Diagnostic[] {
  if (node.type === "NIRGraph" && "graph" in node) return graphLimits(node.graph, at);
  if ((node.type !== "Conv1d" && node.type !== "Conv2d") || !("weight" in node)) return [];
  const [, , height, width] = node.weight.shape;
  const list: Diagnostic[] = [];
  if (node.groups > 1)
    list.push(
      limit(at, "The Python package counts the input channels of one group only, and refuses the type"),
    );
  if (node.type === "Conv2d" && height !== width && node.padding !== "same")
    list.push(
      limit(
        at,
        `The Python package takes the kernel ${height} x ${width} for ${height} x ${height} in its type`,
      ),
    );
  return list;
}

/** Nested graphs with several Inputs or Outputs, and those that feed what takes its type from an `output`. */
function portLimits(graph: NirGraph, at: string): Diagnostic[] {
  return [...graph.nodes()].flatMap(([name, node]) => {
    if (node.type !== "NIRGraph" || !("graph" in node)) return [];
    const path = `${at}/nodes/${name}`;
    const ends = (type: string): string[] =>
      [...node.graph.nodes()].filter(([, inner]) => inner.type === type).map(([inner]) => inner);
    const [inputs, outputs] = [ends("Input"), ends("Output")];
    if (inputs.length > 1 || outputs.length > 1)
      return [limit(path, "The Python package cannot check a nested graph with several Inputs or Outputs")];
    const reader = graph.successors(name).find((next) => untyped.has(graph.nodes().get(next)?.type ?? ""));
    return reader === undefined || outputs[0] === "output"
      ? []
      : [
          limit(
            path,
            `The Python package looks for an Output named output, which ${reader} takes its type from`,
          ),
        ];
  });
}

const untyped: ReadonlySet<string> = new Set(["Conv1d", "Conv2d", "AvgPool2d", "SumPool2d", "Flatten"]);

/** The reference adds Inputs and Outputs at nodes without edges; a cycle has no such node. */
function endLimits(graph: NirGraph, at: string): Diagnostic[] {
  const names = [...graph.nodes()];
  const closed = (type: string, neighbors: (name: string) => readonly string[]): boolean =>
    names.every(([name, node]) => node.type !== type && neighbors(name).length > 0);
  if (names.length === 0) return [];
  if (closed("Input", (name) => graph.predecessors(name)))
    return [limit(at, "The Python package finds no Input, and no node where it could add one")];
  if (closed("Output", (name) => graph.successors(name)))
    return [limit(at, "The Python package finds no Output, and no node where it could add one")];
  return [];
}
