/** The populations of a network in the order in which many steps of each can be computed at once. */
import type { Network } from "../network.ts";

/** Populations that depend on each other's past, in step order; one without a loop stands alone. */
export interface PopulationGroup {
  readonly names: readonly string[];
  /** Steps that all members can take before any needs what another made meanwhile; Infinity without a loop. */
  readonly stride: number;
}

/**
 * Strongly connected populations, sources first.
 *
 * A projection counts whatever its delay: a group reads only what groups before it, or its own past, have made.
 */
export function populationGroups(network: Network): readonly PopulationGroup[] {
  const names = network.populations.map(({ name }) => name);
  const inner = network.projections.filter(({ source }) => names.includes(source));
  const reach = new Map(names.map((name) => [name, reachable(name, inner)]));
  const group = (name: string): readonly string[] =>
    names.filter((other) => other === name || (reach.get(name)?.has(other) && reach.get(other)?.has(name)));
  const done = new Set<string>();
  const groups: PopulationGroup[] = [];
  const visit = (name: string): void => {
    if (done.has(name)) return;
    const members = group(name);
    for (const member of members) done.add(member);
    for (const { source, target } of inner)
      if (members.includes(target) && !members.includes(source)) visit(source);
    groups.push({ names: members, stride: strideOf(members, inner) });
  };
  for (const name of names) visit(name);
  return groups;
}

function reachable(from: string, projections: Network["projections"]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [from];
  for (let name = open.pop(); name !== undefined; name = open.pop())
    for (const { source, target } of projections)
      if (source === name && !found.has(target)) {
        found.add(target);
        open.push(target);
      }
  return found;
}

function strideOf(members: readonly string[], projections: Network["projections"]): number {
  const delays = projections
    .filter(({ source, target }) => members.includes(source) && members.includes(target))
    .map(({ delay }) => delay);
  if (delays.length === 0) return Number.POSITIVE_INFINITY;
  return Math.max(1, Math.min(...delays));
}
