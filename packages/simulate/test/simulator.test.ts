import { type Events, full, graph, NirGraph, type NirNode, type Tensor, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createSimulator, simulate } from "../src/index.ts";
import { lifNetwork, ramp, recurrentNetwork, spikes } from "./networks.ts";

const everything = { nodes: "all", signals: ["out", "v", "vpre", "i"] } as const;

describe("the arithmetic", () => {
  test("float32 results are those of an element-by-element float32 computation, in the documented order", () => {
    const weight = Array.from({ length: 15 }, () => source.normal());
    const bias = Array.from({ length: 3 }, () => source.normal());
    const x = Array.from({ length: 100 }, () => source.normal());
    const network = graph()
      .input("in", [5])
      .affine("fc", { weight: tensor("float32", [3, 5], weight), bias: tensor("float32", [3], bias) })
      .lif("n", {
        tau: [3e-3, 5e-3, 7e-3],
        r: [2, 5, 9],
        vLeak: [0.1, 0, -0.2],
        vThreshold: 0.9,
        vReset: 0.05,
      })
      .output("out")
      .build();
    const trace = simulate(network, new Map([["in", tensor("float32", [20, 5], x)]]), {
      dt: 1e-3,
      record: everything,
    });
    const found = Array.from(trace.records.get("n/vpre")?.data ?? [], Number);
    expect(found).toEqual(float32Membranes(weight, bias, x));
  });

  test("an infinitesimal difference appears in f64 and not in f32", () => {
    const network = graph()
      .input("in", [2])
      .linear("fc", { weight: tensor("float64", [1, 2], [1, 1e-12]) })
      .output("out")
      .build();
    const input = new Map([["in", tensor("float64", [1, 2], [1, 1])]]);
    expect(simulate(network, input, { dt: 1 }).outputs.get("out")).toEqual(tensor("float32", [1, 1], [1]));
    expect(simulate(network, input, { dt: 1, precision: "f64" }).outputs.get("out")).toEqual(
      tensor("float64", [1, 1], [1 + 1e-12]),
    );
  });

  test("a batched weight [2, 3, 4] maps [2, 4] to [2, 3] matrix by matrix", () => {
    const weight = tensor("float32", [2, 1, 2], [1, 2, 3, 4]);
    const network = graph().input("in", [2, 2]).linear("fc", { weight }).output("out").build();
    const input = new Map([["in", tensor("float32", [1, 2, 2], [1, 10, 1, 10])]]);
    expect(simulate(network, input, { dt: 1 }).outputs.get("out")).toEqual(
      tensor("float32", [1, 2, 1], [21, 43]),
    );
  });

  test("Threshold is strict, Flatten keeps row-major order", () => {
    const network = graph()
      .input("in", [2, 2])
      .threshold("t", {
        threshold: [
          [1, 1],
          [2, 2],
        ],
      })
      .flatten("f")
      .output("out")
      .build();
    const input = new Map([["in", tensor("float32", [1, 2, 2], [1, 1.5, 2.5, 2])]]);
    expect(simulate(network, input, { dt: 1 }).outputs.get("out")).toEqual(
      tensor("float32", [1, 4], [0, 1, 1, 0]),
    );
  });
});

const source = philox(11, "arithmetic");

/** The LIF of the test above, written with Math.fround at each operation. */
function float32Membranes(
  weight: readonly number[],
  bias: readonly number[],
  x: readonly number[],
): number[] {
  const r = Math.fround;
  const [tau, gain, leak] = [
    [3e-3, 5e-3, 7e-3],
    [2, 5, 9],
    [0.1, 0, -0.2],
  ];
  const v = [0, 0, 0];
  const result: number[] = [];
  for (let t = 0; t < 20; t++)
    for (let o = 0; o < 3; o++) {
      let sum = 0;
      for (let j = 0; j < 5; j++) sum = r(sum + r(r(weight[o * 5 + j] ?? 0) * r(x[t * 5 + j] ?? 0)));
      const drive = r(sum + r(bias[o] ?? 0));
      const move = 1e-3 / r(tau[o] ?? 1);
      const l = r(leak[o] ?? 0);
      const decayed = r(l + r(r((v[o] ?? 0) - l) * r(1 - move)));
      const pre = r(decayed + r(r((gain[o] ?? 0) * move) * drive));
      result.push(pre);
      v[o] = pre > r(0.9) ? r(0.05) : pre;
    }
  return result;
}

