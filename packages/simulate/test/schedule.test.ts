/** Order of execution, feedback, delays, sums: what a graph means from step to step. */
import {
  type Edge,
  full,
  graph,
  NirGraph,
  type NirNode,
  type SpikeInput,
  type Tensor,
  type Trace,
  tensor,
} from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSimulator, simulate } from "../src/index.ts";
import { recurrentNetwork, spikes } from "./networks.ts";

const one = (values: readonly number[]): SpikeInput =>
  new Map([["in", tensor("float32", [values.length, 1], values)]]);
const numbers = (trace: Trace, key: string): number[] =>
  Array.from(trace.records.get(key)?.data ?? [], Number);
const output = (trace: Trace, name = "out"): number[] =>
  Array.from(trace.outputs.get(name)?.data ?? [], Number);

describe("feedback", () => {
  const loop = graph()
    .input("in", [1])
    .lif("n", { tau: 4, r: 1, vThreshold: 1 })
    .output("out")
    .at("n")
    .affine("w", { weight: [[-2]], bias: [1] })
    .edge("w", "n")
    .build();
  const record = { nodes: ["n", "w"], signals: ["vpre", "out"] } as const;

  test("step 0 of a feedback edge carries the bias: v* = 1.25, .75, 1.8125, …", () => {
    const trace = simulate(loop, one([4, 4, 4, 4, 4, 4]), { dt: 1, record });
    expect(numbers(trace, "n/vpre")).toEqual([1.25, 0.75, 1.8125, 0.75, 1.8125, 0.75]);
    expect(numbers(trace, "n/out")).toEqual([1, 0, 1, 0, 1, 0]);
    expect(numbers(trace, "w/out")).toEqual([-1, 1, -1, 1, -1, 1]);
  });

  test("with zero_signal it carries 0 and the spike train is shifted by one step", () => {
    const trace = simulate(loop, one([4, 4, 4, 4, 4, 4]), {
      dt: 1,
      record,
      dialect: "nir-euler+zero_signal",
    });
    expect(numbers(trace, "n/vpre")).toEqual([1, 2, 0.75, 1.8125, 0.75, 1.8125]);
    expect(numbers(trace, "n/out")).toEqual([0, 1, 0, 1, 0, 1]);
  });

  test("the bias of a feedback chain passes through the Scale and Threshold behind it in step 0", () => {
    const chain = graph()
      .input("in", [1])
      .i("n", { r: 1 })
      .output("out")
      .at("n")
      .affine("w", { weight: [[0]], bias: [3] })
      .scale("s", { scale: [2] })
      .edge("s", "n")
      .build();
    expect(output(simulate(chain, one([0, 0]), { dt: 1 }))).toEqual([6, 12]);
    expect(output(simulate(chain, one([0, 0]), { dt: 1, dialect: "nir-euler+zero_signal" }))).toEqual([0, 6]);
  });

  test("two populations in one loop cost one step in total", () => {
    const two = graph()
      .input("in", [1])
      .if("a", { r: 1, vThreshold: 0.5 })
      .linear("ab", { weight: [[1]] })
      .if("b", { r: 1, vThreshold: 0.5 })
      .linear("ba", { weight: [[1]] })
      .edge("ba", "a")
      .at("b")
      .output("out")
      .build();
    expect(output(simulate(two, one([1, 0, 0, 0]), { dt: 1 }))).toEqual([1, 1, 1, 1]);
  });

  test("a neuron connected to itself sees its spike of the step before", () => {
    const self = graph()
      .input("in", [1])
      .if("n", { r: 1, vThreshold: 0.5 })
      .edge("n", "n")
      .output("out")
      .build();
    expect(output(simulate(self, one([1, 0, 0]), { dt: 1 }))).toEqual([1, 1, 1]);
  });

  test("a loop of stateless nodes is refused by name", () => {
    const algebraic = NirGraph.from({
      nodes: new Map<string, NirNode>([
        ["in", { type: "Input", shape: [1] }],
        ["a", { type: "Scale", scale: full("float32", [1], 1) }],
        ["b", { type: "Scale", scale: full("float32", [1], 1) }],
        ["out", { type: "Output", shape: [1] }],
      ]),
      edges: [
        ["in", "a"],
        ["a", "b"],
        ["b", "a"],
        ["b", "out"],
      ],
    });
    expect(() => simulate(algebraic, one([1]), { dt: 1 })).toThrow(/E_ALGEBRAIC_LOOP.*a -> b -> a/s);
  });
});

