/** Loops of a graph and the nodes between them, in an order in which they can run one after the other. */
import type { Edge } from "@nirkit/graph";
import type { Unit } from "../program.ts";

/** Groups of units: a loop, or a node on none. */
export interface Components {
  readonly groups: readonly (readonly Unit[])[];
  /** Number of the group of each node. */
  readonly loopOf: ReadonlyMap<string, number>;
}

/**
 * Strongly connected components (Kosaraju), sources first; units of a component stay in the order given. Edges into
 * Delays count: a loop through one runs step by step like any other.
 */
export function components(
  units: readonly Unit[],
  edges: readonly Edge[],
  positions: ReadonlyMap<string, number>,
): Components {
  const [next, previous] = [0, 1].map(() => units.map((): number[] => [])) as [number[][], number[][]];
  for (const [from, to] of edges) {
    const [a, b] = [positions.get(from) ?? 0, positions.get(to) ?? 0];
    next[a]?.push(b);
    previous[b]?.push(a);
  }
  const finished: number[] = [];
  const seen = new Uint8Array(units.length);
  for (const root of units.keys()) walk(root, next, seen, (node) => finished.push(node));
  seen.fill(0);
  const found: number[][] = [];
  for (const root of finished.reverse()) {
    const members: number[] = [];
    walk(root, previous, seen, (node) => members.push(node));
    if (members.length > 0) found.push(members.sort((a, b) => a - b));
  }
  const groups = found.map((members) => members.map((i) => units[i] as Unit));
  const loopOf = new Map(groups.flatMap((group, i) => group.map(({ name }) => [name, i] as const)));
  return { groups, loopOf };
}

/** Depth first from a root, without recursion; `leave` in postorder. */
function walk(
  root: number,
  next: readonly (readonly number[])[],
  seen: Uint8Array,
  leave: (node: number) => void,
): void {
  if (seen[root] === 1) return;
  seen[root] = 1;
  const path: [node: number, edge: number][] = [[root, 0]];
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const to = next[top[0]]?.[top[1]++];
    if (to === undefined) {
      leave(top[0]);
      path.pop();
    } else if (seen[to] === 0) {
      seen[to] = 1;
      path.push([to, 0]);
    }
  }
}
