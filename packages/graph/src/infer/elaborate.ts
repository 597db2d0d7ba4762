/**
 * A graph with its nested graphs opened: leaves by path, and edges between leaves. An edge of a nested graph with
 * several ports keeps all candidates until shapes decide.
 */
import type { NirGraph } from "../graph.ts";
import type { NirNode } from "../node.ts";

/** A node that is no graph. */
export interface Leaf {
  /** `block/lif`: names joined with "/". */
  readonly path: string;
  readonly names: readonly string[];
  readonly node: NirNode;
}

/** An edge as written, with the leaves it can stand for: one on each side, except at nested graphs with several ports. */
export interface OpenEdge {
  /** The graph it is written in, and its place there. */
  readonly graph: readonly string[];
  readonly index: number;
  readonly source: string;
  readonly target: string;
  /** Indices of leaves; empty at a nested graph without ports on that side. */
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Leaves and edges, independent of the order in the file. */
export interface Elaborated {
  /** Sorted by path. */
  readonly leaves: readonly Leaf[];
  /** Sorted by graph, source and target; copies of an edge are left out, edges to unknown nodes too. */
  readonly edges: readonly OpenEdge[];
  /** Path of each nested graph, with the leaves that are its ports. */
  readonly graphs: ReadonlyMap<
    string,
    { readonly inputs: readonly number[]; readonly outputs: readonly number[] }
  >;
}

/** Order of names: by UTF-16 code unit, the same on every machine. */
export function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Opens every nested graph. Linear in nodes and edges, apart from sorting. */
export function elaborate(graph: NirGraph): Elaborated {
  const leaves: Leaf[] = [];
  collectLeaves(graph, [], leaves);
  leaves.sort((a, b) => compareNames(a.path, b.path));
  const indexOf = new Map(leaves.map((leaf, i) => [leaf.path, i]));
  const edges: OpenEdge[] = [];
  const graphs = new Map<string, { inputs: number[]; outputs: number[] }>();
  openEdges(graph, [], indexOf, edges, graphs);
  edges.sort(
    (a, b) =>
      (a.graph === b.graph ? 0 : compareNames(a.graph.join("/"), b.graph.join("/"))) ||
      compareNames(a.source, b.source) ||
      compareNames(a.target, b.target),
  );
  return { leaves, edges, graphs };
}

function collectLeaves(graph: NirGraph, at: readonly string[], leaves: Leaf[]): void {
  for (const [name, node] of graph.nodes()) {
    const names = [...at, name];
    if (node.type === "NIRGraph" && "graph" in node) collectLeaves(node.graph, names, leaves);
    else leaves.push({ path: names.join("/"), names, node });
  }
}

function openEdges(
  graph: NirGraph,
  at: readonly string[],
  indexOf: ReadonlyMap<string, number>,
  edges: OpenEdge[],
  graphs: Map<string, { inputs: number[]; outputs: number[] }>,
): void {
  const ends = new Map<string, { from: readonly number[]; to: readonly number[] }>();
  for (const [name, node] of graph.nodes()) {
    const names = [...at, name];
    const path = names.join("/");
    if (node.type === "NIRGraph" && "graph" in node) {
      const ports = {
        inputs: portsOf(node.graph, path, "Input", indexOf),
        outputs: portsOf(node.graph, path, "Output", indexOf),
      };
      graphs.set(path, ports);
      ends.set(name, { from: ports.outputs, to: ports.inputs });
      openEdges(node.graph, names, indexOf, edges, graphs);
    } else {
      const index = indexOf.get(path) ?? -1;
      ends.set(name, { from: [index], to: [index] });
    }
  }
  const seen = new Map<string, Set<string>>();
  for (const [index, [source, target]] of graph.edges().entries()) {
    const from = ends.get(source)?.from;
    const to = ends.get(target)?.to;
    const targets = seen.get(source) ?? new Set();
    if (from === undefined || to === undefined || targets.has(target)) continue;
    seen.set(source, targets.add(target));
    edges.push({ graph: at, index, source, target, from, to });
  }
}

function portsOf(
  graph: NirGraph,
  path: string,
  type: "Input" | "Output",
  indexOf: ReadonlyMap<string, number>,
): number[] {
  const ports: number[] = [];
  for (const [name, node] of graph.nodes())
    if (node.type === type) ports.push(indexOf.get(`${path}/${name}`) ?? -1);
  return ports.sort((a, b) => a - b);
}
