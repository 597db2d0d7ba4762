/** Reading `.nir` files: never half of one, never with an exception that does not say what is wrong. */
import {
  assertNoErrors,
  type Diagnostic,
  type ExtensionNodeType,
  graphDiagnostic,
  inferTypes,
  NirGraph,
  NirkitError,
  type NirNode,
  validateGraph,
} from "@nirkit/graph";
import { completeShapes } from "./complete-shapes.ts";
import { type OpenOptions, type StoredFileOptions, withHdf5, withStoredHdf5 } from "./container.ts";
import { legacyLayout } from "./diagnostics.ts";
import type { StoredBytes } from "./direct/file-bytes.ts";
import type { Hdf5File } from "./hdf5-file.ts";
import { accepted, type Leniency, strictly } from "./leniency.ts";
import { readNode } from "./read-node.ts";
import { Reading } from "./reading.ts";
import { type RepairName, repairGraph } from "./repair.ts";
import { readVersion } from "./version.ts";

/** How a file is read; every field may be left out. */
export interface ReadOptions extends Leniency {
  /** Refuse what the Python package refuses, instead of filling it in with a warning. Default false. */
  readonly strict?: boolean;
  /** Bytes that the arrays of a file may declare together. Default 2 GiB. */
  readonly maxBytes?: number;
  /** Types outside the 19 that may be read; others are E_UNKNOWN_TYPE. */
  readonly extensions?: readonly ExtensionNodeType[];
  /** Known defects of exporters to mend, each with a W_REPAIRED; none by default. */
  readonly repair?: readonly RepairName[];
}

/** A file that was looked at. */
export interface Inspected {
  /** The graph, whenever all of it could be read, also if it has errors; undefined otherwise. */
  readonly graph?: NirGraph;
  readonly diagnostics: readonly Diagnostic[];
  /** `/version` of the file. */
  readonly version?: string;
}

const twoGiB = 2 ** 31;

/**
 * Reads a `.nir` file and everything there is to say about it, with HDF5 paths. For bytes of any content it returns;
 * `diagnostics` then says why there is no graph.
 *
 * Tensors keep dtype and shape of the file. What old releases left out is filled in: v_reset (0), w_in (1), bias (0),
 * and the shapes that inference knows.
 */
export async function inspectNir(bytes: Uint8Array, options: ReadOptions = {}): Promise<Inspected> {
  return inspect(bytes, options, {});
}

/** {@link inspectNir}, with a say in how the file is opened. */
export async function inspect(
  bytes: Uint8Array,
  options: ReadOptions,
  opening: Omit<OpenOptions, "maxBytes">,
): Promise<Inspected> {
  const { maxBytes = twoGiB } = options;
  return inspectOpened(options, (use) => withHdf5(bytes, { maxBytes, ...opening }, use));
}

/** {@link inspectNir} of a file that is read in pieces. */
export async function inspectStored(
  file: StoredBytes,
  options: ReadOptions,
  opening: Omit<StoredFileOptions, "maxBytes">,
): Promise<Inspected> {
  const { maxBytes = twoGiB } = options;
  return inspectOpened(options, (use) => withStoredHdf5(file, { maxBytes, ...opening }, use));
}

async function inspectOpened(
  options: ReadOptions,
  open: (use: (file: Hdf5File) => Inspected) => Promise<Inspected>,
): Promise<Inspected> {
  const diagnostics: Diagnostic[] = [];
  const inspected = await open((file) => {
    diagnostics.length = 0;
    return readContainer(file, options, diagnostics);
  }).catch((error: unknown): Inspected => {
    if (error instanceof NirkitError) return { diagnostics: [...diagnostics, ...error.diagnostics] };
    throw error;
  });
  const judged = accepted(inspected.diagnostics, options);
  return { ...inspected, diagnostics: options.strict === true ? strictly(judged) : judged };
}

/**
 * Reads a `.nir` file; see {@link inspectNir} for what is filled in.
 *
 * @throws NirkitError with every diagnostic of the file when one of them is an error: E_NOT_HDF5, E_HDF5_CORRUPT,
 *   E_LEGACY_LAYOUT, E_UNKNOWN_TYPE, E_MISSING_PARAM, E_BAD_SHAPE, E_DANGLING_EDGE, E_TYPE_MISMATCH, …
 */
