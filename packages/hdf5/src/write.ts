/** Writing `.nir` files, in the layout that the Python package reads. */
import {
  assertNoErrors,
  completeGraph,
  type Diagnostic,
  graphDiagnostic,
  type InferOptions,
  inferTypes,
  type NirGraph,
  type NirNode,
  nodeParam,
  type ParamValue,
  validateGraph,
} from "@nirkit/graph";
import { completeShapes } from "./complete-shapes.ts";
import { hdf5Diagnostic } from "./diagnostics.ts";
import { type Compression, type Content, encodeHdf5, type Tree } from "./hdf5-writer.ts";
import { accepted, type Leniency } from "./leniency.ts";
import { pythonLimits } from "./python-limits.ts";
import { compatibleVersion } from "./version.ts";
import { type LeafType, type WireParam, wireParams } from "./wire-names.ts";
import { checkName, metadataTree } from "./write-metadata.ts";

/** How a file is written; every field may be left out. */
export interface WriteOptions extends Leniency {
  /** Definitions of the extension types in the graph; no other NIR reader opens such a file. */
  readonly extensions?: NonNullable<InferOptions["extensions"]>;
  /** Default `{ gzip: 4 }`; arrays below 4 KiB stay contiguous in any case. */
  readonly compression?: Compression;
  /** The oldest release that has to read the file: 1.0.5 knows no v_reset. Default 1.0.8. */
  readonly target?: "1.0.5" | "1.0.8";
  /**
   * Write the graph as the Python package holds it after inference: with the Inputs and Outputs that are missing, and
   * with parameters that stand for all neurons repeated, which it otherwise refuses. Default false.
   */
  readonly complete?: boolean;
}

/**
 * Encodes a graph as a `.nir` file that the Python package reads: every parameter (v_reset, w_in, bias and the
 * inferred shapes included), text as variable-length UTF-8, integers as int64, no attributes, version 1.0.8.
 * Equal graphs give equal bytes; members are ordered by name as HDF5 lists them, edges keep their order.
 *
 * @throws NirkitError with the errors of `validateGraph`; E_UNTYPED for a shape that nothing tells and
 *   E_NOT_WRITABLE for names, texts and numbers that HDF5 or the reference cannot hold
 */
export async function writeNir(graph: NirGraph, options: WriteOptions = {}): Promise<Uint8Array> {
  assertNoErrors(accepted(validateGraph(graph, { extensions: options.extensions ?? [] }), options));
  return encodeNir(completed(graph, options), options);
}

/**
 * Encodes a graph as {@link writeNir} does, and says what readers should know: the warnings of `validateGraph`, and
 * W_PYTHON_CANNOT_READ where the Python package refuses the file or computes other types. Paths are those in the file.
 *
 * @throws NirkitError as {@link writeNir}
 */
export async function writeNirWithReport(
  graph: NirGraph,
  options: WriteOptions = {},
): Promise<{ bytes: Uint8Array; diagnostics: readonly Diagnostic[] }> {
  const { extensions = [] } = options;
  const bytes = await writeNir(graph, options);
  const stored = completed(graph, options);
  const findings = accepted(validateGraph(stored, { extensions, paths: "file" }), options);
  return { bytes, diagnostics: [...findings, ...pythonLimits(stored, findings)] };
}

/** The graph as it is stored: with every shape that inference knows, or as the Python package completes it. */
function completed(graph: NirGraph, { complete = false, extensions = [] }: WriteOptions): NirGraph {
  return complete
    ? completeGraph(graph, { extensions })
    : completeShapes(graph, inferTypes(graph, { extensions }));
}

async function encodeNir(completed: NirGraph, options: WriteOptions): Promise<Uint8Array> {
  const { compression = { gzip: 4 }, target = compatibleVersion } = options;
  const writing: Writing = { target, diagnostics: [] };
  const node = graphTree(writing, completed, []);
  assertNoErrors(writing.diagnostics);
  const root: Tree = new Map<string, Tree | Content>([
    ["version", target],
    ["node", node],
  ]);
  return encodeHdf5(root, compression);
}

interface Writing {
  readonly target: "1.0.5" | "1.0.8";
  readonly diagnostics: Diagnostic[];
}

function graphTree(writing: Writing, graph: NirGraph, names: readonly string[]): Tree {
  const at = `/node${names.map((name) => `/nodes/${name}`).join("")}`;
  const nodes = new Map<string, Tree | Content>();
  for (const [name, node] of graph.nodes()) {
    checkName(name, `${at}/nodes/${name}`, writing.diagnostics);
    nodes.set(name, nodeTree(writing, node, [...names, name]));
  }
  const tree = new Map<string, Tree | Content>([
    ["type", "NIRGraph"],
    ["nodes", nodes],
    ["edges", { pairs: graph.edges() }],
  ]);
  if (graph.metadata.size > 0)
    tree.set("metadata", metadataTree(graph.metadata, `${at}/metadata`, writing.diagnostics));
  return tree;
}

function nodeTree(writing: Writing, node: NirNode, names: readonly string[]): Tree {
  if (node.type === "NIRGraph" && "graph" in node) return graphTree(writing, node.graph, names);
  const at = `/node${names.map((name) => `/nodes/${name}`).join("")}`;
  const tree = new Map<string, Tree | Content>([["type", node.type]]);
  if ("params" in node)
    for (const [name, value] of node.params) {
      checkName(name, `${at}/${name}`, writing.diagnostics);
      tree.set(name, contentOf(value));
    }
  else for (const param of wireParams[node.type as LeafType]) setParam(writing, tree, node, param, names, at);
  if (node.metadata !== undefined && node.metadata.size > 0)
    tree.set("metadata", metadataTree(node.metadata, `${at}/metadata`, writing.diagnostics));
  return tree;
}

function setParam(
  writing: Writing,
  tree: Map<string, Tree | Content>,
  node: NirNode,
  { wire, key }: WireParam,
  names: readonly string[],
  at: string,
): void {
  const value = nodeParam(node, key);
  if (value === undefined)
    writing.diagnostics.push(graphDiagnostic("E_UNTYPED", `${at}/${wire}`, { nodes: [names.join("/")] }));
  else if (wire === "v_reset" && writing.target === "1.0.5") refuseReset(writing, value, `${at}/${wire}`);
  else tree.set(wire, contentOf(value));
}

/** Numbers are sizes: int64, a scalar for one and rank 1 for a list. */
function contentOf(value: ParamValue): Content {
  if (typeof value === "string") return value;
  if (typeof value === "number") return { dtype: "int64", shape: [], data: BigInt64Array.of(BigInt(value)) };
  if ("dtype" in value) return value;
  return { dtype: "int64", shape: [value.length], data: BigInt64Array.from(value, BigInt) };
}

/** Readers up to 1.0.5 know no v_reset; zero is what newer ones then assume. */
function refuseReset(writing: Writing, value: ParamValue, at: string): void {
  if (typeof value !== "object" || !("dtype" in value) || value.data.every((v) => Number(v) === 0)) return;
  const what = "nir 1.0.5 has no v_reset, and this one is not zero";
  writing.diagnostics.push(hdf5Diagnostic("E_NOT_WRITABLE", at, { what, hint: "Write for target 1.0.8" }));
}
