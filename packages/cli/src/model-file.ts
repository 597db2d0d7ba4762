/** Opening and saving networks: `.nir` (HDF5) and `.nir.json`, told apart by their names, else by their content. */
import type { Diagnostic, NirGraph } from "@nirkit/graph";
import { graphFromJson, graphToJson, NirkitError, validateGraph } from "@nirkit/graph";
import { inspectNir, type ReadOptions, type WriteOptions, writeNir, writeNirWithReport } from "@nirkit/hdf5";
import { inspectNirFile, type TensorReading } from "@nirkit/hdf5/node";
import { extensions } from "./extension-types.ts";
import { explainForeign } from "./foreign-format.ts";
import { writeOutput } from "./output-file.ts";
import { readBytes, readStart } from "./read-bytes.ts";
import { usageError } from "./usage-error.ts";

/** A network that could be read, with what there is to say about it. */
export interface OpenedModel {
  readonly graph: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly format: "hdf5" | "json";
}

/** What can be said of a file that may be unreadable. */
export interface InspectedModel {
  readonly graph?: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly version?: string;
  readonly format: "hdf5" | "json";
}

/**
 * Opens a network.
 *
 * @param path absolute, or relative to the current folder
 * @throws NirkitError with every error of the file at once
 */
export async function openModel(path: string, options: ReadOptions = {}): Promise<OpenedModel> {
  const { graph, diagnostics, format } = await inspectFile(path, options, "eager");
  if (graph === undefined || diagnostics.some((d) => d.level === "error")) throw new NirkitError(diagnostics);
  return { graph, diagnostics, format };
}

/**
 * Looks at a network without refusing it: only an unreadable file throws (`E_FILE_READ`). Large arrays stay in the file
 * until they are asked for, so that a network larger than memory can be looked at.
 */
export async function inspectModel(path: string, options: ReadOptions = {}): Promise<InspectedModel> {
  return inspectFile(path, options, "lazy");
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
    : await writeNirWithReport(graph, { extensions, ...options });
  await writeOutput(path, bytes, force);
  return { bytes: bytes.length, diagnostics };
}

async function inspectFile(
  path: string,
  options: ReadOptions,
  tensors: TensorReading,
): Promise<InspectedModel> {
  const { bytes: start, whole } = await readStart(path);
  const reading = { extensions, ...options };
  if (!isJson(path, start)) {
    const inspected = whole
      ? await inspectNir(start, reading)
      : await inspectNirFile(path, { ...reading, tensors });
    return { ...inspected, diagnostics: explainForeign(inspected.diagnostics, start), format: "hdf5" };
  }
  const plain = inspectJson(whole ? start : await readBytes(path));
  return plain.graph === undefined || Object.keys(options).length === 0
    ? plain
    : { ...(await asNir(plain.graph, reading)), format: "json" };
}

/** Options of the reader for the text form: the network is read as the `.nir` file that it would be. */
async function asNir(graph: NirGraph, options: ReadOptions): Promise<Omit<InspectedModel, "format">> {
  try {
    return await inspectNir(await writeNir(graph, { extensions, types: "skip", nonFinite: "warn" }), options);
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
    const graph = graphFromJson(new TextDecoder().decode(bytes), { extensions });
    const version = graph.version === undefined ? {} : { version: graph.version };
    const diagnostics = validateGraph(graph, { paths: "memory", extensions });
    return { graph, diagnostics, format: "json", ...version };
  } catch (error) {
    if (error instanceof NirkitError) return { diagnostics: error.diagnostics, format: "json" };
    throw error;
  }
}