export async function readNir(
  bytes: Uint8Array,
  options: ReadOptions = {},
): Promise<{ graph: NirGraph; diagnostics: readonly Diagnostic[] }> {
  return sound(await inspectNir(bytes, options));
}

/**
 * The graph of a file that was looked at.
 *
 * @throws NirkitError with every diagnostic when one of them is an error
 */
export function sound({ graph, diagnostics }: Inspected): {
  graph: NirGraph;
  diagnostics: readonly Diagnostic[];
} {
  assertNoErrors(diagnostics);
  if (graph === undefined) throw new NirkitError(diagnostics);
  return { graph, diagnostics };
}

function readContainer(file: Hdf5File, options: ReadOptions, diagnostics: Diagnostic[]): Inspected {
  const version = readVersion(file, diagnostics);
  const extensions = new Set<string>(options.extensions?.map(({ type }) => type));
  const reading = new Reading(file, version, extensions, diagnostics);
  const named = version === undefined ? {} : { version };
  const root = readRoot(reading);
  if (root === undefined) return { diagnostics, ...named };
  const whole = !diagnostics.some(({ level }) => level === "error");
  const read = root.type === "NIRGraph" && "graph" in root ? root.graph : wrapped(reading, root);
  const repaired = repairGraph(read, options.repair ?? [], { extensions: options.extensions ?? [] });
  diagnostics.push(...repaired.diagnostics);
  const findings = validateGraph(repaired.graph, { paths: "file", extensions: options.extensions ?? [] });
  if (!whole) return { diagnostics: [...diagnostics, ...surely(findings, reading.unread)], ...named };
  const graph = completeShapes(
    repaired.graph,
    inferTypes(repaired.graph, { extensions: options.extensions ?? [] }),
  );
  return { graph, diagnostics: [...diagnostics, ...findings], ...named };
}

function readRoot(reading: Reading): NirNode | undefined {
  const { file, report } = reading;
  const kind = file.kind("/node");
  if (kind === "group") return readNode(reading, "/node", 0);
  if (kind === "nothing" && file.kind("/nodes") === "group")
    return report(legacyLayout("/nodes", "0.0.1 to 0.0.5", "nodes at the root"));
  const message = kind === "nothing" ? "There is no /node group" : `/node is a ${kind}, not a group`;
  const hint = "A NIR file keeps its graph under /node; this is another kind of HDF5 file";
  return report(graphDiagnostic("E_NO_ROOT_NODE", "/node", { message, hint }));
}

/** A bare node, which Python writes but cannot read back, between an Input and an Output. */
function wrapped(reading: Reading, node: NirNode): NirGraph {
  reading.report(graphDiagnostic("W_ROOT_NOT_GRAPH", "/node/type", { type: node.type }));
  const name = node.type.toLowerCase();
  const version = reading.version === undefined ? {} : { version: reading.version };
  const types = NirGraph.unchecked({ nodes: [[name, node]], edges: [] }).types();
  const [input, output] = [types.inputShape(name), types.outputShape(name)];
  return NirGraph.unchecked({
    nodes: [
      ["input", { type: "Input", shape: input ?? [] }],
      [name, node],
      ["output", { type: "Output", ...(output === undefined ? {} : { shape: output }) }],
    ],
    edges: [
      ["input", name],
      [name, "output"],
    ],
    ...version,
  });
}

/**
 * The findings in a graph some of whose nodes could not be read that would stand with all of them: no guesses about
 * edges at the missing nodes, about shapes that they would have told, or about what they would have connected.
 */
function surely(findings: readonly Diagnostic[], unread: ReadonlySet<string>): Diagnostic[] {
  return findings.filter(({ code, level, path, detail }) => {
    if (level !== "error" || code === "E_UNTYPED" || code === "E_AMBIGUOUS_PORT") return false;
    if (code !== "E_DANGLING_EDGE") return true;
    const graph = path.slice(0, path.lastIndexOf("/edges["));
    const missing = (detail?.missing ?? []) as readonly string[];
    return missing.some((name) => !unread.has(`${graph}/nodes/${name}`));
  });
}
