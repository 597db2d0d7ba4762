/** What the live page shows of a file: all of it computed in the page, from the bytes alone. */
import type { Diagnostic, NirGraph } from "@nirkit/graph";
import type { Svg } from "@nirkit/report";

/** One row of the table of nodes. */
export interface NodeRow {
  readonly path: string;
  readonly type: string;
  readonly takes: string;
  readonly gives: string;
}

/** Everything there is to say about one file. */
export interface Look {
  readonly name: string;
  readonly bytes: number;
  readonly version: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
  readonly nodes: readonly NodeRow[];
  readonly edges: number;
  readonly parameters: number;
  /** The drawing and the text form; absent where no graph could be read. */
  readonly svg: Svg | undefined;
  readonly text: string;
}

function countParameters(graph: NirGraph): number {
  let count = 0;
  for (const node of graph.nodes().values()) {
    if (node.type === "Affine" || node.type === "Conv1d" || node.type === "Conv2d")
      count += node.bias.data.length;
    if ("weight" in node) count += node.weight.data.length;
  }
  return count;
}

/** Reads the bytes of a `.nir` file with the packages themselves; a wrong file gives diagnostics, never an exception. */
export async function lookInto(name: string, bytes: Uint8Array): Promise<Look> {
  const [{ inspectNir }, { printGraph, validateGraph }, { graphSvg }] = await Promise.all([
    import("@nirkit/hdf5"),
    import("@nirkit/graph"),
    import("@nirkit/report"),
  ]);
  const { graph, diagnostics, version } = await inspectNir(bytes);
  const bare = { name, bytes: bytes.length, version, diagnostics };
  if (graph === undefined) return { ...bare, nodes: [], edges: 0, parameters: 0, svg: undefined, text: "" };

  const said = new Set(diagnostics.map((d) => `${d.code} ${d.path}`));
  const more = validateGraph(graph, { paths: "file" }).filter((d) => !said.has(`${d.code} ${d.path}`));
  const types = graph.types();
  const shape = (s: readonly number[] | undefined): string => (s === undefined ? "?" : `[${s.join(", ")}]`);
  return {
    ...bare,
    diagnostics: [...diagnostics, ...more],
    nodes: [...graph.nodes()].map(([path, node]) => ({
      path,
      type: node.type,
      takes: shape(types.inputShape(path)),
      gives: shape(types.outputShape(path)),
    })),
    edges: graph.edges().length,
    parameters: countParameters(graph),
    svg: graphSvg(graph, { title: "Network graph" }),
    text: printGraph(graph),
  };
}
