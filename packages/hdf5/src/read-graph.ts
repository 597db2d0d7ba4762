/** Graphs, root or nested: the nodes in file order, the edges in theirs. */
import { type Edge, graphDiagnostic, NirGraph, type NirNode } from "@nirkit/graph";
import { badLayout, corrupt, externalLink, legacyLayout } from "./diagnostics.ts";
import { readMetadata } from "./read-metadata.ts";
import { elementName, openDataset, shapeName } from "./read-value.ts";
import type { Reading } from "./reading.ts";

const known: ReadonlySet<string> = new Set(["type", "nodes", "edges", "metadata"]);

/** Reads one node; handed in because nodes and graphs contain each other. */
export type NodeReader = (reading: Reading, path: string, depth: number) => NirNode | undefined;

/** Reads the graph whose group is `path`; nodes that cannot be read are left out after saying why. */
export function readGraph(
  reading: Reading,
  path: string,
  members: readonly string[],
  depth: number,
  readNode: NodeReader,
): NirGraph | undefined {
  const { report } = reading;
  for (const param of members)
    if (!known.has(param))
      report(graphDiagnostic("W_UNKNOWN_PARAM", `${path}/${param}`, { param, type: "NIRGraph" }));
  const at = `${path}/nodes`;
  const names = members.includes("nodes") && isGroup(reading, at) ? reading.file.members(at) : [];
  const edges = readEdges(reading, path, members, names);
  if (reading.diagnostics.some(({ code }) => code === "E_LEGACY_LAYOUT")) return undefined;
  const nodes = readNodes(
    reading,
    path,
    members,
    names,
    (child) => readNode(reading, child, depth + 1),
    depth,
  );
  const metadata = members.includes("metadata") ? readMetadata(reading, `${path}/metadata`) : undefined;
  if (nodes === undefined || edges === undefined) return undefined;
  const read = [...nodes].filter((entry): entry is [string, NirNode] => entry[1] !== undefined);
  return NirGraph.unchecked({
    nodes: read,
    edges,
    ...(metadata === undefined ? {} : { metadata }),
    ...(depth > 0 || reading.version === undefined ? {} : { version: reading.version }),
  });
}

function readNodes(
  reading: Reading,
  path: string,
  members: readonly string[],
  names: readonly string[],
  read: (path: string) => NirNode | undefined,
  depth: number,
): Map<string, NirNode | undefined> | undefined {
  const at = `${path}/nodes`;
  if (!members.includes("nodes"))
    return reading.report(graphDiagnostic("E_MISSING_PARAM", at, { param: "nodes", type: "NIRGraph" }));
  if (reading.file.kind(at) !== "group" || !reading.enter(at, depth)) return undefined;
  const nodes = new Map<string, NirNode | undefined>();
  for (const name of names) {
    const child = `${at}/${name}`;
    const node = isGroup(reading, child) ? read(child) : undefined;
    if (node === undefined) reading.unread.add(child);
    nodes.set(name, node);
  }
  return nodes;
}

function isGroup({ file, report }: Reading, path: string): boolean {
  const kind = file.kind(path);
  if (kind === "group") return true;
  if (kind === "external link") report(externalLink(path));
  else if (kind === "broken link" || kind === "nothing") report(corrupt(path, "a link that leads nowhere"));
  else report(badLayout(path, `Found a ${kind} where the group of a node belongs`));
  return false;
}

function readEdges(
  reading: Reading,
  path: string,
  members: readonly string[],
  names: readonly string[],
): Edge[] | undefined {
  const { file, report } = reading;
  const at = `${path}/edges`;
  if (!members.includes("edges"))
    return report(graphDiagnostic("E_MISSING_PARAM", at, { param: "edges", type: "NIRGraph" }));
  const dataset = openDataset(file, at, report);
  if (dataset === undefined) return undefined;
  const { element, shape } = dataset;
  // Python stores an empty list as float64 of shape [0].
  if (shape !== null && dataset.count === 0) return [];
  if (element !== "string") {
    const decimal = names.length > 0 && names.every((name) => /^\d+$/.test(name));
    return typeof element === "string" && /int/.test(element) && decimal
      ? report(legacyLayout(at, "0.0.6", "edges are numbers"))
      : report(
          graphDiagnostic("E_BAD_DTYPE", at, { found: elementName(dataset), expected: "pairs of names" }),
        );
  }
  if (shape?.length !== 2 || shape[1] !== 2)
    return report(
      graphDiagnostic("E_BAD_SHAPE", at, { found: shapeName(dataset), expected: "shape [edges, 2]" }),
    );
  const ends = file.strings(dataset);
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => [ends[2 * i] ?? "", ends[2 * i + 1] ?? ""]);
}
