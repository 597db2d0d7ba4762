import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  defineExtension,
  type ExtensionNode,
  graphFromJson,
  graphToJson,
  inferTypes,
  NirGraph,
  schedule,
  validateGraph,
} from "../../src/index.ts";
import { lifOf } from "../support.ts";

const repeat = defineExtension(
  "acme:Repeat",
  z.custom<ExtensionNode>((node) => typeof (node as ExtensionNode).params?.get("times") === "number"),
  {
    infer: (node, [n, ...rest]) =>
      n === undefined ? undefined : [n * (node.params.get("times") as number), ...rest],
  },
);
const node: ExtensionNode = { type: "acme:Repeat", params: new Map([["times", 3]]) };
const g = NirGraph.from({
  nodes: [
    ["in", { type: "Input", shape: [2] }],
    ["rep", node],
    ["lif", lifOf([6])],
    ["out", { type: "Output" }],
  ],
  edges: [
    ["in", "rep"],
    ["rep", "lif"],
    ["lif", "out"],
  ],
});

describe("extensions", () => {
  it("are refused unless passed in", () => {
    expect(g.types().diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual([
      "E_UNKNOWN_TYPE nodes.rep.type",
    ]);
    expect(() => schedule(g)).toThrow("E_UNKNOWN_TYPE");
  });
  it("take part in inference and scheduling when they are", () => {
    const types = inferTypes(g, { extensions: [repeat] });
    expect(types.outputShape("rep")).toEqual([6]);
    expect(types.diagnostics).toEqual([]);
    expect(schedule(g, { extensions: [repeat] }).order).toEqual(["in", "rep", "lif", "out"]);
    expect(validateGraph(g, { extensions: [repeat] }).map((d) => d.code)).toEqual(["W_EXTENSION"]);
  });
  it("are checked by their own schema", () => {
    const bad = g.with({ setNodes: [["rep", { ...node, params: new Map() }]] });
    expect(inferTypes(bad, { extensions: [repeat] }).diagnostics.map((d) => d.code)).toContain("E_BAD_VALUE");
  });
  it("survive JSON", () => {
    expect(graphFromJson(graphToJson(g), { extensions: [repeat] }).equals(g)).toBe(true);
    expect(() => graphFromJson(graphToJson(g))).toThrow("E_UNKNOWN_TYPE");
  });
});
