/** Reads the JSON form of a graph. Everything in the text is hostile until checked. */

import { graphDiagnostic } from "../diagnostics.ts";
import { NirkitError } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import { type Edge, NirGraph } from "../graph.ts";
import type { Metadata, MetadataValue, NirNode } from "../node.ts";
import { placeOf } from "../place.ts";
import { type DType, dtypes, type Tensor } from "../tensor.ts";
import { tensorFromBytes } from "../tensor-bytes.ts";
import { checkSchema } from "../validate/check-schema.ts";
import { decodeBase64 } from "./base64.ts";
import { graphSchemaName } from "./write-json.ts";

/** Deepest nesting of graphs and metadata that is read. */
const maxDepth = 64;

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/**
 * The graph of a text that `graphToJson` wrote. Names, edges and the schema of every node are checked; values and
 * shapes between nodes are for `validateGraph`.
 *
 * @throws E_BAD_JSON with the place, and the codes of names, edges and node schemas
 */
export function graphFromJson(
  text: string,
  { extensions = [] }: { readonly extensions?: readonly ExtensionNodeType[] } = {},
): NirGraph {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    return refuse("", error instanceof Error ? error.message : "no JSON");
  }
  const root = asRecord(json, "");
  if (root.schema !== graphSchemaName) refuse("schema", `is not "${graphSchemaName}"`);
  return readGraph(root, "", [], extensions, 0);
}

function refuse(path: string, why: string): never {
  throw new NirkitError([graphDiagnostic("E_BAD_JSON", path === "" ? "graph" : path, { why })]);
}

function asRecord(json: Json | undefined, path: string): { readonly [key: string]: Json } {
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return refuse(path, "is not an object");
  return json as { readonly [key: string]: Json };
}

function readGraph(
  json: { readonly [key: string]: Json },
  path: string,
  names: readonly string[],
  extensions: readonly ExtensionNodeType[],
  depth: number,
): NirGraph {
  if (depth > maxDepth) return refuse(path, `is nested deeper than ${maxDepth}`);
  const edges = json.edges;
  if (!Array.isArray(edges)) return refuse(`${path}edges`, "is not a list");
  const nodes = Object.entries(asRecord(json.nodes, `${path}nodes`)).map(
    ([name, value]): [string, NirNode] => {
      const at = `${path}nodes.${name}`;
      const node = readNode(asRecord(value, at), at, [...names, name], extensions, depth);
      const wrong = checkSchema(node, [...names, name], placeOf("memory"), extensions);
      if (wrong.length > 0) throw new NirkitError(wrong);
      return [name, node];
    },
  );
  const metadata =
    json.metadata === undefined ? {} : { metadata: readMap(json.metadata, `${path}metadata`, 0) };
  return NirGraph.from({
    nodes,
    edges: edges.map((edge: Json, i) => readEdge(edge, `${path}edges[${i}]`)),
    ...metadata,
  });
}

function readEdge(json: Json, path: string): Edge {
  const [source, target] = Array.isArray(json) && json.length === 2 ? json : [];
  if (typeof source !== "string" || typeof target !== "string") return refuse(path, "is not a pair of names");
  return [source, target];
}

function readNode(
  json: { readonly [key: string]: Json },
  path: string,
  names: readonly string[],
  extensions: readonly ExtensionNodeType[],
  depth: number,
): NirNode {
  const entries = Object.entries(json).map(([key, value]): [string, unknown] => {
    const at = `${path}.${key}`;
    if (key === "graph" && json.type === "NIRGraph")
      return [key, readGraph(asRecord(value, at), `${at}.`, names, extensions, depth + 1)];
    if (key === "metadata" || key === "params") return [key, readMap(value, at, 0)];
    return [key, readValue(value, at, 0)];
  });
  // What the entries say a node is, its schema checks.
  return Object.fromEntries(entries) as unknown as NirNode;
}

function readMap(json: Json, path: string, depth: number): Metadata {
  const entries = Object.entries(asRecord(json, path));
  return new Map(
    entries.map(([key, value]) => [key, readValue(value, `${path}.${key}`, depth + 1) as MetadataValue]),
  );
}

function readValue(json: Json, path: string, depth: number): MetadataValue | readonly number[] {
  if (depth > maxDepth) return refuse(path, `is nested deeper than ${maxDepth}`);
  if (json === null) return refuse(path, "is null");
  if (typeof json !== "object") return json;
  if (Array.isArray(json)) {
    const list: unknown[] = json.map((entry, i) => readValue(entry, `${path}[${i}]`, depth + 1));
    if (list.every((entry) => typeof entry === "string")) return list;
    if (list.every((entry) => typeof entry === "number")) return list;
    return refuse(path, "mixes numbers and text");
  }
  const record = asRecord(json, path);
  if (record.map !== undefined) return readMap(record.map, path, depth);
  if (typeof record.bigint === "string" && /^-?\d{1,400}$/.test(record.bigint)) return BigInt(record.bigint);
  if (typeof record.number === "string" && /^(-?0|NaN|-?Infinity)$/.test(record.number))
    return Number(record.number);
  return readTensor(record, path);
}

function readTensor({ dtype, shape, data }: { readonly [key: string]: Json }, path: string): Tensor {
  if (typeof dtype !== "string" || !dtypes.includes(dtype as DType))
    return refuse(`${path}.dtype`, "is no dtype");
  if (
    !Array.isArray(shape) ||
    !shape.every((n) => typeof n === "number" && Number.isSafeInteger(n) && n >= 0)
  )
    return refuse(`${path}.shape`, "is not a list of sizes");
  const bytes = typeof data === "string" ? decodeBase64(data) : undefined;
  if (bytes === undefined) return refuse(`${path}.data`, "is not base64");
  try {
    return tensorFromBytes(dtype as DType, shape as number[], bytes);
  } catch (error) {
    return refuse(`${path}.data`, error instanceof Error ? error.message : "does not fit");
  }
}