describe("Delay", () => {
  test("a spike in a loop through Delay 3 is back three steps later: 1, 4, 7", () => {
    const loop = graph()
      .input("in", [1])
      .if("n", { r: 1, vThreshold: 0.5 })
      .output("out")
      .at("n")
      .delay("d", { delay: [3] })
      .edge("d", "n")
      .build();
    const spiking = output(simulate(loop, one([0, 1, 0, 0, 0, 0, 0, 0, 0]), { dt: 1 }));
    expect(spiking).toEqual([0, 1, 0, 0, 1, 0, 0, 1, 0]);
  });

  test("delays 0, 1, 2 and one beyond the end shift each element; before the first sample there is 0", () => {
    const network = graph()
      .input("in", [4])
      .delay("d", { delay: [0, 1, 2, 1e9] })
      .output("out")
      .build();
    const input = new Map([["in", tensor("float32", [3, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])]]);
    expect(output(simulate(network, input, { dt: 1 }))).toEqual([1, 0, 0, 0, 5, 2, 0, 0, 9, 6, 3, 0]);
  });

  test("delay .00026 at dt 1e-4 becomes 3 steps, with a warning", () => {
    const network = graph()
      .input("in", [1])
      .delay("d", { delay: [2.6e-4] })
      .output("out")
      .build();
    expect(output(simulate(network, one([1, 0, 0, 0]), { dt: 1e-4 }))).toEqual([0, 0, 0, 1]);
    expect(createSimulator(network, { dt: 1e-4 }).diagnostics.map((d) => d.code)).toEqual([
      "W_DELAY_ROUNDED",
    ]);
  });

  test("without dt it is refused", () => {
    const network = graph()
      .input("in", [1])
      .delay("d", { delay: [1] })
      .output("out")
      .build();
    expect(() => simulate(network, one([1]))).toThrow(/E_DT_MISSING/);
  });
});

describe("sums", () => {
  test("several sources add up, a duplicate edge counts once, and an Output sums too", () => {
    const network = graph()
      .input("a", [2])
      .input("b", [2])
      .scale("s", { scale: [10, 100] })
      .edge("a", "s")
      .edge("a", "s")
      .output("sum")
      .edge("a", "sum")
      .at("b")
      .output("plain")
      .build();
    const input: SpikeInput = new Map<string, Tensor>([
      ["a", tensor("float32", [1, 2], [1, 2])],
      ["b", tensor("int64", [1, 2], [3, 4])],
    ]);
    const trace = simulate(network, input, { dt: 1 });
    expect(output(trace, "sum")).toEqual([41, 602]);
    expect(output(trace, "plain")).toEqual([3, 4]);
    expect(trace.outputs.get("sum")?.shape).toEqual([1, 2]);
  });

  test("an edge into an Input adds to what comes from outside", () => {
    const network = NirGraph.from({
      nodes: new Map<string, NirNode>([
        ["in", { type: "Input", shape: [1] }],
        [
          "n",
          {
            type: "IF",
            r: full("float32", [1], 1),
            vThreshold: full("float32", [1], 0.5),
            vReset: full("float32", [1], 0),
          },
        ],
        ["out", { type: "Output", shape: [1] }],
      ]),
      edges: [
        ["in", "n"],
        ["n", "in"],
        ["n", "out"],
      ],
    });
    expect(output(simulate(network, one([1, 0, 0]), { dt: 1 }))).toEqual([1, 1, 1]);
  });

  test("a nested graph runs like its flattened form and is recorded as block/lif", () => {
    const inner = graph()
      .input("input", [1])
      .if("lif", { r: 1, vThreshold: 0.5 })
      .output("output")
      .at("lif")
      .linear("w", { weight: [[1]] })
      .edge("w", "lif")
      .build();
    const outer = graph()
      .input("in", [1])
      .node("block", { type: "NIRGraph", graph: inner })
      .output("out")
      .build();
    const record = { nodes: ["block/lif"], signals: ["out"] } as const;
    const trace = simulate(outer, one([1, 0, 0]), { dt: 1, record });
    expect(numbers(trace, "block/lif/out")).toEqual([1, 1, 1]);
    expect(output(simulate(outer.flatten(), one([1, 0, 0]), { dt: 1 }))).toEqual([1, 1, 1]);
  });
});

test("the order of nodes and edges in a file changes nothing, to the last bit", () => {
  const reference = run(recurrentNetwork);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1 << 30 }), (seed) => {
      const nodes = shuffled([...recurrentNetwork.nodes()], seed);
      const edges = shuffled<Edge>(recurrentNetwork.edges(), seed + 1);
      expect(run(NirGraph.from({ nodes, edges }))).toEqual(reference);
    }),
    { seed: 4, numRuns: 30 },
  );
});

function run(network: NirGraph): Trace["outputs"] {
  return simulate(network, spikes(recurrentNetwork, 40), { dt: 1e-3 }).outputs;
}

function shuffled<T>(items: readonly T[], seed: number): T[] {
  const source = philox(seed, "shuffle");
  return items
    .map((item) => [source.uint32(), item] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, item]) => item);
}
