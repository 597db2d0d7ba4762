import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  full,
  type GraphEdits,
  inferTypes,
  NirGraph,
  type NirNode,
  validateGraph,
  zeros,
} from "../src/index.ts";
import { lifOf, shuffledGraph, typesOf } from "./support.ts";

/** Alternating Linear [16, 16] and LIF: `in`, `w0`, `l0`, …, `out`. */
function chain(length: number): NirGraph {
  const nodes: [string, NirNode][] = [["in", { type: "Input", shape: [16] }]];
  for (let i = 0; i < length / 2; i++) {
    nodes.push([`w${i}`, { type: "Linear", weight: full("float32", [16, 16], 0.1) }]);
    nodes.push([`l${i}`, lifOf([16])]);
  }
  nodes.push(["out", { type: "Output", shape: [16] }]);
  const edges = nodes.slice(1).map(([name], i) => [nodes[i]?.[0] ?? "", name] as const);
  return NirGraph.from({ nodes, edges });
}

/** The same graph, nothing remembered: nodes are copies, so every check runs again. */
function afresh(g: NirGraph): NirGraph {
  return NirGraph.unchecked({
    nodes: [...g.nodes()].map(([name, node]) => [name, { ...node }] as const),
    edges: g.edges(),
    metadata: g.metadata,
  });
}

/** The same graph with weights that count how often their shape is looked at. */
function watched(g: NirGraph): { readonly graph: NirGraph; readonly looks: () => number } {
  let looks = 0;
  const nodes = [...g.nodes()].map(([name, node]): readonly [string, NirNode] => {
    if (node.type !== "Linear") return [name, node];
    const { dtype, data, shape } = node.weight;
    const weight = {
      dtype,
      data,
      get shape() {
        looks++;
        return shape;
      },
    };
    return [name, { ...node, weight }];
  });
  return { graph: NirGraph.from({ nodes, edges: g.edges() }), looks: () => looks };
}

const replacements: readonly (() => NirNode)[] = [
  () => lifOf([2]),
  () => lifOf([1]),
  () => lifOf([3]),
  () => ({ type: "Linear", weight: full("float32", [2, 2], 7) }),
  () => ({ type: "Linear", weight: full("float32", [2, 3], Number.NaN) }),
  () => ({ type: "Linear", weight: full("bool", [2, 2], 1) }),
  () => ({ type: "Flatten", startDim: 0, endDim: 0 }),
  () => ({ type: "Flatten", startDim: 0, endDim: -1 }),
  () => ({ type: "Output", shape: [2] }),
  () => ({ type: "NIRGraph", graph: chain(2) }),
];

describe("edits", () => {
  it("look only at what changed: new weights in a 2 002-node chain look at a hundredth of the shapes at most", () => {
    const { graph: g, looks } = watched(chain(2000));
    const before = looks();
    g.types();
    const built = looks() - before;
    expect(built).toBeGreaterThanOrEqual(1000);
    g.with({ setNodes: [["w500", { type: "Linear", weight: zeros("float32", [16, 16]) }]] }).types();
    expect(looks() - before - built).toBeLessThanOrEqual(built / 100);
  });
  it("keep types when a tensor gets other values, and drop them when it gets another shape", () => {
    const g = chain(4);
    const shapes = g.types().entries;
    const same = g.with({ setNodes: [["w1", { type: "Linear", weight: zeros("float64", [16, 16]) }]] });
    expect(same.types().entries).toBe(shapes);
    const other = g.with({ setNodes: [["w1", { type: "Linear", weight: zeros("float32", [16, 15]) }]] });
    expect(other.types().diagnostics.map((d) => `${d.code} ${d.path}`)).toContain("E_TYPE_MISMATCH edges[2]");
  });
  it("hand on the new node, so that flattening and checking see it", () => {
    const inner = chain(2);
    const outer = NirGraph.from({
      nodes: [
        ["a", { type: "Input", shape: [16] }],
        ["pre", { type: "Scale", scale: full("float32", [16], 1) }],
        ["s", { type: "NIRGraph", graph: inner }],
        ["b", { type: "Output", shape: [16] }],
      ],
      edges: [
        ["a", "pre"],
        ["pre", "s"],
        ["s", "b"],
      ],
    });
    outer.types();
    const scale = full("float32", [16], 2);
    const edited = outer.with({ setNodes: [["pre", { type: "Scale", scale }]] });
    expect(edited.flatten().node("pre")).toEqual({ type: "Scale", scale });
  });
  it("say of an edited graph what is said of one built from nothing (300 random edits)", () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(fc.tuple(fc.nat(), fc.nat(9)), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (random, picks, typed) => {
          const { original } = shuffledGraph(() => random.next().value as number);
          const names = [...original.nodes().keys()];
          let edited = original;
          for (const [at, kind] of picks) {
            if (typed) validateGraph(edited);
            const name = names[at % names.length] ?? "in";
            const node = (replacements[kind] as () => NirNode)();
            const edits: GraphEdits = { setNodes: [[name, node]] };
            edited = edited.with(edits);
          }
          const fresh = afresh(edited);
          expect(typesOf(edited)).toEqual(typesOf(fresh));
          expect(edited.types().diagnostics).toEqual(fresh.types().diagnostics);
          expect(validateGraph(edited)).toEqual(validateGraph(fresh));
          expect(inferTypes(edited).leaves).toEqual(inferTypes(fresh).leaves);
          expect(names.map((n) => edited.successors(n))).toEqual(names.map((n) => fresh.successors(n)));
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });
  it("an unchecked graph is checked whole when it is edited", () => {
    const dangling = NirGraph.unchecked({ nodes: [["a", lifOf([2])]], edges: [["a", "b"]] });
    expect(() => dangling.with({ setNodes: [["a", lifOf([2])]] })).toThrow("E_DANGLING_EDGE");
  });
});
