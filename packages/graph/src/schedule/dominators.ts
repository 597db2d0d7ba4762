/** Dominators: which node every way from the entries leads through. */
import type { Successors } from "./components.ts";

/** Dominance seen from a set of entries. */
export interface Dominance {
  reached(node: number): boolean;
  /** True when every way from the entries to `node` leads through `dominator`; a node dominates itself. */
  dominates(dominator: number, node: number): boolean;
}

/**
 * Dominators of the graph with one virtual root before all entries.
 *
 * @see K. Cooper, T. Harvey, K. Kennedy, "A simple, fast dominance algorithm" (2001)
 */
export function dominance(successors: Successors, entries: readonly number[]): Dominance {
  const root = successors.length;
  const all: Successors = [...successors, entries];
  const postorder = walkPostorder(all, root);
  const rank = new Int32Array(all.length).fill(-1);
  for (const [i, node] of postorder.entries()) rank[node] = i;
  const predecessors: number[][] = all.map(() => []);
  for (const node of postorder) for (const target of all[node] ?? []) predecessors[target]?.push(node);

  const idom = new Int32Array(all.length).fill(-1);
  idom[root] = root;
  const meet = (a: number, b: number): number => {
    while (a !== b) {
      while ((rank[a] as number) < (rank[b] as number)) a = idom[a] as number;
      while ((rank[b] as number) < (rank[a] as number)) b = idom[b] as number;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = postorder.length - 2; i >= 0; i--) {
      const node = postorder[i] as number;
      let dominator = -1;
      for (const before of predecessors[node] ?? [])
        if (idom[before] !== -1) dominator = dominator === -1 ? before : meet(before, dominator);
      if (idom[node] === dominator) continue;
      idom[node] = dominator;
      changed = true;
    }
  }
  const [enter, leave] = walkTree(idom, root);
  return {
    reached: (node) => rank[node] !== -1,
    dominates: (a, b) =>
      rank[a] !== -1 &&
      rank[b] !== -1 &&
      (enter[a] as number) <= (enter[b] as number) &&
      (leave[b] as number) <= (leave[a] as number),
  };
}

function walkPostorder(successors: Successors, root: number): number[] {
  const seen = new Uint8Array(successors.length);
  const next = new Int32Array(successors.length);
  const postorder: number[] = [];
  const path = [root];
  seen[root] = 1;
  while (path.length > 0) {
    const node = path.at(-1) as number;
    const target = successors[node]?.[(next[node] as number)++];
    if (target === undefined) postorder.push(path.pop() as number);
    else if (seen[target] === 0) {
      seen[target] = 1;
      path.push(target);
    }
  }
  return postorder;
}

/** Times of entering and leaving each node of the dominator tree: a node dominates what lies between its two. */
function walkTree(idom: Int32Array, root: number): [enter: Int32Array, leave: Int32Array] {
  const children: number[][] = Array.from(idom, () => []);
  for (const [node, parent] of idom.entries())
    if (parent !== -1 && node !== root) children[parent]?.push(node);
  const enter = new Int32Array(idom.length);
  const leave = new Int32Array(idom.length);
  const next = new Int32Array(idom.length);
  const path = [root];
  let clock = 0;
  enter[root] = clock++;
  while (path.length > 0) {
    const node = path.at(-1) as number;
    const child = children[node]?.[(next[node] as number)++];
    if (child === undefined) leave[path.pop() as number] = clock++;
    else {
      enter[child] = clock++;
      path.push(child);
    }
  }
  return [enter, leave];
}
