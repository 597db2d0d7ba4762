/** What a graph needs to be one: distinct, legal names, and edges between nodes that exist. */

import { graphDiagnostic } from "../diagnostics.ts";
import type { Diagnostic } from "../diagnostics-core.ts";
import type { Edge } from "../graph.ts";
import { isNeuron, type NirNode } from "../node.ts";
import { type Place, placeOf } from "../place.ts";
import { nearestName } from "./nearest-name.ts";

/** Unknown names for which a known one is looked for. */
const maxGuesses = 20;

/**
 * Problems of names and edges. "/" joins names in flattened graphs and is legal in memory, unless a nested graph
 * could own the same path; a file cannot hold it.
 *
 * @returns E_DUPLICATE_NODE, E_BAD_NAME, and E_DANGLING_EDGE with H_RENAMED_NODE where a name comes close
 */
export function checkStructure(
  nodes: readonly (readonly [name: string, node: NirNode])[],
  edges: readonly Edge[],
  graph: readonly string[] = [],
  place: Place = placeOf("memory"),
  slashes = true,
): Diagnostic[] {
  const list: Diagnostic[] = [];
  const names = new Set<string>();
  const nested = new Set(nodes.filter(([, node]) => node.type === "NIRGraph").map(([name]) => name));
  for (const [name] of nodes) {
    const at = place.node([...graph, name]);
    if (names.has(name)) list.push(graphDiagnostic("E_DUPLICATE_NODE", at, { name }));
    names.add(name);
    const why = nameProblem(name, slashes, nested);
    if (why !== undefined) list.push(graphDiagnostic("E_BAD_NAME", at, { name, why }));
  }
  const guesses = new Map<string, string | undefined>();
  const guess = (name: string): string | undefined => {
    // Comparing names is quadratic work: a broken file gets its first guesses only.
    if (!guesses.has(name) && guesses.size < maxGuesses)
      guesses.set(name, onlyInside(name, nodes) ?? nearestName(name, [...names]) ?? onlyOfType(name, nodes));
    return guesses.get(name);
  };
  for (const [index, [source, target]] of edges.entries()) {
    const missing = [...new Set([source, target])].filter((name) => !names.has(name));
    if (missing.length === 0) continue;
    const at = place.edge(graph, index);
    const renamed = missing.flatMap((name) => {
      const nearest = guess(name);
      return nearest === undefined ? [] : [graphDiagnostic("H_RENAMED_NODE", at, { name, nearest })];
    });
    const hint = renamed.map((d) => `${d.message}. ${d.hint}`).join(". ") || undefined;
    list.push(graphDiagnostic("E_DANGLING_EDGE", at, { source, target, missing, hint }), ...renamed);
  }
  return list;
}

/** The node that a flattening exporter made of a nested graph: the only "lif1.…", or the only neuron among them. */
function onlyInside(name: string, nodes: readonly (readonly [string, NirNode])[]): string | undefined {
  const inside = name === "" ? [] : nodes.filter(([known]) => known.startsWith(`${name}.`));
  const fitting = inside.length === 1 ? inside : inside.filter(([, node]) => isNeuron(node));
  return fitting.length === 1 ? fitting[0]?.[0] : undefined;
}

/** The only node whose type contains the name: "lif" may mean the only CubaLIF. */
function onlyOfType(name: string, nodes: readonly (readonly [string, NirNode])[]): string | undefined {
  const folded = name.toLowerCase();
  const fitting = nodes.filter(([, node]) => folded.length > 1 && node.type.toLowerCase().includes(folded));
  return fitting.length === 1 ? fitting[0]?.[0] : undefined;
}

function nameProblem(name: string, slashes: boolean, nested: ReadonlySet<string>): string | undefined {
  if (name === "") return "it is empty";
  if (name === ".") return "it means the group itself in a file";
  if (name.includes("\0")) return "it contains NUL";
  if (!name.includes("/")) return undefined;
  if (!slashes) return 'it contains "/", which makes nested groups in a file';
  for (let i = name.indexOf("/"); i !== -1; i = name.indexOf("/", i + 1))
    if (nested.has(name.slice(0, i))) return `its path lies inside the nested graph "${name.slice(0, i)}"`;
  return undefined;
}
