/**
 * What the reader and writer of files have to say. Codes about a NIR file are the table of `@nirkit/graph`;
 * the words for the container stand here, and the codes that only file access has.
 */
import {
  type Diagnostic,
  type DiagnosticFactory,
  type DiagnosticText,
  defineDiagnostics,
  graphDiagnostic,
  type NodeType,
  nodeTypes,
} from "@nirkit/graph";

const table = {
  E_HDF5_UNAVAILABLE: (d: { reason: string }) => ({
    message: `The HDF5 library cannot be started: ${d.reason}`,
    hint: "Start the program, or load the page, again",
  }),
  E_FILE_EXISTS: (d: { file: string }) => ({
    message: `${d.file} exists already`,
    hint: "Pass force to overwrite it",
  }),
  E_FILE_ACCESS: (d: { action: "read" | "written"; file: string; reason: string }) => ({
    message: `${d.file} cannot be ${d.action}: ${d.reason}`,
  }),
  E_FILE_CHANGED: (d: { file: string }) => ({
    message: `${d.file} was changed or removed after it was opened, and not all of it was loaded`,
    hint: 'Read it again, or read it with tensors: "eager", which keeps all of it in memory',
  }),
  E_NOT_WRITABLE: (d: { what: string; hint: string }): DiagnosticText => ({ message: d.what, hint: d.hint }),
  E_UNKNOWN_NODE: (d: { name: string; nearest?: string }): DiagnosticText => ({
    message: `The graph has no node ${d.name}`,
    ...(d.nearest === undefined ? {} : { hint: `Is it the node ${d.nearest}?` }),
  }),
  E_UNKNOWN_REPAIR: (d: { name: string; known: readonly string[] }) => ({
    message: `There is no repair "${d.name}"`,
    hint: `The repairs are ${d.known.join(", ")}`,
  }),
  W_REPAIRED: (d: { repair: string; what: string }) => ({ message: `Repair ${d.repair}: ${d.what}` }),
} as const;

/** Makes a diagnostic of this package's own table. */
export const hdf5Diagnostic: DiagnosticFactory<typeof table> = defineDiagnostics(table);

/** E_NOT_HDF5, with what the bytes look like instead. */
export function notHdf5(found: string): Diagnostic {
  return graphDiagnostic("E_NOT_HDF5", "/", {
    message: `This is not an HDF5 file but ${found}`,
    hint: found.startsWith("a ZIP")
      ? "A PyTorch checkpoint renamed to .nir looks like this; export the network with nir.write"
      : "A .nir file is written by nir.write of the Python package, or by writeNir",
  });
}

/** E_HDF5_CORRUPT at an object. */
export function corrupt(path: string, reason: string): Diagnostic {
  return graphDiagnostic("E_HDF5_CORRUPT", path, {
    message: `The HDF5 data is damaged: ${reason}`,
    hint: "Copy the file again, or write it again; nothing of it was used",
  });
}

/** E_EXTERNAL_LINK at an object. */
export function externalLink(path: string): Diagnostic {
  return graphDiagnostic("E_EXTERNAL_LINK", path, {
    message: "This leads into another file, which is never followed",
    hint: "Copy the data into the file, for example with h5repack",
  });
}

/** E_BAD_LAYOUT: a group where a dataset belongs, the reverse, or a cycle of links. */
export function badLayout(path: string, message: string, hint?: string): Diagnostic {
  const layout = "A node is a group, and each of its parameters a dataset: write the file again";
  return graphDiagnostic("E_BAD_LAYOUT", path, { message, hint: hint ?? layout });
}

/** E_LEGACY_LAYOUT: written before node names and string edges existed. */
export function legacyLayout(path: string, releases: string, sign: string): Diagnostic {
  return graphDiagnostic("E_LEGACY_LAYOUT", path, {
    message: `The file was written by nir ${releases} (${sign}), whose layout had no node names`,
    hint: "Export the network again with nir 0.1 or newer",
  });
}

/** E_UNKNOWN_TYPE with the nearest wire name. */
export function unknownType(path: string, type: string): Diagnostic {
  const nearest = nearestType(type);
  return graphDiagnostic("E_UNKNOWN_TYPE", path, {
    type,
    known: nodeTypes,
    ...(nearest === undefined ? {} : { nearest }),
  });
}

/** Names under which classes of frameworks go, where the spelling is too far from the wire name. */
const aliases: ReadonlyMap<string, NodeType> = new Map([
  ["currlif", "CubaLIF"],
  ["currli", "CubaLI"],
  ["dense", "Affine"],
  ["maxpool2d", "SumPool2d"],
]);

function nearestType(type: string): NodeType | undefined {
  const lower = type.toLowerCase();
  const alias = aliases.get(lower);
  if (alias !== undefined) return alias;
  const ranked = nodeTypes
    .map((known) => ({ known, distance: editDistance(lower, known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best !== undefined && best.distance <= Math.max(1, type.length / 3) ? best.known : undefined;
}

/** Levenshtein distance; type names are cut at 32 characters. */
function editDistance(from: string, to: string): number {
  const a = from.slice(0, 32);
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
