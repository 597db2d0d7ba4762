import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Edge,
  extractSubgraph,
  graph,
  NirGraph,
  NirkitError,
  nestSubgraph,
  printGraph,
  validateGraph,
  zeros,
} from "../../src/index.ts";
import { lifOf, shuffledGraph, typesOf } from "../support.ts";

const net = graph()
  .input("in", [3])
  .linear("fc", { weight: zeros("float32", [2, 3]) })
  .node("lif", lifOf([2]))
  .linear("rec", { weight: zeros("float32", [2, 2]) })
  .edge("rec", "lif")
  .at("lif")
  .linear("head", { weight: zeros("float32", [4, 2]) })
  .output("out")
  .build();

describe("extractSubgraph", () => {
  it("gives every cut value one typed port: lif and rec take [2] from fc and give [2] to head", () => {
    const { graph: part, inputs, outputs } = extractSubgraph(net, ["lif", "rec"]);
    expect(printGraph(part)).toBe(`input_fc    Input   [2]→[2]  → lif
lif         LIF     [2]→[2]  tau float32[2] all 0.01, r float32[2] all 1, vLeak float32[2] all 0, vThreshold float32[2] all 1, vReset float32[2] all 0  → output_lif, rec
output_lif  Output  [2]→[2]
rec         Linear  [2]→[2]  weight float32[2,2] all 0  → lif
`);
    expect([...inputs]).toEqual([["input_fc", "fc"]]);
    expect([...outputs]).toEqual([["output_lif", "lif"]]);
    expect(validateGraph(part)).toEqual([]);
  });
  it("keeps the nodes themselves, and Inputs and Outputs that are named", () => {
    const { graph: head, inputs } = extractSubgraph(net, ["head", "out"]);
    expect(head.node("head")).toBe(net.node("head"));
    expect([...inputs.keys()]).toEqual(["input_lif"]);
    expect(extractSubgraph(net, net.nodes().keys()).graph.equals(net)).toBe(true);
    expect(extractSubgraph(net, []).graph.nodes().size).toBe(0);
  });
  it("keeps two values of a nested graph apart by their ports", () => {
    const two = NirGraph.from({
      nodes: [
        ["a", { type: "Input", shape: [3] }],
        ["b", { type: "Input", shape: [2] }],
        ["x", { type: "Output", shape: [3] }],
        ["y", { type: "Output", shape: [2] }],
      ],
      edges: [
        ["a", "x"],
        ["b", "y"],
      ],
    });
    const g = NirGraph.from({
      nodes: [
        ["p", { type: "Input", shape: [3] }],
        ["q", { type: "Input", shape: [2] }],
        ["s", { type: "NIRGraph", graph: two }],
        ["u", lifOf([3])],
        ["v", lifOf([2])],
      ],
      edges: [
        ["p", "s"],
        ["q", "s"],
        ["s", "u"],
        ["s", "v"],
      ],
    });
    const { graph: part } = extractSubgraph(g, ["u", "v"]);
    expect(typesOf(part)).toMatchObject({ input_s: [[3], [3]], input_s_0: [[2], [2]] });
    expect(part.edges()).toEqual([
      ["input_s", "u"],
      ["input_s_0", "v"],
    ]);
    expect(extractSubgraph(g, ["s"]).graph.types().diagnostics).toEqual([]);
  });
  it("names unknown nodes and cut edges without a shape", () => {
    expect(() => extractSubgraph(net, ["lif", "lof", "fcc"])).toThrow(/lof[\s\S]*fcc/);
    const open = NirGraph.from({
      nodes: [
        ["f", { type: "Flatten", startDim: 0, endDim: -1 }],
        ["o", { type: "Output" }],
      ],
      edges: [["f", "o"]],
    });
    expect(() => extractSubgraph(open, ["o"])).toThrow("E_UNTYPED");
  });
  it("types every node as it was in the whole (200 random parts)", () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
        (random, picks) => {
          const { original: g } = shuffledGraph(() => random.next().value as number);
          fc.pre(g.types().diagnostics.every((d) => d.level !== "error"));
          const names = [...g.nodes().keys()].filter((_, i) => picks[i]);
          const { graph: part, inputs, outputs } = extractSubgraph(g, names);
          for (const name of names)
            expect(part.types().outputShape(name)).toEqual(g.types().outputShape(name));
          for (const [port, source] of [...inputs, ...outputs])
            expect(part.types().outputShape(port)).toEqual(g.types().outputShape(source));
        },
      ),
      { seed: 21, numRuns: 200 },
    );
  });
});

describe("nestSubgraph", () => {
  it("makes one node of several, and flatten undoes it", () => {
    const nested = nestSubgraph(net, ["lif", "rec"], "block");
    expect([...nested.nodes().keys()]).toEqual(["in", "fc", "block", "head", "out"]);
    expect(nested.edges()).toEqual([
      ["in", "fc"],
      ["fc", "block"],
      ["block", "head"],
      ["head", "out"],
    ]);
    expect(validateGraph(nested)).toEqual([]);
    expect([...nested.flatten().edges()].sort()).toEqual([
      ["block/lif", "block/rec"],
      ["block/lif", "head"],
      ["block/rec", "block/lif"],
      ["fc", "block/lif"],
      ["head", "out"],
      ["in", "fc"],
    ]);
  });
  it("refuses ports of the graph, taken names and values that an edge could not tell apart", () => {
    expect(() => nestSubgraph(net, ["in", "fc"], "b")).toThrow("E_BAD_VALUE");
    expect(() => nestSubgraph(net, ["fc"], "lif")).toThrow("E_DUPLICATE_NODE");
    expect(nestSubgraph(net, ["fc"], "fc").node("fc").type).toBe("NIRGraph");
    const wide = net.with({
      setNodes: [["side", lifOf([2])]],
      addEdges: [
        ["fc", "side"],
        ["side", "head"],
      ],
    });
    expect(() => nestSubgraph(wide, ["lif", "rec", "side"], "b")).toThrow("E_AMBIGUOUS_PORT");
  });
  it("then flatten gives the same edges between the same nodes, or is refused (200 random blocks)", () => {
    let done = 0;
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
        (random, picks) => {
          const { original: g } = shuffledGraph(() => random.next().value as number);
          fc.pre(g.types().diagnostics.every((d) => d.level !== "error"));
          const block = [...g.nodes()].flatMap(([name, node], i) =>
            picks[i] && node.type !== "Input" && node.type !== "Output" ? [name] : [],
          );
          let flat: NirGraph;
          try {
            flat = nestSubgraph(g, block, "block").flatten();
          } catch (error) {
            expect(error).toBeInstanceOf(NirkitError);
            expect(String(error)).toContain("E_AMBIGUOUS_PORT");
            return;
          }
          done++;
          const inner = (name: string): string => (block.includes(name) ? `block/${name}` : name);
          const set = (edges: Iterable<Edge>): string[] => [...new Set([...edges].map(String))].sort();
          expect(set(flat.edges())).toEqual(set(g.edges().map(([a, b]): Edge => [inner(a), inner(b)])));
        },
      ),
      { seed: 22, numRuns: 200 },
    );
    expect(done).toBeGreaterThan(50);
  });
});
