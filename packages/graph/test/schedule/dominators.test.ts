import fc from "fast-check";
import { expect, it } from "vitest";
import { cycleThrough, loops, type Successors } from "../../src/schedule/components.ts";
import { dominance } from "../../src/schedule/dominators.ts";

const graphs = fc.integer({ min: 1, max: 9 }).chain((n) =>
  fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 20 }).map((edges): number[][] => {
    const successors: number[][] = Array.from({ length: n }, () => []);
    for (const [from, to] of edges) successors[from]?.push(to);
    return successors;
  }),
);

/** Nodes reached from the entries without passing `without`. */
function reach(successors: Successors, entries: readonly number[], without = -1): Set<number> {
  const queue = entries.filter((e) => e !== without);
  const seen = new Set(queue);
  for (const node of queue)
    for (const to of successors[node] ?? [])
      if (to !== without && !seen.has(to)) {
        seen.add(to);
        queue.push(to);
      }
  return seen;
}

it("a dominates b exactly when b is out of reach without a (500 graphs of up to 9 nodes)", () => {
  fc.assert(
    fc.property(graphs, fc.array(fc.nat(8), { maxLength: 3 }), (successors, picks) => {
      const entries = picks.filter((p) => p < successors.length);
      const { dominates, reached } = dominance(successors, entries);
      const all = reach(successors, entries);
      for (const b of successors.keys()) {
        expect(reached(b)).toBe(all.has(b));
        for (const a of successors.keys()) {
          const byDefinition = all.has(a) && all.has(b) && (a === b || !reach(successors, entries, a).has(b));
          expect(dominates(a, b)).toBe(byDefinition);
        }
      }
    }),
    { seed: 5, numRuns: 500 },
  );
});

it("loops are the sets of nodes that reach each other and themselves, and each has a cycle through its first node", () => {
  fc.assert(
    fc.property(graphs, (successors) => {
      const after = [...successors.keys()].map((node) => reach(successors, successors[node] ?? []));
      const found = loops(successors);
      const inLoop = new Map(found.flatMap((loop, i) => loop.map((node) => [node, i] as const)));
      for (const a of successors.keys())
        for (const b of successors.keys())
          expect(inLoop.has(a) && inLoop.get(a) === inLoop.get(b)).toBe(
            after[a]?.has(b) === true && after[b]?.has(a) === true,
          );
      for (const loop of found) {
        const cycle = cycleThrough(successors, loop);
        expect(cycle[0]).toBe(loop[0]);
        for (const [i, node] of cycle.entries())
          expect(successors[node]).toContain(cycle[(i + 1) % cycle.length]);
      }
    }),
    { seed: 6, numRuns: 500 },
  );
});
