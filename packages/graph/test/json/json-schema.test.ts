import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonSchema } from "../../scripts/json-schema.ts";
import { conv3d, conv3dNode } from "../../src/extensions/index.ts";
import {
  full,
  graph,
  graphFromJson,
  graphToJson,
  type MetadataValue,
  NirGraph,
  type NirNode,
  nodeTypes,
  tensor,
} from "../../src/index.ts";
import { lifOf, shuffledGraph } from "../support.ts";

const published: unknown = JSON.parse(
  readFileSync(new URL("../../schema/nir.schema.json", import.meta.url), "utf8"),
);
const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
const validate = ajv.compile(jsonSchema());
const accepts = (value: unknown): boolean => validate(value) as boolean;

/** One node of every type, with every kind of metadata; numbers that JSON lacks included. */
function everything(): NirGraph {
  const wide = graph()
    .input("in", [1, 8])
    .conv1d("conv1", { weight: [[[1, 2]]], padding: "same" })
    .flatten("flat")
    .scale("scale", { scale: full("float64", [8], 2) })
    .linear("linear", { weight: full("float16", [4, 8], 0.5) })
    .affine("affine", { weight: full("float32", [4, 4], 1), bias: 0 })
    .lif("lif", { tau: 0.01, vThreshold: full("int64", [4], 1) })
    .cubaLif("cubalif", { tauSyn: 1, tauMem: 1, vThreshold: 1 })
    .cubaLi("cubali", { tauSyn: 1, tauMem: 1 })
    .if("if", { vThreshold: 1 })
    .li("li", { tau: 1 })
    .i("i")
    .delay("delay", { delay: 2 })
    .threshold("threshold", { threshold: 0.5 })
    .subgraph("block", graph().input("a", [4]).output("b").build(), {
      metadata: new Map<string, MetadataValue>([["deep", new Map<string, MetadataValue>([["list", ["x"]]])]]),
    })
    .output("out")
    .at("in")
    .output("open")
    .build();
  const image = graph()
    .input("x", [2, 8, 8])
    .conv2d("conv2", { weight: full("float32", [2, 1, 3, 3], 1), groups: 2, stride: 2, padding: [1, 1] })
    .sumPool2d("sum", { kernelSize: 2 })
    .avgPool2d("avg", { kernelSize: 2, padding: [1, 0] })
    .build();
  const odd: [string, NirNode][] = [
    ["nan", { type: "Threshold", threshold: full("float64", [], Number.NaN) }],
    ["bare", { type: "Output" }],
    ["volume", conv3dNode({ weight: full("float32", [1, 1, 1, 1, 1], 1), padding: "valid" })],
  ];
  return NirGraph.from({
    nodes: [...wide.nodes(), ...image.nodes(), ...odd],
    edges: [...wide.edges(), ...image.edges()],
    metadata: new Map<string, MetadataValue>([
      ["nan", Number.NaN],
      ["minus zero", -0],
      ["big", 2n ** 70n],
      ["flags", tensor("bool", [2], [1, 0])],
      ["text", "ニューロン"],
      ["yes", true],
    ]),
  });
}

type Document = { nodes: Record<string, Record<string, unknown>>; edges: unknown[]; [key: string]: unknown };
const documentOf = (g: NirGraph): Document => JSON.parse(graphToJson(g)) as Document;

describe("JSON Schema", () => {
  it("is up to date: node --conditions=@nirkit/source scripts/write-json-schema.ts", () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(jsonSchema())));
  });
  it("accepts a document with all 19 types, an extension, and numbers that JSON lacks", () => {
    const g = everything();
    expect(new Set([...g.nodes().values()].map((node) => node.type))).toEqual(
      new Set([...nodeTypes, "nirkit:Conv3d"]),
    );
    expect(accepts(documentOf(g)), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    expect(graphFromJson(graphToJson(g), { extensions: [conv3d] }).equals(g)).toBe(true);
  });
  it("accepts what is written for random graphs, which read back equal (100 graphs)", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (random) => {
        const { original } = shuffledGraph(() => random.next().value as number);
        expect(accepts(documentOf(original))).toBe(true);
        const back = graphFromJson(graphToJson(original));
        expect(back.equals(original)).toBe(true);
        expect(back.hash()).toBe(original.hash());
      }),
      { seed: 41, numRuns: 100 },
    );
  });
  const spoil: [string, (d: Document) => void][] = [
    ["another schema", (d) => Object.assign(d, { schema: "nirkit-graph/2" })],
    ["no edges", (d) => Reflect.deleteProperty(d, "edges")],
    ["an edge of three", (d) => d.edges.push(["a", "b", "c"])],
    ["an unknown type", (d) => Object.assign(d.nodes.lif ?? {}, { type: "LIFE" })],
    ["a missing parameter", (d) => Reflect.deleteProperty(d.nodes.lif ?? {}, "tau")],
    ["an unknown dtype", (d) => Object.assign(d.nodes.lif?.tau ?? {}, { dtype: "float8" })],
    ["a bool parameter", (d) => Object.assign(d.nodes.lif?.tau ?? {}, { dtype: "bool" })],
    ["base64 cut short", (d) => Object.assign(d.nodes.lif?.tau ?? {}, { data: "AAA" })],
    ["a size of 0", (d) => Object.assign(d.nodes.in ?? {}, { shape: [0] })],
    ["half a size", (d) => Object.assign(d.nodes.in ?? {}, { shape: [1.5] })],
    ["null", (d) => Object.assign(d, { metadata: { key: null } })],
    ["mixed lists", (d) => Object.assign(d, { metadata: { key: [1, "a"] } })],
    ["an empty name", (d) => Object.assign(d.nodes, { "": { type: "Output" } })],
  ];
  it.each(spoil)("refuses %s, as the reader does", (_, change) => {
    const net = NirGraph.from({
      nodes: [
        ["in", { type: "Input", shape: [2] }],
        ["lif", lifOf([2])],
      ],
      edges: [["in", "lif"]],
    });
    const document = documentOf(net);
    expect(accepts(document)).toBe(true);
    change(document);
    expect(accepts(document)).toBe(false);
    expect(() => graphFromJson(JSON.stringify(document))).toThrow(/E_/);
  });
});
