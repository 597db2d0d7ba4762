import { graph, NirGraph, type SpikeInput, tensor } from "@nirkit/graph";
import { roundHalfEven } from "@nirkit/integer";
import { createSimulator } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { type IntegerNeuron, lower, type Network, simulateNetwork, validateNetwork } from "../src/index.ts";
import {
  dt,
  fanIn,
  lif,
  quantized,
  recurrent,
  spikes,
  twoLayers,
  w34,
  withWeights,
} from "./lowering-fixtures.ts";

const neuronOf = (network: Network, name: string): IntegerNeuron =>
  network.populations.find((p) => p.name === name)?.neuron as IntegerNeuron;

describe("lower", () => {
  test("two layers: two populations in step order, dense projections of delay 0, hash and dt", async () => {
    const made = await quantized(twoLayers());
    const network = lower(made);
    expect(network.populations.map((p) => [p.name, p.shape])).toEqual([
      ["lif1", [4]],
      ["lif2", [2]],
    ]);
    expect(
      network.projections.map((p) => [p.name, p.source, p.target, p.op.kind, p.delay, p.weights.ints.length]),
    ).toEqual([
      ["fc1", "in", "lif1", "dense", 0, 12],
      ["fc2", "lif1", "lif2", "dense", 0, 8],
    ]);
    expect(network.inputs).toEqual([
      { name: "in", shape: [3], bits: 1, signed: false, scale: 1, maxEvents: 1 },
    ]);
    expect(network.outputs).toEqual([
      { name: "out", shape: [2], bits: 1, signed: false, scale: 1, maxEvents: 1, sources: ["lif2"] },
    ]);
    expect([network.dt, network.latency, network.meta.graphHash]).toEqual([dt, 0, made.hash()]);
    expect(validateNetwork(network)).toEqual([]);
  });

  test("the largest weight of fc1 is 127, and the bias stands in units of 2^-4 LSB", async () => {
    const network = lower(await quantized(twoLayers()));
    const fc1 = network.projections[0];
    const s = fc1?.weights.scale[0] as number;
    expect(s).toBeCloseTo(0.9 / 127, 8);
    expect(fc1?.weights.ints[0]).toBe(127);
    expect(neuronOf(network, "lif1").fracBits).toBe(4);
    // rne(0.1 / (0.9 / 127) · 16) = rne(225.78)
    expect(Array.from(network.populations[0]?.bias ?? [])).toEqual([226, 0, -113, 45]);
  });

  test("does not depend on the order of nodes and edges", async () => {
    const made = await quantized(recurrent());
    const backwards = NirGraph.from({
      nodes: [...made.nodes()].reverse(),
      edges: [...made.edges()].reverse(),
      metadata: made.metadata,
    });
    const names = (n: Network): unknown => [
      n.populations.map((p) => p.name),
      n.projections.map((p) => [p.name, p.delay]).sort(),
    ];
    expect(names(lower(backwards))).toEqual(names(lower(made)));
    const input: SpikeInput = new Map([["in", spikes(3, 40)]]);
    expect(simulateNetwork(lower(backwards), input).outputs).toEqual(
      simulateNetwork(lower(made), input).outputs,
    );
  });

  test("does not change the graph", async () => {
    const made = await quantized(twoLayers());
    const before = made.hash();
    lower(made);
    expect(made.hash()).toBe(before);
  });

  test("feedback edges have delay 1, and Delay nodes add whole steps", async () => {
    const network = lower(await quantized(recurrent()));
    const delays = Object.fromEntries(network.projections.map((p) => [p.name, p.delay]));
    expect(delays).toEqual({ fc1: 0, loop: 1, fc2: 2 });
    expect(network.latency).toBe(2);
  });

  test("an unequal Delay becomes a population whose common part stands in its projection", async () => {
    const source = graph()
      .input("in", [3])
      .delay("wait", { delay: [0.002, 0.001, 0.004] })
      .linear("fc", { weight: w34 })
      .lif("lif", lif)
      .output("out")
      .build();
    const network = lower(await quantized(source));
    expect(neuronOf(network, "wait").delaySteps).toEqual(Int32Array.of(1, 0, 3));
    expect(network.projections.map((p) => [p.source, p.target, p.op.kind, p.delay])).toEqual([
      ["in", "wait", "identity", 1],
      ["wait", "lif", "dense", 0],
    ]);
    const input: SpikeInput = new Map([
      ["in", tensor("uint8", [6, 3], [1, 1, 1, ...new Array<number>(15).fill(0)])],
    ]);
    const record = { nodes: ["wait"], signals: ["out"] } as const;
    const out = simulateNetwork(network, input, { record }).records.get("wait/out")?.data;
    expect(Array.from(out as Int32Array)).toEqual([0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]);
  });

  test("weights straight into an Output: a sum population of the Output's name, exact with its bias", async () => {
    const source = graph()
      .input("in", [3])
      .affine("fc", { weight: w34, bias: [0.1, 0.2, 0, -0.1] })
      .output("out")
      .build();
    const made = await quantized(source);
    const network = lower(made);
    const port = network.outputs[0];
    expect(port?.sources).toEqual(["out"]);
    expect(neuronOf(network, "out")).toMatchObject({ kind: "sum", spiking: false });
    const input: SpikeInput = new Map([["in", spikes(3, 10)]]);
    const ints = simulateNetwork(network, input).outputs.get("out")?.data as Int32Array;
    const float = createSimulator(made, { dialect: "nir-euler", dt, precision: "f64" }).run(input, {
      nodes: [],
      signals: [],
    });
    const expected = float.outputs.get("out")?.data as Float64Array;
    // The graph's weights are float32 images of scale · int: 1e-6 is their rounding over three terms.
    ints.forEach((x, k) => {
      expect(x * (port?.scale ?? 0)).toBeCloseTo(expected[k] as number, 6);
    });
  });

  test("a neuron with fan-in from two inputs: one scale, biases added", async () => {
    const made = lower(await quantized(fanIn()));
    expect(made.inputs.map((p) => p.name).sort()).toEqual(["a", "b"]);
    expect(made.projections.map((p) => [p.name, p.target, p.shift ?? 0])).toEqual([
      ["fa", "lif", 0],
      ["fb", "lif", 0],
    ]);
    const [fa, fb] = made.projections;
    expect(fa?.weights.scale).toEqual(fb?.weights.scale);
    const s = fa?.weights.scale[0] as number;
    const each = [0.1, -0.2].map((b) => roundHalfEven((b / s) * 16));
    expect(made.populations[0]?.bias[0]).toBe((each[0] ?? 0) + (each[1] ?? 0));
  });

  test("a projection whose scale is four times the finest is shifted left by 2", async () => {
    const made = await quantized(fanIn());
    const fb = made.node("fb");
    const scaled = withWeights(fb, 4);
    const network = lower(made.with({ setNodes: [["fb", scaled]] }));
    expect(network.projections.map((p) => p.shift ?? 0)).toEqual([0, 2]);
  });

  test("nested graphs: populations have the path of their node", async () => {
    const block = graph().input("i", [3]).linear("fc", { weight: w34 }).lif("lif", lif).output("o").build();
    const source = NirGraph.from({
      nodes: [
        ["in", { type: "Input", shape: [3] }],
        ["block", { type: "NIRGraph", graph: block }],
        ["out", { type: "Output", shape: [4] }],
      ],
      edges: [
        ["in", "block"],
        ["block", "out"],
      ],
    });
    const network = lower(await quantized(source));
    expect(network.populations.map((p) => p.name)).toEqual(["block/lif"]);
    expect(network.projections.map((p) => p.name)).toEqual(["block/fc"]);
  });

  test("LI readout: not spiking, its LSB and v_leak kept to turn states into volts", async () => {
    const source = graph()
      .input("in", [3])
      .linear("fc", { weight: w34 })
      .li("li", { tau: 0.005, r: 5, vLeak: 0.25 })
      .output("out")
      .build();
    const network = lower(await quantized(source));
    const model = neuronOf(network, "li");
    expect(model).toMatchObject({ kind: "lif", spiking: false, stateOffset: Float64Array.of(0.25) });
    expect(network.outputs[0]?.scale).toBeCloseTo((0.9 / 127) * 2 ** -model.fracBits, 8);
    expect(network.outputs[0]?.signed).toBe(true);
  });

  test("a scale per channel gives an LI readout a scale per element", async () => {
    const source = graph()
      .input("in", [3])
      .linear("fc", { weight: w34 })
      .li("li", { tau: 0.005, r: 5, vLeak: 0 })
      .output("out")
      .build();
    const port = lower(await quantized(source, { axis: 0 })).outputs[0];
    expect(port?.elementScale?.length).toBe(4);
    expect(port?.elementScale?.[0]).toBe(port?.scale);
  });

  test("graded input: port bits and scale from the annotation", async () => {
    const made = await quantized(twoLayers(), {
      inputs: new Map([["in", { bits: 4, signed: false, scale: 0.125 }]]),
    });
    expect(lower(made).inputs[0]).toMatchObject({ bits: 4, signed: false, scale: 0.125 });
  });
});

