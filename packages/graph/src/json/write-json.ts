/**
 * The canonical JSON form of a graph (`.nir.json`): keys sorted, nodes sorted by name, edges in order, tensors as
 * dtype, shape and base64 of their little-endian bytes. Equal graphs give equal text, so its SHA-256 names a graph.
 */

import type { NirGraph } from "../graph.ts";
import { compareNames } from "../infer/elaborate.ts";
import type { Metadata, MetadataValue, NirNode } from "../node.ts";
import type { Tensor } from "../tensor.ts";
import { tensorBytes } from "../tensor-bytes.ts";
import { encodeBase64 } from "./base64.ts";

/** Value of `schema` in the JSON form. */
export const graphSchemaName = "nirkit-graph/1";

/**
 * The canonical JSON text of a graph. The version of the file it came from is no part of it.
 *
 * Numbers that JSON lacks are `{"number": "NaN"}` (also Infinity, -Infinity, -0), big integers `{"bigint": "…"}`.
 */
export function graphToJson(graph: NirGraph): string {
  return [...graphJsonParts(graph)].join("");
}

/** The same text piece by piece, so that it can be hashed without standing in memory whole. */
export function* graphJsonParts(graph: NirGraph): Generator<string> {
  yield* graphParts(graph, `"schema":${JSON.stringify(graphSchemaName)}`);
  yield "\n";
}

function* graphParts(graph: NirGraph, extra?: string): Generator<string> {
  yield `{"edges":${JSON.stringify(graph.edges())}`;
  if (graph.metadata.size > 0) yield `,"metadata":${mapText(graph.metadata)}`;
  yield ',"nodes":{';
  const nodes = [...graph.nodes()].sort(([a], [b]) => compareNames(a, b));
  for (const [i, [name, node]] of nodes.entries()) {
    yield `${i === 0 ? "\n" : ",\n"}${JSON.stringify(name)}:`;
    yield* nodeParts(node);
  }
  yield extra === undefined ? "}}" : `},${extra}}`;
}

function* nodeParts(node: NirNode): Generator<string> {
  const empty = node.metadata?.size === 0;
  const entries = Object.entries(node).filter(
    ([key, value]) => value !== undefined && !(empty && key === "metadata"),
  );
  entries.sort(([a], [b]) => compareNames(a, b));
  for (const [i, [key, value]] of entries.entries()) {
    yield `${i === 0 ? "{" : ","}${JSON.stringify(key)}:`;
    if (key === "graph") yield* graphParts(value as NirGraph);
    else if (key === "metadata" || key === "params") yield mapText(value as Metadata);
    else if (typeof value === "object" && "dtype" in value) yield* tensorParts(value as Tensor);
    else yield valueText(value as ParamValue);
  }
  yield "}";
}

type ParamValue = MetadataValue | readonly number[];

function mapText(map: ReadonlyMap<string, ParamValue>): string {
  const keys = [...map.keys()].sort(compareNames);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${valueText(map.get(key) as ParamValue)}`).join(",")}}`;
}

function valueText(value: ParamValue): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "bigint") return `{"bigint":"${value}"}`;
  if (typeof value === "string" || typeof value === "boolean") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((v: number | string) => valueText(v)).join(",")}]`;
  if (value instanceof Map) return `{"map":${mapText(value)}}`;
  return [...tensorParts(value as Tensor)].join("");
}

/** What is encoded at once: a multiple of 3 bytes, so that only the last piece is padded. */
const pieceBytes = 3 * 2 ** 16;

function* tensorParts(tensor: Tensor): Generator<string> {
  const bytes = tensorBytes(tensor);
  yield '{"data":"';
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield encodeBase64(bytes.subarray(at, at + pieceBytes));
  yield `","dtype":"${tensor.dtype}","shape":[${tensor.shape.join(",")}]}`;
}

function numberText(value: number): string {
  return Number.isFinite(value) && !Object.is(value, -0)
    ? JSON.stringify(value)
    : `{"number":"${Object.is(value, -0) ? "-0" : value}"}`;
}
