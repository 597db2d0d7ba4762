/** The content of a graph as plain JSON data: the `graph` part of the format `nirkit-nir-sidecar/1`. */

import {
  completeGraph,
  type GraphTypes,
  type InferOptions,
  inferTypes,
  type Metadata,
  type MetadataValue,
  NirGraph,
  NirkitError,
  type NirNode,
  nodeParam,
  type ParamValue,
  type Shape,
  type Tensor,
  tensorBytes,
} from "@nirkit/graph";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { completeShapes } from "./complete-shapes.ts";
import { exactSum } from "./exact-sum.ts";
import { type LeafType, type WireParam, wireParams } from "./wire-names.ts";
import { isIntegral } from "./write-metadata.ts";

/** A number of JSON, or `NaN`, `Infinity`, `-Infinity`, or the digits of an integer beyond 2^53. */
export type SidecarNumber = number | string | boolean;

/** One parameter or metadata value; of an array the first eight values, statistics and the hash of its bytes. */
export type SidecarValue =
  | {
      readonly kind: "array";
      readonly dtype: string;
      readonly shape: Shape;
      readonly size: number;
      readonly first: readonly SidecarNumber[];
      readonly sum?: SidecarNumber;
      readonly min?: SidecarNumber;
      readonly max?: SidecarNumber;
      readonly sha256?: string;
    }
  | { readonly kind: "scalar"; readonly dtype: string; readonly value: SidecarNumber }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "dict"; readonly items: Readonly<Record<string, SidecarValue>> };

/** Shapes by port; null where inference knows none. */
export type SidecarType = Readonly<Record<string, Shape | null>>;

/** A node: its parameters, or the graph that it is. */
export interface SidecarNode {
  readonly type: string;
  readonly input_type: SidecarType | null;
  readonly output_type: SidecarType;
  readonly params?: Readonly<Record<string, SidecarValue>>;
  readonly graph?: SidecarGraph;
  readonly metadata?: Readonly<Record<string, SidecarValue>>;
}

/** A graph. Names come from files, so look them up with `Object.hasOwn`. */
export interface SidecarGraph {
  readonly nodes: Readonly<Record<string, SidecarNode>>;
  readonly node_order: readonly string[];
  readonly edges: readonly (readonly [string, string])[];
  /** By name of the Input; null when there is none. */
  readonly input_type: SidecarType | null;
  readonly output_type: SidecarType;
  readonly metadata?: Readonly<Record<string, SidecarValue>>;
}

/**
 * Describes a graph as the Python package holds it after reading: defaults and inferred shapes filled in, missing
 * Inputs and Outputs added when all shapes fit; every parameter by dtype, shape, first values, exactly rounded sum,
 * extremes and SHA-256 of its little-endian bytes.
 *
 * @param options with the extension types of the graph, whose shapes are otherwise unknown
 */
export function sidecar(graph: NirGraph, options: InferOptions = {}): SidecarGraph {
  const ended = withEnds(graph, options);
  const types = inferTypes(ended, options);
  return describeGraph(completeShapes(ended, types), types, "");
}

/** The missing ends alone: parameters stay as they were read. */
function withEnds(graph: NirGraph, options: InferOptions): NirGraph {
  try {
    const complete = completeGraph(graph, options);
    const nodes = [...complete.nodes()].map(
      ([name, node]) => [name, graph.nodes().get(name) ?? node] as const,
    );
    const { metadata, version } = graph;
    const named = version === undefined ? {} : { version };
    return NirGraph.unchecked({ nodes, edges: complete.edges(), metadata, ...named });
  } catch (error) {
    if (error instanceof NirkitError) return graph;
    throw error;
  }
}

function describeGraph(graph: NirGraph, types: GraphTypes, prefix: string): SidecarGraph {
  const nodes = [...graph.nodes()].map(
    ([name, node]) => [name, describeNode(node, types, `${prefix}${name}`)] as const,
  );
  const ports = (type: "Input" | "Output"): SidecarType =>
    Object.fromEntries(
      [...graph.nodes()]
        .filter(([, node]) => node.type === type)
        .map(([name]) => [name, types.outputShape(`${prefix}${name}`) ?? null]),
    );
  const inputs = ports("Input");
  return {
    nodes: Object.fromEntries(nodes),
    node_order: nodes.map(([name]) => name),
    edges: graph.edges(),
    // The reference has no type, rather than an empty one, for a graph that nothing enters.
    input_type: Object.keys(inputs).length === 0 ? null : inputs,
    output_type: ports("Output"),
    ...described(graph.metadata),
  };
}

