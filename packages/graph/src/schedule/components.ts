/** Strongly connected components: the loops of a graph. */

/** Successors of each node by index. */
export type Successors = readonly (readonly number[])[];

/**
 * Components in which every node reaches every other, by Tarjan's algorithm, without recursion.
 *
 * @returns only the loops: components of several nodes, or of one with an edge to itself; each sorted
 * @see R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1 (1972)
 */
export function loops(successors: Successors): number[][] {
  const count = successors.length;
  const order = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const onStack = new Uint8Array(count);
  const next = new Int32Array(count);
  const stack: number[] = [];
  const found: number[][] = [];
  let clock = 0;
  const enter = (node: number): void => {
    order[node] = low[node] = clock++;
    stack.push(node);
    onStack[node] = 1;
  };
  for (let root = 0; root < count; root++) {
    if (order[root] !== -1) continue;
    const path = [root];
    enter(root);
    while (path.length > 0) {
      const node = path.at(-1) as number;
      const targets = successors[node] ?? [];
      const target = targets[(next[node] as number)++];
      if (target !== undefined) {
        if (order[target] === -1) {
          enter(target);
          path.push(target);
        } else if (onStack[target] === 1) low[node] = Math.min(low[node] as number, order[target] as number);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(low[parent] as number, low[node] as number);
      if (low[node] !== order[node]) continue;
      const component = stack.splice(stack.lastIndexOf(node));
      for (const member of component) onStack[member] = 0;
      if (component.length > 1 || targets.includes(node)) found.push(component.sort((a, b) => a - b));
    }
  }
  return found.sort((a, b) => (a[0] as number) - (b[0] as number));
}

/** A shortest cycle through the first node of a loop, starting there; for messages that name it. */
export function cycleThrough(successors: Successors, loop: readonly number[]): number[] {
  const [start] = loop as [number];
  const inside = new Set(loop);
  const cameFrom = new Map<number, number>();
  const queue = [start];
  for (const node of queue)
    for (const target of successors[node] ?? []) {
      if (target === start) {
        const cycle = [node];
        while (cycle[0] !== start) cycle.unshift(cameFrom.get(cycle[0] as number) as number);
        return cycle;
      }
      if (!inside.has(target) || cameFrom.has(target)) continue;
      cameFrom.set(target, node);
      queue.push(target);
    }
  return [...loop];
}
