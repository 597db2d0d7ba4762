/** The immutable NIR graph: named nodes, ordered edges, and the views derived from them. */
import { NirkitError } from "./diagnostics-core.ts";
import { graphDiagnostic } from "./diagnostics.ts";
import type { Metadata, NirNode } from "./node.ts";

/** An edge: source name, target name. */
export type Edge = readonly [source: string, target: string];

/** What a graph is made of. Order of nodes and edges is kept; duplicate edges are kept and count once when executed. */
export interface GraphParts {
  readonly nodes: Iterable<readonly [name: string, node: NirNode]>;
  readonly edges: Iterable<Edge>;
  readonly metadata?: Metadata;
  /** `/version` of the file it came from. */
  readonly version?: string;
}

/** A change of a graph; applied by {@link NirGraph.with} in the order of the fields. */
export interface GraphEdits {
  readonly removeNodes?: Iterable<string>;
  readonly removeEdges?: Iterable<Edge>;
  /** Adds, or replaces in place. */
  readonly setNodes?: Iterable<readonly [name: string, node: NirNode]>;
  readonly addEdges?: Iterable<Edge>;
  readonly metadata?: Metadata;
}

/** An immutable NIR graph. Every change returns a new graph that shares the untouched nodes. */
export class NirGraph {
  readonly metadata: Metadata;
  readonly version: string | undefined;
  readonly #nodes: ReadonlyMap<string, NirNode>;
  readonly #edges: readonly Edge[];

  private constructor(parts: GraphParts) {
    this.#nodes = new Map(parts.nodes);
    this.#edges = [...parts.edges];
    this.metadata = parts.metadata ?? new Map();
    this.version = parts.version;
  }

  static from(parts: GraphParts): NirGraph {
    return new NirGraph(parts);
  }

  nodes(): ReadonlyMap<string, NirNode> {
    return this.#nodes;
  }

  node(name: string): NirNode {
    const node = this.#nodes.get(name);
    if (node === undefined)
      throw new NirkitError([graphDiagnostic("E_UNKNOWN_NODE", `nodes.${name}`, { name, known: [...this.#nodes.keys()] })]);
    return node;
  }

  edges(): readonly Edge[] {
    return this.#edges;
  }

  /** Sources of the edges into a node, each once, in edge order. */
  predecessors(name: string): readonly string[] {
    return [...new Set(this.#edges.filter(([, to]) => to === name).map(([from]) => from))];
  }

  /** Targets of the edges out of a node, each once, in edge order. */
  successors(name: string): readonly string[] {
    return [...new Set(this.#edges.filter(([from]) => from === name).map(([, to]) => to))];
  }

  with(edits: GraphEdits): NirGraph {
    const nodes = new Map(this.#nodes);
    for (const name of edits.removeNodes ?? []) nodes.delete(name);
    for (const [name, node] of edits.setNodes ?? []) nodes.set(name, node);
    const gone = new Set([...(edits.removeEdges ?? [])].map((e) => JSON.stringify(e)));
    const edges = this.#edges.filter((e) => !gone.has(JSON.stringify(e)) && nodes.has(e[0]) && nodes.has(e[1]));
    return new NirGraph({
      nodes,
      edges: [...edges, ...(edits.addEdges ?? [])],
      metadata: edits.metadata ?? this.metadata,
      ...(this.version === undefined ? {} : { version: this.version }),
    });
  }
}