function describeNode(node: NirNode, types: GraphTypes, path: string): SidecarNode {
  if (node.type === "NIRGraph" && "graph" in node) {
    const graph = describeGraph(node.graph, types, `${path}/`);
    const { input_type, output_type } = graph;
    return { type: node.type, input_type, output_type, graph, ...described(node.graph.metadata) };
  }
  return {
    type: node.type,
    input_type: { input: types.inputShape(path) ?? null },
    output_type: { output: types.outputShape(path) ?? null },
    params: Object.fromEntries(describeParams(node)),
    ...described(node.metadata),
  };
}

/** Shapes of ports are types, not parameters. */
const asTypes: ReadonlySet<string> = new Set(["Input/shape", "Output/shape", "Flatten/input_type"]);

function describeParams(node: NirNode): (readonly [string, SidecarValue])[] {
  if ("params" in node) return [...node.params].map(([name, value]) => [name, describeParam(value)] as const);
  return wireParams[node.type as LeafType]
    .filter(({ wire }: WireParam) => !asTypes.has(`${node.type}/${wire}`))
    .flatMap(({ wire, key }) => {
      const value = nodeParam(node, key);
      return value === undefined ? [] : [[wire, describeParam(value)] as const];
    });
}

function describeParam(value: ParamValue): SidecarValue {
  if (typeof value === "string") return { kind: "string", value };
  if (typeof value === "number") return { kind: "scalar", dtype: "int64", value };
  if ("dtype" in value) return describeTensor(value);
  return describeTensor({ dtype: "int64", shape: [value.length], data: BigInt64Array.from(value, BigInt) });
}

function described(metadata: Metadata | undefined): { metadata?: Readonly<Record<string, SidecarValue>> } {
  return metadata === undefined || metadata.size === 0 ? {} : { metadata: describeItems(metadata) };
}

function describeItems(metadata: Metadata): Readonly<Record<string, SidecarValue>> {
  return Object.fromEntries([...metadata].map(([key, value]) => [key, describeEntry(value)]));
}

function describeEntry(value: MetadataValue): SidecarValue {
  if (typeof value === "boolean") return { kind: "scalar", dtype: "bool", value };
  if (typeof value === "bigint") return { kind: "scalar", dtype: "int64", value: plainNumber(value) };
  if (typeof value === "number")
    return { kind: "scalar", dtype: isIntegral(value) ? "int64" : "float64", value: plainNumber(value) };
  if (typeof value === "string") return { kind: "string", value };
  if (value instanceof Map) return { kind: "dict", items: describeItems(value) };
  if ("dtype" in value) return describeTensor(value as Tensor);
  const texts = value as readonly string[];
  const size = texts.length;
  return { kind: "array", dtype: "object", shape: [size], size, first: texts.slice(0, 8) };
}

function describeTensor(tensor: Tensor): SidecarValue {
  const { dtype, shape, data } = tensor;
  const show = (value: number | bigint): SidecarNumber =>
    dtype === "bool" ? Number(value) !== 0 : plainNumber(value);
  if (shape.length === 0) return { kind: "scalar", dtype, value: show(data[0] ?? 0) };
  const size = data.length;
  const first = Array.from(data.subarray(0, 8) as Iterable<number | bigint>, show);
  const hash = bytesToHex(sha256(tensorBytes(tensor)));
  if (size === 0) return { kind: "array", dtype, shape, size, first, sha256: hash };
  const [min, max] = extremes(data);
  const sum = plainNumber(exactSum(numbers(data)));
  return { kind: "array", dtype, shape, size, first, sum, min: show(min), max: show(max), sha256: hash };
}

function* numbers(data: Tensor["data"]): Generator<number> {
  for (const value of data) yield Number(value);
}

/** Least and greatest; NaN when one value is. */
function extremes(data: Tensor["data"]): readonly [number | bigint, number | bigint] {
  let [least, greatest]: (number | bigint)[] = [data[0] ?? 0, data[0] ?? 0];
  for (const value of data) {
    if (typeof value === "number" && Number.isNaN(value)) return [value, value];
    if (value < (least ?? value)) least = value;
    if (value > (greatest ?? value)) greatest = value;
  }
  return [least ?? 0, greatest ?? 0];
}

function plainNumber(value: number | bigint): SidecarNumber {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return Number.isFinite(value) ? value : String(value);
}