describe("one-step links", () => {
  test("equal the same-step network, shifted by the depth", async () => {
    const made = await quantized(recurrent());
    const [same, one] = [lower(made), lower(made, { links: "one-step" })];
    expect(one.projections.every((p) => p.delay >= 1)).toBe(true);
    expect(one.meta.diagnostics).toEqual([]);
    const input: SpikeInput = new Map([["in", spikes(3, 60)]]);
    const late = one.latency - same.latency;
    const [a, b] = [same, one].map((n) => simulateNetwork(n, input).outputs.get("out")?.data as Int32Array);
    expect(a?.some((x) => x > 0)).toBe(true);
    expect(Array.from(b?.slice(2 * late) ?? [])).toEqual(
      Array.from(a?.slice(0, (a?.length ?? 0) - 2 * late) ?? []),
    );
  });

  test("digits-like chain: delays 1 and 1, latency 2", async () => {
    const network = lower(await quantized(twoLayers()), { links: "one-step" });
    expect(network.projections.map((p) => p.delay)).toEqual([1, 1]);
    expect(network.latency).toBe(2);
  });

  test("a loop over two populations in one step cannot be kept: W_LOOP_LATENCY names it", async () => {
    const made = await quantized(
      twoLayers().with({
        setNodes: [
          [
            "back",
            { type: "Linear", weight: tensor("float32", [4, 2], [0.3, 0.2, -0.1, 0.4, 0.2, 0.1, 0.5, -0.3]) },
          ],
        ],
        addEdges: [
          ["lif2", "back"],
          ["back", "lif1"],
        ],
      }),
    );
    const network = lower(made, { links: "one-step" });
    expect(network.meta.diagnostics.map((d) => d.code)).toEqual(["W_LOOP_LATENCY"]);
    expect(network.projections.map((p) => p.delay)).toEqual([1, 1, 1]);
  });
});
