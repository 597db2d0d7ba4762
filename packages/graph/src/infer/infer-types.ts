/** Type inference: the input and output shape of every node, and everything that does not fit. */

import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import type { NirGraph } from "../graph.ts";
import type { NirNode } from "../node.ts";
import { type PathStyle, type Place, placeOf } from "../place.ts";
import { type Shape, sameShape } from "../tensor.ts";
import { checkSchema } from "../validate/check-schema.ts";
import { type Elaborated, elaborate, type Leaf } from "./elaborate.ts";
import { mismatchHints } from "./mismatch-hints.ts";
import { elementwiseParams, neuronShape } from "./neuron-shape.ts";
import { type LeafEdge, type Propagated, propagateShapes } from "./propagate.ts";
import { sameShapeRule } from "./same-shape-rule.ts";

/** Shapes by node path (`block/lif` for a nested node), and what is wrong with them. */
export interface GraphTypes {
  readonly diagnostics: readonly Diagnostic[];
  /** Shape a node takes; of a nested graph, that of its only Input. */
  inputShape(path: string): Shape | undefined;
  /** Shape a node gives; of a nested graph, that of its only Output. */
  outputShape(path: string): Shape | undefined;
  /** Every node that is no graph, sorted by path. */
  entries(): IterableIterator<readonly [path: string, types: NodeTypes]>;
}

/** The two shapes of a node; undefined where nothing tells. */
export interface NodeTypes {
  readonly input: Shape | undefined;
  readonly output: Shape | undefined;
}

/** Options of {@link inferTypes}. */
export interface InferOptions {
  readonly paths?: PathStyle;
  readonly extensions?: readonly ExtensionNodeType[];
}

/** {@link GraphTypes} with the edges between leaves that inference settled; for flattening. */
export interface InferredTypes extends GraphTypes {
  readonly leaves: readonly Leaf[];
  readonly edges: readonly LeafEdge[];
}

/**
 * Infers all shapes, forward and backward, through nested graphs. Never changes the graph; independent of the order
 * of nodes and edges.
 *
 * Codes: those of a node's schema (E_BAD_DTYPE, E_BAD_SHAPE, E_BAD_VALUE), E_TYPE_MISMATCH at an edge, E_BAD_VALUE where a window or an axis does not fit, E_UNTYPED, E_AMBIGUOUS_PORT,
 * E_UNKNOWN_TYPE for an extension that is not passed in, W_BROADCAST, and the hints H_TIME_AXIS, H_BATCH_AXIS, H_SQUEEZE_ONES, H_TRANSPOSED_WEIGHT.
 */
export function inferTypes(graph: NirGraph, options: InferOptions = {}): InferredTypes {
  const { paths = "memory", extensions = [] } = options;
  if (paths !== "memory" || extensions.length > 0) return infer(graph, paths, extensions);
  const known = inferred.get(graph);
  if (known !== undefined) return known;
  const types = infer(graph, paths, extensions);
  inferred.set(graph, types);
  return types;
}

/** What plain inference found, by graph: it is asked for more often than graphs change. */
const inferred = new WeakMap<NirGraph, InferredTypes>();

/**
 * Hands the types of a graph on to an edited one, if they are known and provably the same: no edge and no name
 * changed, and every replaced node has the parameters of its predecessor but for the values of tensors, on which no
 * shape depends.
 */
export function carryTypes(
  from: NirGraph,
  to: NirGraph,
  replaced: readonly (readonly [string, NirNode])[],
): void {
  const known = inferred.get(from);
  if (known === undefined) return;
  for (const [name, node] of replaced) {
    const old = from.nodes().get(name);
    if (old === undefined || !sameShapeRule(old, node)) return;
    // An unsound node is left out of inference: only sound ones stand for each other.
    if ([old, node].some((n) => checkSchema(n, [name], placeOf("memory"), []).length > 0)) return;
  }
  const nodes = new Map(replaced);
  const leaves = known.leaves.map((leaf) => {
    const node = leaf.names.length === 1 ? nodes.get(leaf.path) : undefined;
    return node === undefined ? leaf : { ...leaf, node };
  });
  inferred.set(to, { ...known, leaves });
}

function infer(graph: NirGraph, paths: PathStyle, extensions: readonly ExtensionNodeType[]): InferredTypes {
  const opened = elaborate(graph);
  const place = placeOf(paths);
  const unsound = new Map<number, readonly Diagnostic[]>();
  for (const [i, leaf] of opened.leaves.entries()) {
    const wrong = checkSchema(leaf.node, leaf.names, place, extensions);
    if (wrong.length > 0) unsound.set(i, wrong);
  }
  const shapes = propagateShapes(opened, extensions, unsound);
  const indexOf = new Map(opened.leaves.map((leaf, i) => [leaf.path, i]));
  const at = (path: string, side: "inputs" | "outputs"): number => {
    const ports = opened.graphs.get(path)?.[side];
    return ports === undefined ? (indexOf.get(path) ?? -1) : ports.length === 1 ? (ports[0] ?? -1) : -1;
  };
  return {
    diagnostics: typeDiagnostics(opened, shapes, unsound, place),
    inputShape: (path) => shapes.input[at(path, "inputs")],
    outputShape: (path) => shapes.output[at(path, "outputs")],
    *entries() {
      for (const [i, leaf] of opened.leaves.entries())
        yield [leaf.path, { input: shapes.input[i], output: shapes.output[i] }];
    },
    leaves: opened.leaves,
    edges: shapes.edges,
  };
}

