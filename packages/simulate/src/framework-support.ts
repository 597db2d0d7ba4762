/** Which frameworks can run a graph, and because of which node not. */
import { type Diagnostic, inferTypes, type NirGraph, type NirNode } from "@nirkit/graph";
import { simulateDiagnostic } from "./diagnostics.ts";
import { type Importer, importers } from "./import-table.ts";
import { onLoops } from "./on-loops.ts";

/** One framework's verdict. */
export interface FrameworkSupport {
  readonly target: string;
  /** True when no reason is an error. */
  readonly ok: boolean;
  /** E_NOT_IMPORTED, E_IMPORT_CONDITION, W_IMPORT_CHANGED, W_IMPORT_UNKNOWN, at the node that gives rise to each. */
  readonly reasons: readonly Diagnostic[];
}

/**
 * Asks the import table of every framework about every node, nested ones included. Shapes are not looked at: validate
 * the graph first. A warning leaves the framework in: it runs the node as something else, or nobody looked.
 *
 * @example frameworkSupport(cnn).filter(({ ok }) => ok).map(({ target }) => target)
 */
export function frameworkSupport(graph: NirGraph): readonly FrameworkSupport[] {
  const leaves = leavesOf(graph);
  return [...importers.values()].map((importer) => {
    const reasons = leaves.flatMap((leaf) => reasonsOf(leaf, importer));
    return { target: importer.target, ok: reasons.every(({ level }) => level !== "error"), reasons };
  });
}

interface Leaf {
  /** `nodes.block.nodes.lif` */
  readonly path: string;
  readonly node: NirNode;
  readonly recurrent: boolean;
}

function leavesOf(graph: NirGraph): Leaf[] {
  const { leaves, edges } = inferTypes(graph);
  const loops = onLoops(
    leaves.length,
    edges.map(({ from, to }) => [from, to] as const),
  );
  return leaves.map(({ names, node }, i) => ({
    path: names.map((name) => `nodes.${name}`).join("."),
    node,
    recurrent: loops.has(i),
  }));
}

function reasonsOf(
  { path, node, recurrent }: Leaf,
  { target, imports, refuses, rules }: Importer,
): Diagnostic[] {
  const { type } = node;
  if (type === "Input" || type === "Output") return [];
  const known: readonly string[] = imports;
  const refused: readonly string[] = refuses;
  if (type.includes(":") || refused.includes(type))
    return [simulateDiagnostic("E_NOT_IMPORTED", path, { target, type, imports: known })];
  const said = rules
    .filter((rule) => (rule.types as readonly string[]).includes(type))
    .filter(({ when }) => when === undefined || when(node, { recurrent }))
    .map(({ effect, what, hint }) =>
      simulateDiagnostic(effect === "refused" ? "E_IMPORT_CONDITION" : "W_IMPORT_CHANGED", path, {
        target,
        type,
        what,
        hint,
      }),
    );
  const unknown = !known.includes(type) && said.every(({ level }) => level !== "error");
  return unknown ? [...said, simulateDiagnostic("W_IMPORT_UNKNOWN", path, { target, type })] : said;
}
