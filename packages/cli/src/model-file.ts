/** Opening and saving networks: `.nir` (HDF5) and `.nir.json`, told apart by their names, else by their content. */
import type { Diagnostic, NirGraph } from "@nirkit/graph";
import { graphFromJson, graphToJson, NirkitError, validateGraph } from "@nirkit/graph";
import { inspectNir, readNir, writeNir } from "@nirkit/hdf5";
import { writeOutput } from "./output-file.ts";
import { readBytes } from "./read-bytes.ts";

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
export async function openModel(path: string): Promise<OpenedModel> {
  const bytes = await readBytes(path);
  if (!isJson(path, bytes)) return { ...(await readNir(bytes)), bytes, format: "hdf5" };
  const { graph, diagnostics } = inspectJson(bytes);
  if (graph === undefined || diagnostics.some((d) => d.level === "error")) throw new NirkitError(diagnostics);
  return { graph, diagnostics, bytes, format: "json" };
}

/** Looks at a network without refusing it: only an unreadable file throws (`E_FILE_READ`). */
export async function inspectModel(path: string): Promise<InspectedModel> {
  const bytes = await readBytes(path);
  return isJson(path, bytes) ? inspectJson(bytes) : inspectNir(bytes);
}

/** Saves a network; `.json` at the end of the name chooses the text form. */
export async function saveModel(path: string, graph: NirGraph, force: boolean): Promise<void> {
  const content = path.endsWith(".json") ? `${graphToJson(graph)}\n` : await writeNir(graph);
  await writeOutput(path, content, force);
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
