/** Structural equality of graphs. */
import type { Edge, NirGraph } from "./graph.ts";
import type { NirNode } from "./node.ts";
import { type DType, sameShape, type Tensor, type TypedArrayOf, toFloat64 } from "./tensor.ts";
import { tensorBytes } from "./tensor-bytes.ts";

/** How equal is equal enough. */
export interface EqualsOptions {
  /** `ordered` (default) compares edges as a list, `multiset` without regard to order. */
  readonly edges?: "ordered" | "multiset";
  /** Largest absolute difference of two float parameters; 0 (default) compares bits, so NaN equals itself. */
  readonly tolerance?: number;
}

/** True when both have the same nodes by name (in any order), the same edges and the same metadata. */
export function equalGraphs(a: NirGraph, b: NirGraph, options: EqualsOptions): boolean {
  const { edges = "ordered", tolerance = 0 } = options;
  if (a.nodes().size !== b.nodes().size || a.edges().length !== b.edges().length) return false;
  const list = (graph: NirGraph): string[] => {
    const texts = graph.edges().map((edge: Edge) => JSON.stringify(edge));
    return edges === "ordered" ? texts : texts.sort();
  };
  const other = list(b);
  if (!list(a).every((edge, i) => edge === other[i])) return false;
  if (!equalValues(a.metadata, b.metadata, 0, options)) return false;
  for (const [name, node] of a.nodes()) {
    const peer = b.nodes().get(name);
    if (peer === undefined || !equalNodes(node, peer, tolerance, options)) return false;
  }
  return true;
}

function equalNodes(a: NirNode, b: NirNode, tolerance: number, options: EqualsOptions): boolean {
  const [left, right] = [entriesOf(a), entriesOf(b)];
  if (left.size !== right.size) return false;
  for (const [key, value] of left) {
    if (!right.has(key)) return false;
    if (!equalValues(value, right.get(key), key === "metadata" ? 0 : tolerance, options)) return false;
  }
  return true;
}

/** What a node consists of. Empty metadata is no metadata: a file cannot tell them apart. */
function entriesOf(node: NirNode): Map<string, unknown> {
  const empty = node.metadata?.size === 0;
  const own = ([key, value]: [string, unknown]): boolean =>
    value !== undefined && !(empty && key === "metadata");
  return new Map(Object.entries(node).filter(own));
}

function equalValues(a: unknown, b: unknown, tolerance: number, options: EqualsOptions): boolean {
  if (Object.is(a, b)) return true;
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return false;
  if (a instanceof Map)
    return (
      b instanceof Map &&
      a.size === b.size &&
      [...a].every(([key, value]) => b.has(key) && equalValues(value, b.get(key), tolerance, options))
    );
  if (Array.isArray(a))
    return (
      Array.isArray(b) && a.length === b.length && a.every((v, i) => equalValues(v, b[i], tolerance, options))
    );
  if ("dtype" in a) return "dtype" in b && equalTensors(a as Tensor, b as Tensor, tolerance);
  if ("nodes" in a && "nodes" in b) return equalGraphs(a as NirGraph, b as NirGraph, options);
  return false;
}

function equalTensors(a: Tensor, b: Tensor, tolerance: number): boolean {
  if (a.dtype !== b.dtype || !sameShape(a.shape, b.shape)) return false;
  const data: TypedArrayOf<DType> = a.data;
  if (tolerance > 0 && (data instanceof Float32Array || data instanceof Float64Array)) {
    const [x, y] = [toFloat64(a), toFloat64(b)];
    return x.every((v, i) => Object.is(v, y[i]) || Math.abs(v - (y[i] ?? Number.NaN)) <= tolerance);
  }
  const [x, y] = [tensorBytes(a), tensorBytes(b)];
  return x.length === y.length && x.every((byte, i) => byte === y[i]);
}