describe("a run", () => {
  test("starts at rest: the second of two runs equals the first, and so does a new simulator", () => {
    const simulator = createSimulator(recurrentNetwork, { dt: 1e-3 });
    const first = simulator.run(spikes(recurrentNetwork, 30), everything);
    simulator.run(spikes(recurrentNetwork, 50, 2));
    expect(simulator.run(spikes(recurrentNetwork, 30), everything)).toEqual(first);
    expect(
      simulate(recurrentNetwork, spikes(recurrentNetwork, 30), { dt: 1e-3, record: everything }),
    ).toEqual(first);
  });

  test("changes neither graph nor input", () => {
    const input = ramp(recurrentNetwork, 10);
    const [before, hash] = [structuredClone(input), recurrentNetwork.hash()];
    simulate(recurrentNetwork, input, { dt: 1e-3 });
    expect(input).toEqual(before);
    expect(recurrentNetwork.hash()).toBe(hash);
  });

  test("of zero steps gives outputs of shape [0, 2]", () => {
    const trace = simulate(lifNetwork, ramp(lifNetwork, 0), { dt: 1e-3 });
    expect([trace.steps, trace.outputs.get("out")?.shape]).toEqual([0, [0, 2]]);
  });

  test("gives for events what it gives for the tensor they describe", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(2), { maxLength: 3 }), { maxLength: 8 }),
        fc.boolean(),
        (rows, graded) => {
          const events = eventsOf(rows, graded);
          const dense = tensor("float32", [rows.length, 3], denseOf(rows, graded));
          const run = (input: Tensor | Events) =>
            simulate(lifNetwork, new Map([["in", input]]), { dt: 1e-3 });
          expect(run(events)).toEqual(run(dense));
        },
      ),
      { seed: 5, numRuns: 50 },
    );
  });

  test("equals its own precision: the spikes of f32 and f64 agree where nothing is near the threshold", () => {
    const run = (precision: "f32" | "f64") =>
      Array.from(
        simulate(lifNetwork, spikes(lifNetwork, 100), { dt: 1e-3, precision }).outputs.get("out")?.data ?? [],
        Number,
      );
    expect(run("f32")).toEqual(run("f64"));
    expect(run("f32").reduce((a, b) => a + b, 0)).toBeGreaterThan(10);
  });
});

/** Positions per step; with values step + 1 where graded. */
function eventsOf(rows: readonly (readonly number[])[], graded: boolean): Events {
  const sorted = rows.map((row) => [...row].sort());
  const start = Uint32Array.from([0, ...sorted.map((_, t) => sorted.slice(0, t + 1).flat().length)]);
  const events = { steps: rows.length, shape: [3], start, index: Uint32Array.from(sorted.flat()) };
  return graded
    ? { ...events, value: Float32Array.from(sorted.flatMap((row, t) => row.map(() => t + 1))) }
    : events;
}

function denseOf(rows: readonly (readonly number[])[], graded: boolean): number[] {
  return rows.flatMap((row, t) =>
    [0, 1, 2].map((i) => row.filter((j) => j === i).length * (graded ? t + 1 : 1)),
  );
}

