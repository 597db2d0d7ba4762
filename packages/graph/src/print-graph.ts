/**
 * The text form of a graph: one node per line with shapes, parameters and targets, diagnostics under the node they
 * speak of. Stable: it does not depend on the order of nodes in the file.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { type Diagnostic, escapeControls, formatDiagnostic } from "./diagnostics-core.ts";
import type { NirGraph } from "./graph.ts";
import { compareNames } from "./infer/elaborate.ts";
import type { GraphTypes } from "./infer/infer-types.ts";
import type { MetadataValue, NirNode } from "./node.ts";
import { placeOf } from "./place.ts";
import type { Shape, Tensor } from "./tensor.ts";
import { tensorBytes } from "./tensor-bytes.ts";

/** Options of {@link printGraph}. */
export interface PrintOptions {
  /** Printed under the node their path (as in memory) names, the rest at the end. Those of type inference by default. */
  readonly diagnostics?: readonly Diagnostic[];
}

/**
 * Prints a graph, sources before targets, names in order where nothing decides.
 *
 * @example
 * in   Input   [3]→[3]  → fc1
 * fc1  Affine  [3]→[2]  weight float32[2,3] 1f0c9a3e, bias float32[2] all 0  → out
 * out  Output  [2]→[2]
 */
export function printGraph(
  graph: NirGraph,
  { diagnostics = graph.types().diagnostics }: PrintOptions = {},
): string {
  const places = new Set(placesOf(graph, []));
  const remarks = new Map<string, Diagnostic[]>();
  for (const d of diagnostics) {
    // A path that is no node and no edge is a parameter's: `nodes.fc.weight[1]` is said of `nodes.fc`.
    const owner = places.has(d.path) ? d.path : d.path.replace(/\.\w+(\[[\d,]*\])?$/, "");
    const same = remarks.get(owner);
    if (same === undefined) remarks.set(owner, [d]);
    else same.push(d);
  }
  const lines = graphLines(graph, [], graph.types(), remarks);
  for (const d of [...remarks.values()].flat()) lines.push(`! ${formatDiagnostic(d)}`);
  return `${lines.join("\n")}\n`;
}

function graphLines(
  graph: NirGraph,
  at: readonly string[],
  types: GraphTypes,
  remarks: Map<string, Diagnostic[]>,
): string[] {
  const place = placeOf("memory");
  const rows = printOrder(graph).map((name) => ({ name, node: graph.node(name) }));
  const wide = Math.max(0, ...rows.map(({ name }) => Math.min(40, printName(name).length)));
  const typeWide = Math.max(0, ...rows.map(({ node }) => node.type.length));
  const edgesFrom = new Map<string, string[]>();
  for (const [i, [source]] of graph.edges().entries()) {
    const listed = edgesFrom.get(source);
    if (listed === undefined) edgesFrom.set(source, [place.edge(at, i)]);
    else listed.push(place.edge(at, i));
  }
  const lines: string[] = graph.metadata.size > 0 ? [`  ${metadataText(graph.metadata)}`] : [];
  for (const { name, node } of rows) {
    const names = [...at, name];
    const path = names.join("/");
    const shapes = `${shapeText(types.inputShape(path))}→${shapeText(types.outputShape(path))}`;
    const parts = [printName(name).padEnd(wide), node.type.padEnd(typeWide), shapes, ...paramTexts(node)];
    const targets = graph.successors(name).map(printName).sort(compareNames);
    if (targets.length > 0) parts.push(`→ ${targets.join(", ")}`);
    lines.push(parts.join("  ").trimEnd());
    const owners = [place.node(names), ...(edgesFrom.get(name) ?? [])];
    for (const owner of owners) {
      for (const d of remarks.get(owner) ?? []) lines.push(`  ! ${formatDiagnostic(d)}`);
      remarks.delete(owner);
    }
    if (node.type === "NIRGraph" && "graph" in node)
      lines.push(...graphLines(node.graph, names, types, remarks).map((line) => `  ${line}`));
  }
  return lines;
}