function typeDiagnostics(
  opened: Elaborated,
  shapes: Propagated,
  unsound: ReadonlyMap<number, readonly Diagnostic[]>,
  place: Place,
): Diagnostic[] {
  const { leaves } = opened;
  const blamed = new Set<number>();
  const list: Diagnostic[] = [];
  for (const [i, leaf] of leaves.entries()) {
    const wrong = unsound.get(i);
    if (wrong !== undefined) {
      blamed.add(i);
      list.push(...wrong);
    }
    const problem = shapes.problems.get(i);
    if (problem === undefined) continue;
    blamed.add(i);
    const { param, ...detail } = problem;
    const path = param === undefined ? place.node(leaf.names) : place.param(leaf.names, param);
    list.push(graphDiagnostic("E_BAD_VALUE", path, detail));
  }
  for (const edge of shapes.edges) {
    const wrong = mismatch(edge, shapes, leaves, place);
    list.push(...wrong);
    if (wrong.length > 0) blamed.add(edge.from).add(edge.to);
  }
  for (const open of shapes.ambiguous) {
    const side = open.from.length === 1 ? "in" : "out";
    const ends = [...open.from, ...open.to];
    for (const leaf of ends) blamed.add(leaf);
    const ports = (side === "in" ? open.to : open.from).map((leaf) => leaves[leaf]?.names.at(-1) ?? "");
    const { source, target } = open;
    list.push(
      graphDiagnostic("E_AMBIGUOUS_PORT", place.edge(open.graph, open.index), {
        source,
        target,
        ports,
        side,
      }),
    );
  }
  list.push(...untyped(shapes, leaves, blamed, place), ...broadcasts(shapes, leaves, place));
  return list;
}

function mismatch(edge: LeafEdge, shapes: Propagated, leaves: readonly Leaf[], place: Place): Diagnostic[] {
  const gives = shapes.output[edge.from];
  const takes = shapes.input[edge.to];
  const rule = shapes.rules[edge.to];
  const [from, to] = [leaves[edge.from], leaves[edge.to]];
  if (gives === undefined || rule === undefined || from === undefined || to === undefined) return [];
  if (takes === undefined ? rule.accepts(gives) : sameShape(gives, takes)) return [];
  const words = takes === undefined ? (rule.takes ?? "another shape") : `[${takes.join(", ")}]`;
  const path = place.edge(edge.open.graph, edge.open.index);
  const accepts = (shape: Shape): boolean =>
    takes === undefined ? rule.accepts(shape) : sameShape(shape, takes);
  const hints = mismatchHints(
    { from, to, gives, takes, words, accepts, givesInput: shapes.input[edge.from] },
    path,
  );
  const hint = hints[0] === undefined ? {} : { hint: `${hints[0].message}. ${hints[0].hint ?? ""}`.trim() };
  const detail = { source: from.path, target: to.path, gives, takes: words, ...hint };
  return [graphDiagnostic("E_TYPE_MISMATCH", path, detail), ...hints];
}

/** One E_UNTYPED per connected group of untyped nodes that nothing else already explains. */
function untyped(
  shapes: Propagated,
  leaves: readonly Leaf[],
  blamed: ReadonlySet<number>,
  place: Place,
): Diagnostic[] {
  const open = (i: number): boolean => shapes.input[i] === undefined || shapes.output[i] === undefined;
  if (!leaves.some((_, i) => open(i))) return [];
  const near: number[][] = leaves.map(() => []);
  for (const { from, to } of shapes.edges) {
    near[from]?.push(to);
    near[to]?.push(from);
  }
  const seen = new Set<number>();
  const list: Diagnostic[] = [];
  for (const start of leaves.keys()) {
    if (!open(start) || seen.has(start)) continue;
    const group = [start];
    seen.add(start);
    let explained = false;
    for (const i of group) {
      explained ||= blamed.has(i);
      for (const next of near[i] ?? []) {
        explained ||= blamed.has(next);
        if (!open(next) || seen.has(next)) continue;
        seen.add(next);
        group.push(next);
      }
    }
    const nodes = group.map((i) => leaves[i]?.path ?? "").sort();
    const first = leaves[start];
    if (!explained && first !== undefined)
      list.push(graphDiagnostic("E_UNTYPED", place.node(first.names), { nodes }));
  }
  return list;
}

function broadcasts(shapes: Propagated, leaves: readonly Leaf[], place: Place): Diagnostic[] {
  return leaves.flatMap((leaf, i) => {
    const to = shapes.input[i];
    if (to === undefined || shapes.rules[i] === undefined) return [];
    const { scalars } = neuronShape(leaf.node);
    if (scalars.length === 0) return [];
    const narrow = elementwiseParams(leaf.node).filter(([, v]) => !sameShape(v.shape, to));
    const params = narrow.map(([name]) => name).filter((name) => scalars.includes(name));
    const from = narrow.find(([name]) => scalars.includes(name))?.[1].shape;
    return from === undefined
      ? []
      : [graphDiagnostic("W_BROADCAST", place.node(leaf.names), { from, to, params })];
  });
}