describe("records", () => {
  test("hold out, v, vpre and i where a node has them, as [T, ...shape]", () => {
    const trace = simulate(recurrentNetwork, spikes(recurrentNetwork, 5), { dt: 1e-3, record: everything });
    const keys = [...trace.records.keys()].filter((key) => /^(cuba|li|fc)\//.test(key)).sort();
    expect(keys).toEqual([
      "cuba/i",
      "cuba/out",
      "cuba/v",
      "cuba/vpre",
      "fc/out",
      "li/out",
      "li/v",
      "li/vpre",
    ]);
    expect(trace.records.get("cuba/i")?.shape).toEqual([5, 4]);
  });

  test("a signal that does not exist is refused", () => {
    const record = { nodes: ["lif"], signals: ["u" as "v"] } as const;
    expect(() => simulate(lifNetwork, ramp(lifNetwork, 1), { dt: 1e-3, record })).toThrow(
      /E_RECORD_SIGNAL record.signals: There is no signal "u".*The signals are out, v, vpre, i/,
    );
  });

  test("a node that does not exist is refused", () => {
    const record = { nodes: ["lif", "ghost"], signals: ["v"] } as const;
    expect(() => simulate(lifNetwork, ramp(lifNetwork, 1), { dt: 1e-3, record })).toThrow(
      /E_RECORD_NODE record.ghost: .*Hint: The nodes are .*lif/,
    );
  });
});

test("activity: 2 input spikes into 2 outputs with one zero weight are 3 synaptic operations", () => {
  const network = graph()
    .input("in", [2])
    .linear("fc", {
      weight: [
        [1, 2],
        [0, 3],
      ],
    })
    .if("n", { r: 1, vThreshold: 2.5 })
    .output("out")
    .build();
  const { activity } = simulate(network, new Map([["in", tensor("uint8", [3, 2], [1, 1, 0, 0, 0, 0])]]), {
    dt: 1,
  });
  expect(activity.get("fc")).toEqual({
    samples: 1,
    steps: 3,
    neurons: 2,
    eventsIn: 2,
    eventsOut: 2,
    synapticOps: 3,
  });
  expect(activity.get("n")).toEqual({
    samples: 1,
    steps: 3,
    neurons: 2,
    eventsIn: 2,
    eventsOut: 2,
    synapticOps: 0,
  });
});

describe("is refused", () => {
  const run = (network: NirGraph, dt?: number) => () => createSimulator(network, { dt });
  const withNode = (node: NirNode, shape: readonly number[] = [2]): NirGraph =>
    NirGraph.from({
      nodes: [
        ["in", { type: "Input", shape }],
        ["n", node],
        ["out", { type: "Output", shape }],
      ],
      edges: [
        ["in", "n"],
        ["n", "out"],
      ],
    });
  const ones = full("float32", [2], 1);

  test("a weight, a threshold or a time constant that is not finite", () => {
    const weight = tensor("float32", [2, 2], [1, 2, Number.NaN, 4]);
    expect(run(withNode({ type: "Linear", weight }), 1)).toThrow(/E_NON_FINITE nodes.n.weight/);
    const tau = tensor("float32", [2], [1, Number.POSITIVE_INFINITY]);
    expect(run(withNode({ type: "LI", tau, r: ones, vLeak: ones }), 1)).toThrow(/E_NON_FINITE nodes.n.tau/);
  });

  test("a weight beyond float32 and a tau of 0", () => {
    const weight = full("float64", [2, 2], 1e300);
    expect(run(withNode({ type: "Linear", weight }), 1)).toThrow(
      /E_CONSTANT nodes.n.weight: weight of element 0 is 1e\+300/,
    );
    const tau = full("float32", [2], 0);
    expect(run(withNode({ type: "LI", tau, r: ones, vLeak: ones }), 1)).toThrow(/nodes.n.tau/);
  });

  test("a threshold of 0 where spikes are counted by it, not where they are one at most", () => {
    const thresholds = tensor("float32", [2], [1, 0]);
    const node = withNode({ type: "IF", r: ones, vThreshold: thresholds, vReset: ones });
    expect(() => createSimulator(node, { dialect: "sinabs", dt: 1 })).toThrow(
      /E_ZERO_THRESHOLD nodes.n.vThreshold: v_threshold of neuron 1 is 0/,
    );
    expect(() => createSimulator(node, { dialect: "nir-euler", dt: 1 })).not.toThrow();
  });

  test("a precision or an engine that does not exist", () => {
    const node = withNode({ type: "Scale", scale: ones });
    const options = { dt: 1, precision: "f16" as "f32", engine: "gpu" as "plain" };
    expect(() => createSimulator(node, options)).toThrow(
      /E_SIMULATOR_OPTION precision: .*f16.*f32, f64\nE_SIMULATOR_OPTION engine: .*gpu/,
    );
  });

  test("a parameter of another size than the layer", () => {
    const node = { type: "LI", tau: full("float32", [3], 1), r: ones, vLeak: ones } as const;
    expect(run(withNode(node), 1)).toThrow(/E_/);
  });

  test("a graph without an Input", () => {
    expect(run(NirGraph.from({ nodes: [["n", { type: "Scale", scale: ones }]], edges: [] }), 1)).toThrow(
      /E_NO_INPUT nodes/,
    );
  });
});
