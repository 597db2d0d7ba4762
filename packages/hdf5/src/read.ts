/** Reading `.nir` files. */
import { assertNoErrors, type Diagnostic, NirGraph, NirkitError, type NirNode } from "@nirkit/graph";
import { type Hdf5File, withHdf5 } from "./container.ts";
import { legacyLayout } from "./diagnostics.ts";
import { readNode } from "./read-node.ts";
import { Reading } from "./reading.ts";
import { readVersion } from "./version.ts";
import { graphDiagnostic } from "@nirkit/graph";

/** How a file is read; every field may be left out. */
export interface ReadOptions {
  /** Bytes that the tensors of a file may take together; default 2 GiB. */
  readonly maxBytes?: number;
  /** Extension types that may be read; a type outside the 19 that is not listed is E_UNKNOWN_TYPE. */
  readonly extensions?: readonly { readonly type: string }[];
}

/** A file that was opened. `graph` is missing when a node or the container could not be read. */
export interface Inspected {
  readonly graph?: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  readonly version?: string;
}

const twoGiB = 2 ** 31;

export async function inspectNir(bytes: Uint8Array, options: ReadOptions = {}): Promise<Inspected> {
  const { maxBytes = twoGiB, extensions = [] } = options;
  const diagnostics: Diagnostic[] = [];
  try {
    return await withHdf5(bytes, maxBytes, (file) =>
      readFile(file, new Set(extensions.map(({ type }) => type)), diagnostics),
    );
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    return { diagnostics: [...diagnostics, ...error.diagnostics] };
  }
}

export async function readNir(
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<{ graph: NirGraph; diagnostics: readonly Diagnostic[] }> {
  const { graph, diagnostics } = await inspectNir(bytes, options);
  assertNoErrors(diagnostics);
  if (graph === undefined) throw new NirkitError(diagnostics);
  return { graph, diagnostics };
}

function readFile(file: Hdf5File, extensions: ReadonlySet<string>, diagnostics: Diagnostic[]): Inspected {
  const version = readVersion(file, diagnostics);
  const reading = new Reading(file, version, extensions, diagnostics);
  const named = version === undefined ? {} : { version };
  const root = readRoot(reading);
  if (root === undefined) return { diagnostics, ...named };
  if (diagnostics.some((d) => d.level === "error")) return { diagnostics, ...named };
  const graph = root.type === "NIRGraph" ? root.graph : NirGraph.unchecked({ nodes: [["node", root]], edges: [] });
  return { graph, diagnostics, ...named };
}

function readRoot(reading: Reading): NirNode | undefined {
  const { file, report } = reading;
  const kind = file.kind("/node");
  if (kind === "group") return readNode(reading, "/node", 0);
  if (kind === "nothing" && file.kind("/nodes") === "group")
    return report(legacyLayout("/nodes", "0.0.1 to 0.0.5", "nodes at the root"));
  const message = kind === "nothing" ? "There is no /node group" : `/node is a ${kind}, not a group`;
  return report(graphDiagnostic("E_NO_ROOT_NODE", "/node", { message }));
}
