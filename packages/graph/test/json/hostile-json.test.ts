/** Every member of a graph in JSON replaced by what does not belong there. */
import { describe, expect, test } from "vitest";
import {
  graph,
  graphFromJson,
  graphToJson,
  NirkitError,
  printGraph,
  validateGraph,
  withMetadata,
} from "../../src/index.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const whole = graph()
  .input("in", [2, 6, 6])
  .conv2d("conv", { weight: [[[[1, 2]], [[3, 4]]]], bias: [0.5], stride: [1, 2], padding: [0, 1] })
  .if("if", { vThreshold: 1, r: 1 })
  .sumPool2d("pool", { kernelSize: 2, stride: 2 })
  .flatten("flat")
  .affine("fc", { weight: [[1, 2, 3, 4, 5, 6]], bias: [1] })
  .cubaLif("cuba", { tauSyn: 2, tauMem: 4, r: 1, vLeak: 0, vThreshold: 1, wIn: 1 })
  .delay("wait", { delay: [2] })
  .output("out")
  .build();
const nested = graph().input("a", [1]).lif("lif", { tau: 2, r: 1, vThreshold: 1 }).output("b").build();
const source = JSON.parse(
  graphToJson(
    whole.with({
      setNodes: [
        ["block", { type: "NIRGraph", graph: nested }],
        ["if", withMetadata(whole.node("if"), [["note", new Map([["deep", "x"]])]])],
      ],
    }),
  ),
) as Json;

const gone = Symbol("gone");
const strangers: readonly (Json | typeof gone)[] = [
  gone,
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  2 ** 53,
  "",
  "x",
  "\u001b[31m",
  "../../etc",
  "__proto__",
  [],
  {},
  [[]],
  [1e9, 1e9, 1e9],
  [2, "2"],
  { dtype: "float32", shape: [2 ** 40], data: "" },
  { dtype: "object", shape: [1], data: "AAAA" },
  { dtype: "float32", shape: [1], data: "====" },
  { map: { a: 1 } },
];

function pathsOf(json: Json): (string | number)[][] {
  if (typeof json !== "object" || json === null) return [[]];
  const inner = Object.entries(json).flatMap(([key, value]: [string, Json]) =>
    pathsOf(value).map((path) => [Array.isArray(json) ? Number(key) : key, ...path]),
  );
  return [[], ...inner];
}

function replaced(json: Json, [key, ...rest]: readonly (string | number)[], by: Json | typeof gone): Json {
  if (key === undefined) return by === gone ? null : by;
  const copy = structuredClone(json) as Record<string | number, Json>;
  if (rest.length === 0 && by === gone) delete copy[key];
  else copy[key] = replaced(copy[key] as Json, rest, by);
  return copy as Json;
}

describe("graphFromJson", () => {
  const paths = pathsOf(source);

  test.each(
    strangers.map((stranger) => [stranger === gone ? "nothing" : JSON.stringify(stranger), stranger]),
  )(
    "%s in any place is read, or refused with a code, a place and words that say what was found",
    (_, stranger) => {
      for (const path of paths) {
        try {
          const read = graphFromJson(JSON.stringify(replaced(source, path, stranger as Json)));
          expect(printGraph(read)).not.toBe("");
          for (const { message } of validateGraph(read)) expect(message).not.toMatch(/undefined|\[object/);
        } catch (error) {
          if (!(error instanceof NirkitError))
            throw new Error(`${path.join(".")}: ${String(error)}`, { cause: error });
          for (const d of error.diagnostics)
            expect(`${path.join(".")}: ${d.code} ${d.path}: ${d.message}`).not.toMatch(/undefined|\[object/);
        }
      }
    },
  );
});