/** Places of all nodes and edges, nested ones included. */
function* placesOf(graph: NirGraph, at: readonly string[]): Generator<string> {
  const place = placeOf("memory");
  for (const index of graph.edges().keys()) yield place.edge(at, index);
  for (const [name, node] of graph.nodes()) {
    yield place.node([...at, name]);
    if (node.type === "NIRGraph" && "graph" in node) yield* placesOf(node.graph, [...at, name]);
  }
}

/** Reverse postorder of a depth-first walk from the nodes without predecessors, then from what is left, by name. */
function printOrder(graph: NirGraph): string[] {
  const names = [...graph.nodes().keys()].sort(compareNames);
  const roots = names.filter((name) => graph.predecessors(name).length === 0);
  const seen = new Set<string>();
  const postorder: string[] = [];
  const isRoot = new Set(roots);
  // Later roots are walked first, so that earlier ones stand in front after reversing.
  for (const root of [...roots.reverse(), ...names.filter((name) => !isRoot.has(name)).reverse()]) {
    if (seen.has(root)) continue;
    seen.add(root);
    const path = [{ name: root, next: [...graph.successors(root)].sort(compareNames) }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const target = top.next.pop();
      if (target === undefined) postorder.push((path.pop() as { name: string }).name);
      else if (!seen.has(target)) {
        seen.add(target);
        path.push({ name: target, next: [...graph.successors(target)].sort(compareNames) });
      }
    }
  }
  return postorder.reverse();
}

function printName(name: string): string {
  return /^[^\s"→!,]+$/u.test(name) && escapeControls(name) === name
    ? name
    : escapeControls(JSON.stringify(name));
}

function shapeText(shape: Shape | undefined): string {
  return shape === undefined ? "?" : `[${shape.join(",")}]`;
}

function paramTexts(node: NirNode): string[] {
  const entries = "params" in node ? [...node.params] : Object.entries(node);
  const shown = entries.flatMap(([key, value]) =>
    ["type", "metadata", "graph"].includes(key) ||
    value === undefined ||
    (key === "shape" && node.type !== "NIRGraph")
      ? []
      : [`${key} ${valueText(value as MetadataValue)}`],
  );
  const metadata =
    node.metadata === undefined || node.metadata.size === 0 ? [] : [metadataText(node.metadata)];
  return [...(shown.length === 0 ? [] : [shown.join(", ")]), ...metadata];
}

function metadataText(map: ReadonlyMap<string, MetadataValue>): string {
  const keys = [...map.keys()].sort(compareNames);
  return `{${keys.map((key) => `${printName(key)}=${valueText(map.get(key) as MetadataValue)}`).join(" ")}}`;
}

function valueText(value: MetadataValue | readonly number[]): string {
  if (typeof value === "string") return printName(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value))
    return `[${value.map((v: string | number) => (typeof v === "string" ? printName(v) : v)).join(",")}]`;
  if (value instanceof Map) return metadataText(value);
  const tensor = value as Tensor;
  const kind = `${tensor.dtype}[${tensor.shape.join(",")}]`;
  const same = repeatedValue(tensor);
  return same === undefined
    ? `${kind} ${bytesToHex(sha256(tensorBytes(tensor))).slice(0, 8)}`
    : `${kind} all ${same}`;
}

/** The value all elements have, in the fewest digits that give it back in its dtype; undefined when they differ. */
function repeatedValue({ data, dtype }: Tensor): string | undefined {
  const [first] = data;
  if (first === undefined || !data.every((value: number | bigint) => Object.is(value, first)))
    return undefined;
  if (typeof first === "bigint" || dtype === "float64" || !Number.isFinite(first)) return String(first);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(first.toPrecision(digits));
    if (Math.fround(short) === first) return String(Object.is(first, -0) ? "-0" : short);
  }
  return String(first);
}
