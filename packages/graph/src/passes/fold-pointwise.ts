/**
 * Folding of y = s ⊙ x + c into the node before or behind it. The algebra is exact; what may be rounded are the new
 * weights, and then only with leave.
 */
import type { NirGraph } from "../graph.ts";
import type { NirNode } from "../node.ts";
import { foldBefore } from "./fold-into-next.ts";
import { foldAfter } from "./fold-into-previous.ts";
import { withoutNode } from "./without-node.ts";

/** A node that scales and shifts every element. */
export interface Pointwise {
  /** Row-major over the value. */
  readonly scale: Float64Array;
  readonly shift: Float64Array;
  /** True when some shift is not 0. */
  readonly shifts: boolean;
}

/** What may be folded into. */
export interface FoldOptions {
  /** Fold also where new weights have to be rounded to their dtype. */
  readonly allowRounding: boolean;
  /** Fold a scale into the gain of a neuron behind it: r, or w_in. */
  readonly neurons: boolean;
}

/** A node that was folded away. */
export interface Folded {
  readonly path: string;
  /** Nodes whose parameters changed; none for a node that changed nothing itself. */
  readonly into: readonly string[];
  /** Parameter values that had to be rounded. */
  readonly rounded: number;
}

/** A node that stayed. */
export interface Kept {
  readonly path: string;
  readonly why: string;
}

/** The graph after folding, with what went and what stayed. */
export interface FoldResult {
  readonly graph: NirGraph;
  readonly report: { readonly folded: readonly Folded[]; readonly kept: readonly Kept[] };
}

/** A changed node, and how many of its values are rounded; a text says why it cannot be changed. */
export type FoldedNode = { readonly node: NirNode; readonly rounded: number } | string;

/** Folds every node that `read` takes as pointwise, at every depth, until none can be: a fold may make way for another. */
export function foldPointwise(
  graph: NirGraph,
  read: (node: NirNode) => Pointwise | undefined,
  options: FoldOptions,
): FoldResult {
  const folded: Folded[] = [];
  for (let current = graph; ; ) {
    const round = foldRound(current, read, options);
    folded.push(...round.report.folded);
    if (round.graph === current) return { graph: current, report: { folded, kept: round.report.kept } };
    current = round.graph;
  }
}

function foldRound(
  graph: NirGraph,
  read: (node: NirNode) => Pointwise | undefined,
  options: FoldOptions,
): FoldResult {
  const folded: Folded[] = [];
  const kept: Kept[] = [];
  let current = graph;
  for (const [name, node] of graph.nodes()) {
    if (node.type === "NIRGraph" && "graph" in node) {
      const inner = foldPointwise(node.graph, read, options);
      const inside = (path: string): string => `${name}/${path}`;
      for (const { path, into, rounded } of inner.report.folded)
        folded.push({ path: inside(path), into: into.map(inside), rounded });
      for (const { path, why } of inner.report.kept) kept.push({ path: inside(path), why });
      if (inner.graph !== node.graph)
        current = current.with({ setNodes: [[name, { ...node, graph: inner.graph }]] });
      continue;
    }
    // A node that another was folded into is looked at as it is now.
    const pointwise = read(current.node(name));
    if (pointwise === undefined) continue;
    const result = foldOne(current, name, pointwise, options);
    if ("why" in result) kept.push({ path: name, why: result.why });
    else {
      current = result.graph;
      folded.push({ path: name, into: result.into, rounded: result.rounded });
    }
  }
  return { graph: current, report: { folded, kept } };
}

type Outcome =
  | { readonly graph: NirGraph; readonly into: readonly string[]; readonly rounded: number }
  | { readonly why: string };

function foldOne(graph: NirGraph, name: string, pointwise: Pointwise, options: FoldOptions): Outcome {
  if (isAnnotated(graph.node(name))) return { why: "it carries nirkit's annotations" };
  const [before, after] = [graph.predecessors(name), graph.successors(name)];
  if (before.includes(name)) return { why: "it feeds itself" };
  const identity = !pointwise.shifts && pointwise.scale.every((s) => s === 1);
  if (identity) {
    const without = withoutNode(graph, name);
    if (without !== undefined) return { graph: without, into: [], rounded: 0 };
  }
  const why: string[] = [];
  const attempts = [
    () => intoPrevious(graph, name, before, pointwise),
    () => intoNext(graph, name, before, after, pointwise, options),
  ];
  for (const attempt of attempts) {
    const result = attempt();
    if ("why" in result) why.push(result.why);
    else if (result.rounded > 0 && !options.allowRounding)
      why.push(
        `${result.into.join(", ")}: ${result.rounded} values would be rounded (allowRounding folds them)`,
      );
    else return result;
  }
  return { why: why.join("; ") };
}

function intoPrevious(
  graph: NirGraph,
  name: string,
  before: readonly string[],
  pointwise: Pointwise,
): Outcome {
  const [source] = before;
  if (source === undefined || before.length > 1) return { why: `${before.length} nodes feed it` };
  if (graph.successors(source).length > 1) return { why: `${source} feeds other nodes too` };
  const node = graph.node(source);
  const changed = isAnnotated(node) ? "it carries nirkit's annotations" : foldAfter(node, pointwise);
  if (typeof changed === "string") return { why: `${source}: ${changed}` };
  const without = withoutNode(graph.with({ setNodes: [[source, changed.node]] }), name);
  return without === undefined
    ? { why: `${source}: an edge would count twice` }
    : { graph: without, into: [source], rounded: changed.rounded };
}

function intoNext(
  graph: NirGraph,
  name: string,
  before: readonly string[],
  after: readonly string[],
  pointwise: Pointwise,
  options: FoldOptions,
): Outcome {
  if (after.length === 0 || before.length === 0) return { why: "it has no node on one side" };
  const setNodes: [string, NirNode][] = [];
  let rounded = 0;
  for (const target of after) {
    if (graph.predecessors(target).length > 1) return { why: `${target} adds other values` };
    const node = graph.node(target);
    const changed = isAnnotated(node)
      ? "it carries nirkit's annotations"
      : foldBefore(node, pointwise, options);
    if (typeof changed === "string") return { why: `${target}: ${changed}` };
    setNodes.push([target, changed.node]);
    rounded += changed.rounded;
  }
  const without = withoutNode(graph.with({ setNodes }), name);
  return without === undefined
    ? { why: "an edge would count twice" }
    : { graph: without, into: after, rounded };
}

/** Exact integers and masks of nirkit belong to the weights as they are. */
function isAnnotated(node: NirNode): boolean {
  return [...(node.metadata?.keys() ?? [])].some((key) => key.startsWith("nirkit:"));
}
