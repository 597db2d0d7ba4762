import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  dedupeEdgesPass,
  definePass,
  flattenPass,
  graph,
  NirGraph,
  parsePipeline,
  pipeline,
  printPipeline,
  removeDeadNodes,
  removeDeadNodesPass,
  withOptions,
} from "../../src/index.ts";
import { lifOf } from "../support.ts";

const small = graph()
  .input("in", [2])
  .linear("w", {
    weight: [
      [1, 2],
      [3, 4],
    ],
  })
  .output("out")
  .build();
const nested = graph().input("x", [2]).subgraph("s", small).output("y").build();
const bits = definePass({
  name: "bits",
  summary: "Writes its option into the graph",
  options: z.object({ bits: z.number().int().default(8), axis: z.number().nullable().default(null) }),
  run: (g, options) => ({
    graph: g.with({ metadata: new Map([["bits", options.bits]]) }),
    diagnostics: [],
    report: options,
  }),
});
const passes = [dedupeEdgesPass, flattenPass, removeDeadNodesPass, bits];

describe("passes", () => {
  it("dedupe-edges keeps the first copy and says where the others were", async () => {
    const g = small.with({ addEdges: [["in", "w"]] });
    const { graph: once, diagnostics } = await dedupeEdgesPass.run(g, {});
    expect(once.edges()).toEqual(small.edges());
    expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["W_DUPLICATE_EDGE edges[2]"]);
    expect((await dedupeEdgesPass.run(small, {})).graph).toBe(small);
  });
  it("flatten opens nested graphs", async () => {
    expect([...(await flattenPass.run(nested, {})).graph.nodes().keys()]).toEqual(["x", "s/w", "y"]);
  });
  it("remove-dead-nodes drops what no Output depends on, also in nested graphs, and is idempotent", () => {
    const tail = small.with({
      setNodes: [
        ["dead", lifOf([2])],
        ["deader", lifOf([2])],
      ],
      addEdges: [
        ["w", "dead"],
        ["dead", "deader"],
      ],
    });
    const g = nested.with({
      setNodes: [
        ["s", { type: "NIRGraph", graph: tail }],
        ["loose", lifOf([2])],
      ],
    });
    const { graph: kept, removed } = removeDeadNodes(g);
    expect(removed).toEqual(["loose", "s/dead", "s/deader"]);
    expect(kept.equals(nested)).toBe(true);
    expect(removeDeadNodes(kept).graph).toBe(kept);
    const closed = NirGraph.from({ nodes: [["a", lifOf([2])]], edges: [] });
    expect(removeDeadNodes(closed).graph).toBe(closed);
  });
});

describe("pipeline", () => {
  it("runs in order with checked options, defaults filled in, and shows every step", async () => {
    const seen: string[] = [];
    const p = pipeline(flattenPass, withOptions(bits, { bits: 4 }));
    const result = await p.run(nested, {}, { step: (name, g) => seen.push(`${name} ${g.nodes().size}`) });
    expect(result.graph.metadata.get("bits")).toBe(4);
    expect(seen).toEqual(["flatten 3", "bits 3"]);
    expect(result.report).toEqual(new Map([["1:bits", { bits: 4, axis: null }]]));
  });
  it("refuses wrong options before the first step", async () => {
    const seen: string[] = [];
    const p = pipeline(flattenPass, withOptions(bits, { bits: "four" }));
    await expect(p.run(nested, {}, { step: (name) => seen.push(name) })).rejects.toThrow(
      "E_BAD_OPTION passes.bits.bits",
    );
    expect(seen).toEqual([]);
  });
  it("stops at a step that leaves an invalid graph", async () => {
    const breaks = definePass({
      name: "breaks",
      summary: "",
      options: z.object({}),
      run: (g) => ({ graph: g.with({ setNodes: [["in", { type: "Input", shape: [3] }]] }), diagnostics: [] }),
    });
    await expect(pipeline(breaks).run(small, {})).rejects.toThrow("E_TYPE_MISMATCH");
  });
  it.each([
    "flatten",
    "flatten,bits{bits=4,axis=0}",
    'bits{a=true,b=null,c=-1.5e-7,d=word,e="two words",f=[1,[x,""]],g={h={},i=[]}}',
    'bits{"odd key"="true",n=NaN,m=-0,i=-Infinity}',
  ])("prints what it parses: %s", (text) => {
    expect(printPipeline(parsePipeline(text, passes))).toBe(text);
  });
  it("takes spaces", () => {
    expect(printPipeline(parsePipeline(" flatten , bits { bits = 4 } ", passes))).toBe(
      "flatten,bits{bits=4}",
    );
  });
  it.each([
    ["", "E_BAD_PIPELINE"],
    ["flatten,", "E_BAD_PIPELINE"],
    ["flatten bits", "E_BAD_PIPELINE"],
    ["bits{bits}", "E_BAD_PIPELINE"],
    ["bits{bits=4", "E_BAD_PIPELINE"],
    ["bits{a=1,a=2}", "E_BAD_PIPELINE"],
    ['bits{a="\\x"}', "E_BAD_PIPELINE"],
    ["bits{a=[1}", "E_BAD_PIPELINE"],
    ["fold", "E_UNKNOWN_PASS"],
  ])("refuses %j", (text, code) => {
    expect(() => parsePipeline(text, passes)).toThrow(code);
  });
  it("names the position of a mistake", () => {
    expect(() => parsePipeline("bits{bits=}", passes)).toThrow(
      'At position 10 of "bits{bits=}": found "}", expected a value',
    );
  });
});
