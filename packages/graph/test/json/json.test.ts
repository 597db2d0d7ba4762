import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  graph,
  graphFromJson,
  graphToJson,
  type MetadataValue,
  NirkitError,
  tensor,
} from "../../src/index.ts";
import { decodeBase64, encodeBase64 } from "../../src/json/base64.ts";

const g = graph()
  .input("in", [1])
  .linear("w", { weight: [[1.5]] })
  .output("out")
  .build();

describe("JSON form", () => {
  it("has sorted keys and base64 of little-endian bytes: 1.5 in float32 is AADAPw==", () => {
    expect(graphToJson(g)).toBe(
      `{"edges":[["in","w"],["w","out"]],"nodes":{
"in":{"shape":[1],"type":"Input"},
"out":{"shape":[1],"type":"Output"},
"w":{"type":"Linear","weight":{"data":"AADAPw==","dtype":"float32","shape":[1,1]}}},"schema":"nirkit-graph/1"}
`,
    );
  });
  it("writes empty metadata as none, as equality has it", () => {
    const tagged = g.with({ setNodes: [["w", { ...g.node("w"), metadata: new Map() }]] });
    expect(tagged.equals(g)).toBe(true);
    expect(graphToJson(tagged)).toBe(graphToJson(g));
  });
  it("is what the hash is the SHA-256 of", () => {
    expect(g.hash()).toBe(createHash("sha256").update(graphToJson(g)).digest("hex"));
  });
  it("keeps every kind of metadata, -0, NaN, big integers, float16 and int64 included", () => {
    const values: [string, MetadataValue][] = [
      ["number", 0.1],
      ["nan", Number.NaN],
      ["minus zero", -0],
      ["infinity", Number.NEGATIVE_INFINITY],
      ["big", 2n ** 63n],
      ["text", "ニューロン \u0000 \"'"],
      ["flag", false],
      ["list", ["a", "b"]],
      [
        "map",
        new Map<string, MetadataValue>([
          ["__proto__", 1],
          ["dtype", "x"],
        ]),
      ],
      ["half", tensor("float16", [3], [0.5, 65504, 2 ** -24])],
      ["long", tensor("int64", [2], [-1, 2 ** 52])],
      ["flags", tensor("bool", [2], [1, 0])],
    ];
    const full = g.with({ metadata: new Map(values) });
    const back = graphFromJson(graphToJson(full));
    expect(back.equals(full)).toBe(true);
    expect(back.metadata.get("minus zero")).toBe(-0);
    expect(back.metadata.get("big")).toBe(2n ** 63n);
  });
  it("keeps nested graphs", () => {
    const outer = graph().input("i", [1]).subgraph("s", g).output("o").build();
    expect(graphFromJson(graphToJson(outer)).equals(outer)).toBe(true);
  });
  const said = (text: string): string => {
    try {
      graphFromJson(text);
      return "read";
    } catch (error) {
      if (!(error instanceof NirkitError)) throw error;
      return error.diagnostics.map((d) => `${d.code} ${d.path}`).join();
    }
  };
  it.each([
    ["{", "E_BAD_JSON graph"],
    ["[]", "E_BAD_JSON graph"],
    ["{}", "E_BAD_JSON schema"],
    ['{"schema":"nirkit-graph/1"}', "E_BAD_JSON edges"],
    ['{"schema":"nirkit-graph/1","edges":[1],"nodes":{}}', "E_BAD_JSON edges[0]"],
    ['{"schema":"nirkit-graph/1","edges":[],"nodes":[]}', "E_BAD_JSON nodes"],
    ['{"schema":"nirkit-graph/1","edges":[["a","b"]],"nodes":{}}', "E_DANGLING_EDGE edges[0]"],
    ['{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{"type":"Nope"}}}', "E_UNKNOWN_TYPE nodes.a.type"],
    ['{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{}}}', "E_BAD_DTYPE nodes.a.type"],
    ['{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{"type":7}}}', "E_BAD_DTYPE nodes.a.type"],
    ['{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{"type":"Linear"}}}', "E_BAD_DTYPE nodes.a.weight"],
    [
      '{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{"type":"Scale","scale":{"dtype":"f4","shape":[],"data":""}}}}',
      "E_BAD_JSON nodes.a.scale.dtype",
    ],
    [
      '{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{"type":"Scale","scale":{"dtype":"int8","shape":[2],"data":"AA=="}}}}',
      "E_BAD_JSON nodes.a.scale.data",
    ],
    [
      '{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":{"type":"Scale","scale":{"dtype":"int8","shape":[-1],"data":""}}}}',
      "E_BAD_JSON nodes.a.scale.shape",
    ],
    ['{"schema":"nirkit-graph/1","edges":[],"nodes":{"a":null}}', "E_BAD_JSON nodes.a"],
  ])("refuses %s", (text, code) => {
    expect(said(text)).toBe(code);
  });
  it("refuses metadata nested deeper than 64", () => {
    const deep = `${'{"map":{"a":'.repeat(70)}1${"}}".repeat(70)}`;
    expect(said(`{"schema":"nirkit-graph/1","edges":[],"nodes":{},"metadata":{"m":${deep}}}`)).toContain(
      "E_BAD_JSON metadata.m",
    );
  });
});

describe("base64", () => {
  it.each(["", "f", "fo", "foo", "foob", "fooba", "foobar"])("agrees with the platform on %j", (text) => {
    const bytes = new TextEncoder().encode(text);
    expect(encodeBase64(bytes)).toBe(Buffer.from(text).toString("base64"));
    expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
  });
  it.each(["A", "A===", "AA=A", "é===", "AA A"])("refuses %j", (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });
  it("takes 100 000 bytes", () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  });
});
