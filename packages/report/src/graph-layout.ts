/**
 * Places boxes and routes edges in layers (Sugiyama et al. 1981, as implemented by dagre). Feedback edges are
 * handed over turned round, so that the forward path alone decides the layers.
 */
import { Graph, layout } from "@dagrejs/dagre";

/** A point in user units. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A box to be placed. */
export interface Box {
  readonly width: number;
  readonly height: number;
}

/** An edge between boxes, by index. */
export interface Link {
  readonly from: number;
  readonly to: number;
  readonly feedback: boolean;
}

/** Result: centers of the boxes, the polyline of each link from source to target, and where a label fits. */
export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  readonly centers: readonly Point[];
  readonly routes: readonly { readonly points: readonly Point[]; readonly label: Point | undefined }[];
}

/** Reading direction of the drawing. */
export type Direction = "down" | "right";

/**
 * Layered layout. Deterministic; ids are generated, because dagre keeps them as keys of plain objects and names
 * from files may be `__proto__`.
 */
export function layoutGraph(
  boxes: readonly Box[],
  links: readonly Link[],
  direction: Direction,
): GraphLayout {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({
    rankdir: direction === "down" ? "TB" : "LR",
    nodesep: 28,
    ranksep: 30,
    edgesep: 18,
    marginx: 8,
    marginy: 8,
  });
  for (const [index, { width, height }] of boxes.entries()) graph.setNode(`n${index}`, { width, height });
  for (const [index, link] of links.entries()) {
    const [a, b] = link.feedback ? [link.to, link.from] : [link.from, link.to];
    graph.setEdge(
      `n${a}`,
      `n${b}`,
      link.feedback ? { width: 34, height: 16, labelpos: "c" } : {},
      `e${index}`,
    );
  }
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Number.isFinite(width) ? Math.max(width, 0) : 0,
    height: Number.isFinite(height) ? Math.max(height, 0) : 0,
    centers: boxes.map((_, index) => graph.node(`n${index}`)),
    routes: links.map((link, index) => {
      const [a, b] = link.feedback ? [link.to, link.from] : [link.from, link.to];
      const { points, x, y } = graph.edge(`n${a}`, `n${b}`, `e${index}`);
      return {
        points: link.feedback ? points.toReversed() : points,
        label: link.feedback && x !== undefined && y !== undefined ? { x, y } : undefined,
      };
    }),
  };
}
