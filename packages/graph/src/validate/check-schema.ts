/** A node against its schema, as diagnostics. */
import * as z from "zod/mini";
import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { ExtensionNodeType } from "../extensions/extension.ts";
import { type NirNode, type NodeType, nodeTypes } from "../node.ts";
import type { Place } from "../place.ts";
import { nodeSchemas } from "../schema/node-schemas.ts";
import { kindOf, type NodeIssue } from "../schema/tensor-schema.ts";
import { nearestName } from "./nearest-name.ts";

/** Nodes of NIR's own types that their schema accepted. Nodes are immutable, so an edited graph need not ask again. */
const sound = new WeakSet<NirNode>();

/**
 * What is wrong with dtypes, shapes and ranges of one node; `names` is the way to it.
 *
 * Codes: E_BAD_DTYPE, E_BAD_SHAPE, E_BAD_VALUE, E_UNKNOWN_TYPE for a type that is neither NIR's nor passed in.
 */
export function checkSchema(
  node: NirNode,
  names: readonly string[],
  place: Place,
  extensions: readonly ExtensionNodeType[],
): Diagnostic[] {
  if (sound.has(node)) return [];
  const type: unknown = node?.type;
  if (typeof type !== "string")
    return [
      graphDiagnostic("E_BAD_DTYPE", place.param(names, "type"), {
        found: kindOf(type),
        expected: "the name of a node type",
      }),
    ];
  const schema: z.core.$ZodType | undefined = Object.hasOwn(nodeSchemas, type)
    ? nodeSchemas[type as NodeType]
    : extensions.find((e) => e.type === type)?.schema;
  if (schema === undefined) {
    const known = [...nodeTypes, ...extensions.map((e) => e.type)];
    const nearest = nearestName(type, known);
    return [graphDiagnostic("E_UNKNOWN_TYPE", place.param(names, "type"), { type, known, nearest })];
  }
  const { error } = z.safeParse(schema, node);
  if (error === undefined && Object.hasOwn(nodeSchemas, type)) sound.add(node);
  return (error?.issues ?? []).map((issue) => fromIssue(issue, names, place));
}

function fromIssue(issue: z.core.$ZodIssue, names: readonly string[], place: Place): Diagnostic {
  const [param, ...index] = issue.path;
  const at = param === undefined ? place.node(names) : place.param(names, String(param), index.map(Number));
  const own = issue.code === "custom" ? (issue.params as NodeIssue | undefined) : undefined;
  if (own?.found !== undefined)
    return graphDiagnostic(own.code, at, { found: own.found, expected: own.expected });
  return graphDiagnostic("E_BAD_VALUE", at, { found: "a value that does not fit", expected: issue.message });
}
