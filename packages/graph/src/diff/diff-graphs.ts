/** What makes two graphs different, as plain data. */
import type { Edge, NirGraph } from "../graph.ts";
import { compareNames } from "../infer/elaborate.ts";
import type { Metadata, NirNode, NirSubgraph } from "../node.ts";
import { type DType, isTensor, type Shape, sameShape } from "../tensor.ts";
import { type TensorDistance, tensorDistance } from "./tensor-distance.ts";

/** A node that only one of the graphs has. `path` is `block/lif` for a nested node. */
export interface NodeDifference {
  readonly path: string;
  readonly type: string;
}

/** A node of one name and two types; its parameters are not compared. */
export interface TypeDifference {
  readonly path: string;
  readonly from: string;
  readonly to: string;
}

/** An edge that one graph has more copies of. */
export interface EdgeDifference {
  /** Path of the graph it is in; "" for the root. */
  readonly graph: string;
  readonly source: string;
  readonly target: string;
  /** Copies in the first graph and in the second. */
  readonly from: number;
  readonly to: number;
}

/** A tensor as the difference names it. */
export interface TensorKind {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A parameter with two values, or with one. Tensors are given by kind, and by distance where the shapes are equal. */
export interface ParameterDifference {
  readonly path: string;
  readonly param: string;
  /** Undefined where the graph lacks the parameter. */
  readonly from: TensorKind | string | undefined;
  readonly to: TensorKind | string | undefined;
  readonly distance?: TensorDistance;
}

/** A metadata entry with two values, or with one. */
export interface MetadataDifference {
  /** Path of the node; of the nested graph's content with a trailing "/"; "" for the root graph. */
  readonly path: string;
  /** Keys of nested maps, outermost first. */
  readonly key: readonly string[];
  readonly from: string | undefined;
  readonly to: string | undefined;
}

/** Everything in which b differs from a; all lists are empty for equal graphs. */
export interface GraphDiff {
  /** True exactly when `a.equals(b)`: same nodes in any order, same parameters bit by bit, same edges in order, same metadata. */
  readonly equal: boolean;
  readonly added: readonly NodeDifference[];
  readonly removed: readonly NodeDifference[];
  readonly retyped: readonly TypeDifference[];
  readonly edges: readonly EdgeDifference[];
  /** Paths of graphs ("" for the root) that have the same edges in another order. */
  readonly reordered: readonly string[];
  readonly parameters: readonly ParameterDifference[];
  readonly metadata: readonly MetadataDifference[];
}

/** The lists of a {@link GraphDiff} while they grow. */
type Lists = { -readonly [K in keyof Omit<GraphDiff, "equal">]: GraphDiff[K][number][] };

/**
 * Compares two graphs node by node, by name, at every depth. Independent of the order of nodes.
 *
 * @example diffGraphs(net, net.with({ setNodes: [["fc", other]] })).parameters[0]?.distance?.maxAbs
 */
export function diffGraphs(a: NirGraph, b: NirGraph): GraphDiff {
  const lists: Lists = {
    added: [],
    removed: [],
    retyped: [],
    edges: [],
    reordered: [],
    parameters: [],
    metadata: [],
  };
  compareGraphs(a, b, "", lists);
  return { equal: Object.values(lists).every((list) => list.length === 0), ...lists };
}

function compareGraphs(a: NirGraph, b: NirGraph, prefix: string, lists: Lists): void {
  const names = [...new Set([...a.nodes().keys(), ...b.nodes().keys()])].sort(compareNames);
  for (const name of names) {
    const path = prefix + name;
    const [from, to] = [a.nodes().get(name), b.nodes().get(name)];
    if (from === to) continue;
    if (from === undefined) lists.added.push({ path, type: (to as NirNode).type });
    else if (to === undefined) lists.removed.push({ path, type: from.type });
    else if (from.type !== to.type) lists.retyped.push({ path, from: from.type, to: to.type });
    else compareNodes(from, to, path, lists);
  }
  compareEdges(a.edges(), b.edges(), prefix.slice(0, -1), lists);
  compareMetadata(a.metadata, b.metadata, prefix, [], lists);
}

function compareNodes(a: NirNode, b: NirNode, path: string, lists: Lists): void {
  if (a.type === "NIRGraph" && "graph" in a)
    compareGraphs(a.graph, (b as NirSubgraph).graph, `${path}/`, lists);
  const [left, right] = [paramsOf(a), paramsOf(b)];
  for (const param of [...new Set([...left.keys(), ...right.keys()])].sort(compareNames)) {
    const [from, to] = [left.get(param), right.get(param)];
    const distance =
      isTensor(from) && isTensor(to) && sameShape(from.shape, to.shape)
        ? tensorDistance(from, to)
        : undefined;
    const [x, y] = [textOf(from), textOf(to)];
    if (distance === undefined && JSON.stringify(x) === JSON.stringify(y)) continue;
    lists.parameters.push({ path, param, from: x, to: y, ...(distance === undefined ? {} : { distance }) });
  }
  compareMetadata(a.metadata ?? new Map(), b.metadata ?? new Map(), path, [], lists);
}

function paramsOf(node: NirNode): ReadonlyMap<string, unknown> {
  const entries: [string, unknown][] = "params" in node ? [...node.params] : Object.entries(node);
  const own = (key: string): boolean => "params" in node || !["type", "metadata", "graph"].includes(key);
  return new Map(entries.filter(([key, value]) => own(key) && value !== undefined));
}

function textOf(value: unknown): TensorKind | string | undefined {
  if (value === undefined) return undefined;
  if (isTensor(value)) return { dtype: value.dtype, shape: value.shape };
  if (Array.isArray(value)) return `[${value.map(textOf).join(", ")}]`;
  if (Object.is(value, -0)) return "-0";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function compareEdges(a: readonly Edge[], b: readonly Edge[], graph: string, lists: Lists): void {
  const keys = (edges: readonly Edge[]): string[] => edges.map((edge) => JSON.stringify(edge));
  const [left, right] = [keys(a), keys(b)];
  const [inA, inB] = [counts(left), counts(right)];
  let moved = false;
  for (const key of [...new Set([...left, ...right])].sort(compareNames)) {
    const [from, to] = [inA.get(key) ?? 0, inB.get(key) ?? 0];
    if (from === to) continue;
    moved = true;
    const [source, target] = JSON.parse(key) as Edge;
    lists.edges.push({ graph, source, target, from, to });
  }
  if (!moved && !left.every((key, i) => key === right[i])) lists.reordered.push(graph);
}

function counts(keys: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const key of keys) result.set(key, (result.get(key) ?? 0) + 1);
  return result;
}

function compareMetadata(a: Metadata, b: Metadata, path: string, at: readonly string[], lists: Lists): void {
  if (a === b) return;
  for (const name of [...new Set([...a.keys(), ...b.keys()])].sort(compareNames)) {
    const [from, to] = [a.get(name), b.get(name)];
    const key = [...at, name];
    if (from instanceof Map && to instanceof Map) {
      compareMetadata(from, to, path, key, lists);
      continue;
    }
    const [x, y] = [metadataText(from), metadataText(to)];
    const sameTensor =
      isTensor(from) &&
      isTensor(to) &&
      sameShape(from.shape, to.shape) &&
      tensorDistance(from, to) === undefined;
    if (isTensor(from) && isTensor(to) ? sameTensor : x === y) continue;
    lists.metadata.push({ path, key, from: x, to: y });
  }
}

function metadataText(value: unknown): string | undefined {
  if (isTensor(value)) return `${value.dtype}[${value.shape.join(",")}]`;
  if (value instanceof Map) return `{${[...value.keys()].sort(compareNames).join(", ")}}`;
  // A number and a big integer of one value are two values.
  if (typeof value === "bigint") return `${value}n`;
  const text = textOf(value);
  return text === undefined || typeof text === "string" ? text : undefined;
}
