/** Opening and saving networks: `.nir` (HDF5) and `.nir.json`, told apart by their names, else by their content. */
import type { Diagnostic, NirGraph } from "@nirkit/graph";
import { graphFromJson, graphToJson, NirkitError, validateGraph } from "@nirkit/graph";
import { inspectNir, type ReadOptions, type WriteOptions, writeNir, writeNirWithReport } from "@nirkit/hdf5";
import { explainForeign } from "./foreign-format.ts";
import { writeOutput } from "./output-file.ts";
import { readBytes } from "./read-bytes.ts";
import { usageError } from "./usage-error.ts";

/** A network that could be read, with what there is to say about it. */
export interface OpenedModel {
  readonly graph: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly bytes: Uint8Array;
  readonly format: "hdf5" | "json";
}

/** What can be said of a file that may be unreadable. */
export interface InspectedModel {
  readonly graph?: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly version?: string;
}

/**
 * Opens a network.
 *
 * @param path absolute, or relative to the current folder
 * @throws NirkitError with every error of the file at once
 */
export async function openModel(path: string, options: ReadOptions = {}): Promise<OpenedModel> {
  const bytes = await readBytes(path);
  const format = isJson(path, bytes) ? "json" : "hdf5";
  const { graph, diagnostics } = await inspectBytes(bytes, format, options);
  if (graph === undefined || diagnostics.some((d) => d.level === "error")) throw new NirkitError(diagnostics);
  return { graph, diagnostics, bytes, format };
}

/** Looks at a network without refusing it: only an unreadable file throws (`E_FILE_READ`). */
export async function inspectModel(path: string, options: ReadOptions = {}): Promise<InspectedModel> {
  const bytes = await readBytes(path);
  return inspectBytes(bytes, isJson(path, bytes) ? "json" : "hdf5", options);
}

/**
 * Refuses, before any work, a name whose ending is no form of a network.
 *
 * @param name as the user gave it
 * @throws UsageError `E_USAGE`
 */
export function assertModelName(name: string): void {
  if (!/\.(json|nir|h5|hdf5)$/.test(name))
    throw usageError(name, "Its ending names no form that nirkit writes", "Name it .nir or .nir.json");
}

/** What was written. */
export interface SavedModel {
  readonly bytes: number;
  /** What other readers should know, W_PYTHON_CANNOT_READ among it; nothing for the text form. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Saves a network; `.json` at the end of the name chooses the text form, which takes no options. */
export async function saveModel(
  path: string,
  graph: NirGraph,
  force: boolean,
  options: WriteOptions = {},
): Promise<SavedModel> {
  const { bytes, diagnostics } = path.endsWith(".json")
    ? { bytes: new TextEncoder().encode(`${graphToJson(graph)}\n`), diagnostics: [] }
    : await writeNirWithReport(graph, options);
  await writeOutput(path, bytes, force);
  return { bytes: bytes.length, diagnostics };
}

async function inspectBytes(
  bytes: Uint8Array,
  format: OpenedModel["format"],
  options: ReadOptions,
): Promise<InspectedModel> {
  if (format === "hdf5") {
    const inspected = await inspectNir(bytes, options);
    return { ...inspected, diagnostics: explainForeign(inspected.diagnostics, bytes) };
  }
  const plain = inspectJson(bytes);
  return plain.graph === undefined || Object.keys(options).length === 0 ? plain : asNir(plain.graph, options);
}

/** Options of the reader for the text form: the network is read as the `.nir` file that it would be. */
async function asNir(graph: NirGraph, options: ReadOptions): Promise<InspectedModel> {
  try {
    return await inspectNir(await writeNir(graph, { types: "skip", nonFinite: "warn" }), options);
  } catch (error) {
    if (error instanceof NirkitError) return { diagnostics: error.diagnostics };
    throw error;
  }
}

/** No HDF5 file begins with the brace that opens a JSON object. */
function isJson(path: string, bytes: Uint8Array): boolean {
  if (path.endsWith(".json")) return true;
  const first = bytes.subarray(0, 64).find((byte) => ![0x20, 0x09, 0x0a, 0x0d].includes(byte));
  return first === 0x7b && !path.endsWith(".nir");
}

function inspectJson(bytes: Uint8Array): InspectedModel {
  try {
    const graph = graphFromJson(new TextDecoder().decode(bytes));
    const version = graph.version === undefined ? {} : { version: graph.version };
    return { graph, diagnostics: validateGraph(graph, { paths: "memory" }), ...version };
  } catch (error) {
    if (error instanceof NirkitError) return { diagnostics: error.diagnostics };
    throw error;
  }
}
