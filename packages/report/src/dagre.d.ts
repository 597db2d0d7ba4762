/**
 * The part of `@dagrejs/dagre` that the graph drawing uses. The package's own declarations name their
 * siblings without file extensions, which NodeNext resolution refuses; tsconfig.json points here instead.
 */
export interface LaidOutNode {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface LaidOutEdge {
  points: { x: number; y: number }[];
  /** Center of the label, where one was asked for. */
  x?: number;
  y?: number;
  width?: number;
  height?: number;
}
export interface GraphSize {
  rankdir: "TB" | "LR";
  nodesep: number;
  ranksep: number;
  edgesep: number;
  marginx: number;
  marginy: number;
  /** Written by `layout`. */
  width?: number;
  height?: number;
}
export declare class Graph {
  constructor(options: { multigraph: boolean });
  setGraph(label: GraphSize): this;
  graph(): GraphSize;
  setNode(id: string, label: { width: number; height: number }): this;
  setEdge(
    from: string,
    to: string,
    label: { width?: number; height?: number; labelpos?: "c" },
    name: string,
  ): this;
  node(id: string): LaidOutNode;
  edge(from: string, to: string, name: string): LaidOutEdge;
}
export declare function layout(graph: Graph): void;
