/** Small graphs that several tests share. */
import { full, NirGraph, type NirNode, type Shape } from "../src/index.ts";

/** A LIF of that shape: tau 0.01, r 1, v_leak 0, v_threshold 1, v_reset 0. */
export function lifOf(shape: Shape): NirNode {
  const all = (value: number) => full("float32", shape, value);
  return { type: "LIF", tau: all(0.01), r: all(1), vLeak: all(0), vThreshold: all(1), vReset: all(0) };
}

/** Input and output shape by path. */
export function typesOf(graph: NirGraph): Record<string, unknown> {
  return Object.fromEntries([...graph.types().entries()].map(([path, t]) => [path, [t.input, t.output]]));
}

/** A graph of 2 to 14 nodes of [2] with random edges, some of them wrong, and the same in another order. */
export function shuffledGraph(random: () => number): { original: NirGraph; shuffled: NirGraph } {
  const pick = (n: number): number => Math.min(n - 1, Math.floor(random() * n));
  const kinds: (() => NirNode)[] = [
    () => lifOf([2]),
    () => lifOf([1]),
    () => ({ type: "Linear", weight: full("float32", [2, 2], 1) }),
    () => ({ type: "Flatten", startDim: 0, endDim: -1 }),
    () => ({ type: "Linear", weight: full("float32", [3, 2], 1) }),
    () => ({ type: "Output" }),
  ];
  const nodes: [string, NirNode][] = [["in", { type: "Input", shape: [2] }]];
  for (let i = 0, n = 1 + pick(13); i < n; i++)
    nodes.push([`n${pick(100)}_${i}`, (kinds[pick(6)] as () => NirNode)()]);
  const edges: [string, string][] = [];
  for (let i = 0, n = pick(30); i < n; i++)
    edges.push([
      (nodes[pick(nodes.length)] as [string, NirNode])[0],
      (nodes[pick(nodes.length)] as [string, NirNode])[0],
    ]);
  const shuffle = <T>(list: readonly T[]): T[] =>
    list
      .map((v) => [random(), v] as const)
      .sort((a, b) => a[0] - b[0])
      .map(([, v]) => v);
  return {
    original: NirGraph.from({ nodes, edges }),
    shuffled: NirGraph.from({ nodes: shuffle(nodes), edges: shuffle(edges) }),
  };
}
