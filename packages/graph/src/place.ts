/**
 * Where a diagnostic points, as the reader can open it: HDF5 paths for a graph of a file
 * (`/node/nodes/sub/nodes/fc/v_threshold`), member paths in memory (`nodes.sub.nodes.fc.vThreshold[3,17]`).
 */

/** Which spelling paths have. */
export type PathStyle = "memory" | "file";

/** Writes paths in one style. `names` is the way from the root graph to a node: `["sub", "fc"]`. */
export interface Place {
  graph(names: readonly string[]): string;
  node(names: readonly string[]): string;
  param(names: readonly string[], param: string, index?: readonly number[]): string;
  edge(graph: readonly string[], index: number): string;
  edges(graph: readonly string[]): string;
}

/** The spelling of a parameter in a file: `vThreshold` is `v_threshold`. */
function wireParam(param: string): string {
  return param.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
}

const inFile: Place = {
  graph: (names) => `/node${names.map((n) => `/nodes/${n}`).join("")}`,
  node: (names) => inFile.graph(names),
  param: (names, param) => `${inFile.graph(names)}/${wireParam(param)}`,
  edge: (graph, index) => `${inFile.graph(graph)}/edges[${index}]`,
  edges: (graph) => `${inFile.graph(graph)}/edges`,
};

const inMemory: Place = {
  graph: (names) => (names.length === 0 ? "graph" : inMemory.node(names)),
  node: (names) => names.map((n) => `nodes.${n}`).join("."),
  param: (names, param, index) =>
    `${inMemory.node(names)}.${param}${index === undefined || index.length === 0 ? "" : `[${index.join(",")}]`}`,
  edge: (graph, index) => `${inMemory.edges(graph)}[${index}]`,
  edges: (graph) => (graph.length === 0 ? "edges" : `${inMemory.node(graph)}.edges`),
};

/** The writer of paths of a style. */
export function placeOf(style: PathStyle): Place {
  return style === "file" ? inFile : inMemory;
}
