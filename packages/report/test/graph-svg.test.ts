import { graph, NirGraph, type NirNode, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import { graphSvg } from "../src/index.ts";
import { activeContent, hostileNames, readXml } from "./xml.ts";

const neuron = { tau: 0.01, r: 1, vLeak: 0, vThreshold: 1, vReset: 0 };
const weight = [
  [0.5, -0.25, 1],
  [0, 0, 0.125],
];

function chain(): NirGraph {
  return graph()
    .input("in", [3])
    .affine("fc1", { weight, bias: [0, 0] })
    .lif("lif1", neuron)
    .output("out")
    .build();
}

function recurrent(): NirGraph {
  return graph()
    .input("in", [2])
    .lif("lif1", neuron)
    .output("out")
    .at("lif1")
    .linear("rec", {
      weight: [
        [0, 1],
        [1, 0],
      ],
    })
    .edge("rec", "lif1")
    .build();
}

describe("graphSvg", () => {
  test("a box names the node, its type, its shapes and its parameters", () => {
    const { text } = readXml(graphSvg(chain()));
    for (const words of [
      "fc1",
      "Affine  [3] → [2]",
      "weight 2×3",
      "bias",
      "LIF  [2]",
      "tau 0.01",
      "v_threshold 1",
    ])
      expect(text).toContain(words);
  });

  test("the title is the accessible name and the description counts 4 nodes and 3 edges", () => {
    const { tags, text } = readXml(graphSvg(chain(), { title: "My net" }));
    expect(tags[0]?.attributes.get("role")).toBe("img");
    expect(tags[0]?.attributes.get("aria-label")).toBe("My net");
    expect(tags[1]?.name).toBe("title");
    expect(text).toContain("4 nodes, 3 edges, 0 of them feedback.");
  });

  test("the edge that closes a loop is dashed and marked t − 1, the forward edges are not", () => {
    const svg = graphSvg(recurrent());
    const dashed = readXml(svg).tags.filter((t) => t.attributes.get("class") === "alert-line");
    expect(dashed).toHaveLength(1);
    expect(dashed[0]?.attributes.get("stroke-dasharray")).toBe("6 4");
    expect(readXml(svg).text.match(/t − 1/g)).toHaveLength(1);
    expect(readXml(svg).text).toContain("rec → lif1, arrives one step later");
  });

  test("hostile names stay text: nothing active, nothing unbalanced", () => {
    // A graph refuses the empty name, NUL and "/"; all other text can name a node.
    const names = hostileNames.filter((name) => name !== "").map((name) => name.replaceAll(/[/\0]/g, "|"));
    const nodes = names.map((name): readonly [string, NirNode] => [
      name,
      { type: "Scale", scale: tensor("float32", [1], [1]) },
    ]);
    const edges = names.slice(1).map((name, i): readonly [string, string] => [names[i] ?? "", name]);
    const svg = graphSvg(NirGraph.from({ nodes, edges }), { title: hostileNames[0] ?? "" });
    expect(activeContent(svg)).toEqual([]);
    expect(readXml(svg).text).toContain("<|script><img src=x onerror=alert(1)>");
    expect(readXml(svg).tags.filter((t) => t.name === "g")).toHaveLength(names.length + edges.length);
  });

  test("hostile types, parameters and annotations of an extension node stay text", () => {
    const evil: NirNode = {
      type: "x:<script>",
      params: new Map([["<b>", "<i>"]]),
      metadata: new Map([["nirkit:quant", '{"scheme":"<script>","bits":4,"axis":0}']]),
    };
    const svg = graphSvg(NirGraph.from({ nodes: [["n", evil]], edges: [] }));
    expect(activeContent(svg)).toEqual([]);
    expect(readXml(svg).text).toContain("<script>, 4 bit, per channel");
  });

  test("a graph with a wrong shape, a duplicate edge, a loop of its own and NaN is drawn", () => {
    const broken = NirGraph.from({
      nodes: [
        ["a", { type: "Linear", weight: tensor("float32", [1, 1], [1]) }],
        ["b", { type: "Scale", scale: tensor("float32", [2], [Number.NaN, 1]) }],
      ],
      edges: [
        ["a", "b"],
        ["a", "b"],
        ["b", "b"],
      ],
    });
    const { text } = readXml(graphSvg(broken));
    expect(text).toContain("contains NaN");
    expect(text).toContain("2 nodes, 2 edges");
  });

  test("a Delay in the loop delivers later by itself: no edge is marked, and no time step is asked for", () => {
    const delayed = graph()
      .input("in", [2])
      .lif("lif1", neuron)
      .output("out")
      .at("lif1")
      .delay("later", { delay: 3e-3 })
      .linear("rec", {
        weight: [
          [0, 1],
          [1, 0],
        ],
      })
      .edge("rec", "lif1")
      .build();
    expect(readXml(graphSvg(delayed)).text).toContain("5 nodes, 5 edges, 0 of them feedback.");
    expect(readXml(graphSvg(delayed)).text).toContain("delay 0.003");
  });

  test("an empty graph gives an empty picture, one of 301 nodes a sentence", () => {
    expect(readXml(graphSvg(NirGraph.from({ nodes: [], edges: [] }))).text).toContain("0 nodes, 0 edges");
    const many = Array.from({ length: 301 }, (_, i): readonly [string, NirNode] => [
      `n${i}`,
      { type: "Input", shape: [1] },
    ]);
    expect(readXml(graphSvg(NirGraph.from({ nodes: many, edges: [] }))).text).toContain(
      "301 nodes: more than the 300 that are drawn.",
    );
  });

  test("a nested graph is drawn open, with the paths that traces use", () => {
    const inner = graph().input("input", [2]).lif("lif", neuron).output("output").build();
    const outer = NirGraph.from({
      nodes: [
        ["in", { type: "Input", shape: [2] }],
        ["block", { type: "NIRGraph", graph: inner }],
        ["out", { type: "Output", shape: [2] }],
      ],
      edges: [
        ["in", "block"],
        ["block", "out"],
      ],
    });
    expect(readXml(graphSvg(outer)).text).toContain("block/lif");
  });

  test("equal graphs give equal bytes, and nothing of the graph changes", () => {
    const once = recurrent();
    const before = once.hash();
    expect(graphSvg(once)).toBe(graphSvg(recurrent()));
    expect(once.hash()).toBe(before);
  });
});
