/** Which nodes lie on a loop. */

/** Indices that lie on a loop: each strongly connected component of several, and those with an edge to themselves (Tarjan). */
export function onLoops(count: number, edges: readonly (readonly [from: number, to: number])[]): Set<number> {
  const next: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) next[from]?.push(to);
  const found = new Set<number>(edges.flatMap(([from, to]) => (from === to ? [from] : [])));
  const order = new Int32Array(count).fill(-1);
  const low = new Int32Array(count);
  const open: number[] = [];
  const isOpen = new Uint8Array(count);
  let clock = 0;
  for (let root = 0; root < count; root++) {
    if (order[root] !== -1) continue;
    const path: { at: number; edge: number }[] = [{ at: root, edge: 0 }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { at } = top;
      if (top.edge === 0) {
        order[at] = low[at] = clock++;
        open.push(at);
        isOpen[at] = 1;
      }
      const to = next[at]?.[top.edge++];
      if (to !== undefined) {
        if (order[to] === -1) path.push({ at: to, edge: 0 });
        else if (isOpen[to] === 1) low[at] = Math.min(low[at] ?? 0, order[to] ?? 0);
        continue;
      }
      path.pop();
      const parent = path.at(-1)?.at;
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[at] ?? 0);
      if (low[at] !== order[at]) continue;
      const component = open.splice(open.lastIndexOf(at));
      for (const member of component) isOpen[member] = 0;
      if (component.length > 1) for (const member of component) found.add(member);
    }
  }
  return found;
}
