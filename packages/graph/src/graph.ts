/** The immutable NIR graph: named nodes, ordered edges, and the views derived from them. */
import { graphDiagnostic } from "./diagnostics.ts";
import { NirkitError } from "./diagnostics-core.ts";
import { type EqualsOptions, equalGraphs } from "./equals.ts";
import { flattenParts } from "./flatten.ts";
import { hashGraph } from "./hash.ts";
import { carryTypes, type GraphTypes, inferTypes } from "./infer/infer-types.ts";
import type { Metadata, NirNode } from "./node.ts";
import { checkStructure } from "./validate/check-structure.ts";

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
  /** Names and edges have been looked at: true unless made by {@link NirGraph.unchecked}. */
  readonly #checked: boolean;
  #adjacency: Adjacency | undefined;
  #flat: NirGraph | undefined;
  #hash: string | undefined;

  private constructor(parts: GraphParts, checked: boolean) {
    this.#nodes = new Map(parts.nodes);
    this.#edges = [...parts.edges];
    this.#checked = checked;
    this.metadata = parts.metadata ?? new Map();
    this.version = parts.version;
  }

  /**
   * A graph of these parts. Shapes and values are not looked at here: see `validateGraph` and {@link NirGraph.types}.
   *
   * @throws E_DANGLING_EDGE, E_BAD_NAME, E_DUPLICATE_NODE, all that there are, with paths in memory
   */
  static from(parts: GraphParts): NirGraph {
    const nodes = [...parts.nodes];
    const graph = new NirGraph({ ...parts, nodes }, true);
    const problems = checkStructure(nodes, graph.#edges);
    if (problems.length > 0) throw new NirkitError(problems);
    return graph;
  }

  /**
   * A graph of parts that are not trusted yet, for readers: edges may dangle and names be bad, and `validateGraph`
   * says so with the paths of the file. Hand it on only when no error is left.
   */
  static unchecked(parts: GraphParts): NirGraph {
    return new NirGraph(parts, false);
  }

  /** Nodes by name, in the order they were given. */
  nodes(): ReadonlyMap<string, NirNode> {
    return this.#nodes;
  }

  /** The node of that name. @throws E_UNKNOWN_NODE */
  node(name: string): NirNode {
    const node = this.#nodes.get(name);
    if (node === undefined) {
      const known = [...this.#nodes.keys()];
      throw new NirkitError([graphDiagnostic("E_UNKNOWN_NODE", `nodes.${name}`, { name, known })]);
    }
    return node;
  }

  /** Edges in the order they were given, copies included. */
  edges(): readonly Edge[] {
    return this.#edges;
  }

  /** Sources of the edges into a node, each once, in edge order. */
  predecessors(name: string): readonly string[] {
    this.#adjacency ??= new Adjacency(this.#nodes, this.#edges);
    return this.#adjacency.predecessors(name);
  }

  /** Targets of the edges out of a node, each once, in edge order. */
  successors(name: string): readonly string[] {
    this.#adjacency ??= new Adjacency(this.#nodes, this.#edges);
    return this.#adjacency.successors(name);
  }

  /** Shapes of all nodes and what does not fit; computed once. For graphs with extension nodes see `inferTypes`. */
  types(): GraphTypes {
    return inferTypes(this);
  }

  /** The same network without nested graphs, names joined with "/"; computed once. See `flattenParts` for the ports. */
  flatten(): NirGraph {
    if (this.#flat === undefined) {
      const parts = flattenParts(this);
      this.#flat = parts === undefined ? this : new NirGraph(parts, true);
    }
    return this.#flat;
  }

  /** SHA-256 of the canonical JSON form; computed once. */
  hash(): string {
    this.#hash ??= hashGraph(this);
    return this.#hash;
  }

  /** Structural equality: nodes by name, dtype, shape and bits of parameters, metadata, edges. */
  equals(other: NirGraph, options: EqualsOptions = {}): boolean {
    return this === other || equalGraphs(this, other, options);
  }

  /**
   * The changed graph. Edges at removed nodes go with them.
   *
   * Only what changed is looked at again: sound nodes are remembered, and a graph whose nodes were replaced by others
   * of the same shapes (new weights, other metadata) takes over the types of this one.
   *
   * @throws E_DANGLING_EDGE, E_BAD_NAME as {@link NirGraph.from}
   */
  with(edits: GraphEdits): NirGraph {
    const replaced = [...(edits.setNodes ?? [])];
    const removed = new Set(edits.removeNodes ?? []);
    const gone = new Set([...(edits.removeEdges ?? [])].map((e) => JSON.stringify(e)));
    const added = [...(edits.addEdges ?? [])];
    const nodes = new Map(this.#nodes);
    for (const name of removed) nodes.delete(name);
    for (const [name, node] of replaced) nodes.set(name, node);
    const inPlace =
      removed.size === 0 && gone.size === 0 && added.length === 0 && nodes.size === this.#nodes.size;
    const kept = inPlace
      ? this.#edges
      : this.#edges.filter(
          (e) => !(removed.has(e[0]) || removed.has(e[1])) && !(gone.size > 0 && gone.has(JSON.stringify(e))),
        );
    const parts: GraphParts = {
      nodes,
      edges: added.length === 0 ? kept : [...kept, ...added],
      metadata: edits.metadata ?? this.metadata,
      ...(this.version === undefined ? {} : { version: this.version }),
    };
    // A name may lie in the path of a nested graph; without a new one, names and edges are as sound as they were.
    if (!(inPlace && this.#checked && replaced.every(([, node]) => node.type !== "NIRGraph")))
      return NirGraph.from(parts);
    const edited = new NirGraph(parts, true);
    edited.#adjacency = this.#adjacency;
    carryTypes(this, edited, replaced);
    return edited;
  }
}

/** Neighbors of every node, each once, in edge order. Edges at unknown nodes (unchecked graphs) are left out. */
class Adjacency {
  readonly #predecessors: ReadonlyMap<string, Set<string>>;
  readonly #successors: ReadonlyMap<string, Set<string>>;

  constructor(nodes: ReadonlyMap<string, NirNode>, edges: readonly Edge[]) {
    this.#predecessors = new Map([...nodes.keys()].map((name) => [name, new Set()]));
    this.#successors = new Map([...nodes.keys()].map((name) => [name, new Set()]));
    for (const [from, to] of edges) {
      if (!(nodes.has(from) && nodes.has(to))) continue;
      this.#successors.get(from)?.add(to);
      this.#predecessors.get(to)?.add(from);
    }
  }

  predecessors(name: string): readonly string[] {
    return [...(this.#predecessors.get(name) ?? [])];
  }

  successors(name: string): readonly string[] {
    return [...(this.#successors.get(name) ?? [])];
  }
}
