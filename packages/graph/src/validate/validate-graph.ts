/** Everything that can be said about the content of a graph. */

import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import type { NirGraph } from "../graph.ts";
import { inferTypes } from "../infer/infer-types.ts";
import { type PathStyle, type Place, placeOf } from "../place.ts";
import type { Shape } from "../tensor.ts";
import { checkSchema } from "./check-schema.ts";
import { checkStructure } from "./check-structure.ts";
import { checkValues, type NonFinite } from "./check-values.ts";
import { checkEdges, checkLoops, checkReach } from "./check-wiring.ts";

/** Options of {@link validateGraph}. */
export interface ValidateOptions {
  /** How paths are written: `memory` (default) or as in a file. */
  readonly paths?: PathStyle;
  /** Refuses what only nirkit makes sense of: scalar parameters used for a whole population become E_BAD_SHAPE. */
  readonly strict?: boolean;
  /** What NaN and infinity are; an error by default. */
  readonly nonFinite?: NonFinite;
  /** `skip` leaves shapes alone (no E_TYPE_MISMATCH, E_UNTYPED, E_AMBIGUOUS_PORT, W_BROADCAST, sizes that do not fit). */
  readonly types?: "check" | "skip";
  readonly extensions?: readonly ExtensionNodeType[];
}

/**
 * Collects every diagnostic of a graph and its nested graphs: names and edges, parameters, values, shapes, loops.
 * Never throws for content.
 *
 * Codes: E_BAD_NAME, E_DANGLING_EDGE, E_BAD_DTYPE, E_BAD_SHAPE, E_BAD_VALUE, E_NON_FINITE, E_TYPE_MISMATCH, E_UNTYPED,
 * E_AMBIGUOUS_PORT, E_UNKNOWN_TYPE, W_DUPLICATE_EDGE, W_EDGE_INTO_INPUT, W_EDGE_FROM_OUTPUT, W_UNREACHABLE,
 * W_ALGEBRAIC_LOOP, W_TAU_NOT_POSITIVE, W_THRESHOLD_LE_RESET, W_BROADCAST, W_SAME_STRIDE, W_EXTENSION, and hints.
 */
export function validateGraph(graph: NirGraph, options: ValidateOptions = {}): Diagnostic[] {
  const { paths = "memory", strict = false, types = "check", extensions = [] } = options;
  const place = placeOf(paths);
  const own = checkGraph(graph, [], place, options);
  const inferred = inferTypes(graph, { paths, extensions });
  const shapes = types === "check" ? inferred.diagnostics : [];
  const said = new Set(own.map((d) => `${d.code} ${d.path}`));
  // Where an edge leads nowhere, unreachable nodes are its consequence and not worth a line each.
  const broken = [...own, ...inferred.diagnostics].some(
    (d) => d.code === "E_DANGLING_EDGE" || d.code === "E_AMBIGUOUS_PORT",
  );
  const all = [
    ...own,
    ...shapes.filter((d) => !said.has(`${d.code} ${d.path}`)),
    ...(broken ? [] : checkReach(inferred, place)),
    ...checkLoops(inferred, place),
  ];
  return strict ? all.map(refuseBroadcast) : all;
}

function checkGraph(
  graph: NirGraph,
  at: readonly string[],
  place: Place,
  options: ValidateOptions,
): Diagnostic[] {
  const { nonFinite = "error", extensions = [] } = options;
  const list = checkStructure([...graph.nodes()], graph.edges(), at, place, options.paths !== "file");
  for (const [name, node] of graph.nodes()) {
    const names = [...at, name];
    const unsound = checkSchema(node, names, place, extensions);
    list.push(...(unsound.length > 0 ? unsound : checkValues(node, names, place, nonFinite)));
    if (extensions.some((e) => e.type === node.type))
      list.push(graphDiagnostic("W_EXTENSION", place.node(names), { type: node.type }));
    if (node.type === "NIRGraph" && "graph" in node)
      list.push(...checkGraph(node.graph, names, place, options));
  }
  list.push(...checkEdges(graph, at, place));
  return list;
}

function refuseBroadcast(d: Diagnostic): Diagnostic {
  if (d.code !== "W_BROADCAST") return d;
  const { from, to, params } = d.detail as { from: Shape; to: Shape; params: readonly string[] };
  const found = `shape [${from.join(", ")}] of ${params.join(", ")}`;
  return graphDiagnostic("E_BAD_SHAPE", d.path, { found, expected: `[${to.join(", ")}]` });
}
