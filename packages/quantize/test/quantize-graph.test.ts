import { graph, type LIF, type NirGraph, tensor, toFloat64 } from "@nirkit/graph";
import { quantizeUniform, uniform } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";
import { checkQuantized, readQuantized } from "../src/index.ts";

const W = [
  [0.9, -0.35, 0.05],
  [-0.6, 0.12, -0.02],
];
const dense = (): NirGraph =>
  graph()
    .input("in", [3])
    .affine("fc1", { weight: W, bias: [0.1, -0.1] })
    .lif("lif1", { tau: 8, r: 8, vThreshold: 1 })
    .output("out")
    .build();
const recurrent = (): NirGraph =>
  graph()
    .input("in", [3])
    .linear("fc", { weight: W })
    .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
    .linear("rec", {
      weight: [
        [0.1, -2],
        [0.3, 0.2],
      ],
    })
    .edge("rec", "lif")
    .at("lif")
    .output("out")
    .build();

describe("a dense layer, 4 bit, dt 1", () => {
  test("weights, bias, threshold and leak are the worked integers", async () => {
    const { graph: result } = await quantizeUniform(dense(), { bits: 4, dt: 1 });
    const view = readQuantized(result, [uniform]);
    const fc1 = view.weights.get("fc1");
    expect([...(fc1?.weight.ints ?? [])]).toEqual([7, -3, 0, -5, 1, 0]);
    expect([...(fc1?.weight.codes ?? [])]).toEqual([7, 13, 0, 11, 1, 0]);
    // 0.1 / (0.9/7) · 16 = 12.44
    expect([...(fc1?.bias ?? [])]).toEqual([12, -12]);
    expect(fc1?.biasFrac).toBe(4);
    const lif1 = view.neurons.get("lif1");
    expect([...(lif1?.theta ?? [])]).toEqual([124]);
    expect(lif1?.arithmetic).toMatchObject({
      leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
      fracBits: 4,
      compare: "gt",
      reset: "value",
    });
    expect(lif1?.stateScale[0]).toBeCloseTo(0.9 / 7, 7);
    expect(view.dt).toBe(1);
  });

  test("the float nodes hold dequantised weights, bias and the half-LSB threshold; shapes stay", async () => {
    const { graph: result } = await quantizeUniform(dense(), { bits: 4, dt: 1 });
    const fc1 = result.node("fc1");
    expect(fc1.type === "Affine" && toFloat64(fc1.weight)[1]).toBe(
      Math.fround(Math.fround(Math.fround(0.9) / 7) * -3),
    );
    expect(fc1.type === "Affine" && toFloat64(fc1.bias)[0]).toBeCloseTo((12 / 16) * (0.9 / 7), 6);
    const lif1 = result.node("lif1") as LIF;
    expect(lif1.vThreshold.shape).toEqual([2]);
    expect(toFloat64(lif1.vThreshold)[0]).toBeCloseTo((124.5 / 16) * (0.9 / 7), 6);
    expect(toFloat64(lif1.tau)).toEqual(Float64Array.of(8, 8));
  });

  test("the input graph is not changed, and the same input gives the same graph", async () => {
    const source = dense();
    const before = source.hash();
    const first = await quantizeUniform(source, { bits: 4, dt: 1 });
    const second = await quantizeUniform(source, { bits: 4, dt: 1 });
    expect(source.hash()).toBe(before);
    expect(first.graph.hash()).toBe(second.graph.hash());
  });

  test("the report: SQNR, scale, theta, widths", async () => {
    const { report } = await quantizeUniform(dense(), { bits: 4, dt: 1 });
    expect(report.weights[0]).toMatchObject({
      path: "fc1",
      bits: 4,
      axis: null,
      weights: 6,
      clippedFraction: 0,
    });
    expect(report.weights[0]?.sqnrDb).toBeGreaterThan(20);
    // Inputs: +7 · 16 + 12 = 124 and -5 · 16 - 12 = -92; bound 8 · 92 below.
    expect(report.neurons[0]).toMatchObject({
      path: "lif1",
      theta: [124, 124],
      fracBits: 4,
      inputBound: 124,
      accumulatorBits: 4,
      stateBits: 11,
      neededBits: 11,
    });
    expect(report.neurons[0]?.tauError).toBe(0);
  });

  test("per channel: scales 0.9/7 and 0.6/7, one threshold per neuron", async () => {
    const { graph: result } = await quantizeUniform(dense(), { bits: 4, axis: 0, dt: 1 });
    const view = readQuantized(result);
    expect([...(view.weights.get("fc1")?.weight.ints ?? [])]).toEqual([7, -3, 0, -7, 1, 0]);
    expect([...(view.neurons.get("lif1")?.theta ?? [])]).toEqual([124, Math.floor((16 * 7) / 0.6)]);
  });

  test("reset subtract stretches the scale to an exact threshold of 124 sixteenths", async () => {
    const { graph: result } = await quantizeUniform(dense(), {
      bits: 4,
      dt: 1,
      convention: { reset: "subtract" },
    });
    const view = readQuantized(result, [uniform]);
    const lif1 = view.neurons.get("lif1");
    expect([lif1?.theta[0], lif1?.sub[0], lif1?.vReset[0]]).toEqual([124, 124, 0]);
    expect(view.weights.get("fc1")?.weight.scale[0]).toBe(Math.fround(16 / 124));
    expect(toFloat64((result.node("lif1") as LIF).vThreshold)[0]).toBeCloseTo(1, 6);
  });
});

describe("scale groups", () => {
  test("recurrent and feed-forward weights share the scale of the largest, 2/7", async () => {
    const { graph: result } = await quantizeUniform(recurrent(), { bits: 4, dt: 1 });
    const view = readQuantized(result, [uniform]);
    const scale = Math.fround(2 / 7);
    expect(view.weights.get("fc")?.weight.scale[0]).toBe(scale);
    expect(view.weights.get("rec")?.weight.scale[0]).toBe(scale);
    expect([...(view.weights.get("rec")?.weight.ints ?? [])]).toEqual([0, -7, 1, 1]);
    expect([...(view.weights.get("fc")?.weight.ints ?? [])]).toEqual([3, -1, 0, -2, 0, 0]);
  });

  test("per channel they share one scale per neuron: 2/7 and 0.6/7", async () => {
    const { graph: result } = await quantizeUniform(recurrent(), { bits: 4, axis: 0, dt: 1 });
    const view = readQuantized(result, [uniform]);
    const scales = [Math.fround(2 / 7), Math.fround(Math.fround(0.6) / 7)];
    expect([...(view.weights.get("fc")?.weight.scale ?? [])]).toEqual(scales);
    expect([...(view.weights.get("rec")?.weight.scale ?? [])]).toEqual(scales);
  });

  test("one weight into two neuron layers gives both the same unit and their own thresholds", async () => {
    const source = graph()
      .input("in", [3])
      .linear("fc", { weight: W })
      .lif("a", { tau: 8, r: 8, vThreshold: 1 })
      .output("x")
      .at("fc")
      .lif("b", { tau: 4, r: 4, vThreshold: 2 })
      .output("y")
      .build();
    const view = readQuantized((await quantizeUniform(source, { bits: 4, dt: 1 })).graph);
    expect([view.neurons.get("a")?.theta[0], view.neurons.get("b")?.theta[0]]).toEqual([124, 248]);
  });

  test("different bits in one group are refused, so are joint channels of different number", async () => {
    await expect(
      quantizeUniform(recurrent(), { bits: 4, dt: 1, overrides: [{ nodes: "rec", params: { bits: 8 } }] }),
    ).rejects.toThrow(/E_JOINT_SCALE.*fc, rec.*bits differ/);
    const both = graph()
      .input("in", [1, 2, 2])
      .conv2d("conv", { weight: tensor("float32", [2, 1, 1, 1], [1, -1]) })
      .flatten("flat", { startDim: 0 })
      .lif("lif", { tau: 8, vThreshold: 1 })
      .linear("rec", { weight: tensor("float32", [8, 8], new Float32Array(64).fill(0.1)) })
      .edge("rec", "lif")
      .at("lif")
      .output("out")
      .build();
    await expect(quantizeUniform(both, { axis: 0, dt: 1 })).rejects.toThrow(/E_JOINT_SCALE.*channels differ/);
    expect(readQuantized((await quantizeUniform(both, { dt: 1 })).graph).weights.size).toBe(2);
  });
});

describe("structure", () => {
  test("a slash in a node's own name is no way into a nested graph, also beside a node called like its head", async () => {
    const source = graph()
      .input("in", [3])
      .linear("x); $finish; //", { weight: W })
      .lif("a", { tau: 8, r: 8, vThreshold: 1 })
      .linear("a/b", { weight: [[1, 0.4]] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(source, { bits: 4, dt: 1 });
    const view = readQuantized(result, [uniform]);
    expect([...view.weights.keys()].sort()).toEqual(["a/b", "x); $finish; //"]);
    expect([...(view.weights.get("a/b")?.weight.ints ?? [])]).toEqual([7, 3]); // 0.4 · 7 = 2.8
  });

  test("nested graphs: annotations at block/lif and block/fc", async () => {
    const inner = graph()
      .input("input", [3])
      .linear("fc", { weight: W })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("output")
      .build();
    const outer = graph()
      .input("in", [3])
      .node("block", { type: "NIRGraph", graph: inner })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(outer, { bits: 4, dt: 1 });
    const view = readQuantized(result, [uniform]);
    expect([...view.weights.keys()]).toEqual(["block/fc"]);
    expect(view.neurons.get("block/lif")?.theta[0]).toBe(124);
  });

  test("a Scale behind weights multiplies rows, one before them columns; both disappear", async () => {
    const scaled = graph()
      .input("in", [3])
      .scale("pre", { scale: [1, 2, 1] })
      .linear("fc", { weight: W })
      .scale("post", { scale: [0.5, 1] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(scaled, { bits: 4, dt: 1 });
    expect([...result.nodes().keys()].sort()).toEqual(["fc", "in", "lif", "out"]);
    expect(
      result
        .edges()
        .map((edge) => edge.join(">"))
        .sort(),
    ).toEqual(["fc>lif", "in>fc", "lif>out"]);
    const scale = Math.fround(Math.fround(0.6) / 7);
    const folded = [0.45, -0.35, 0.025, -0.6, 0.24, -0.02].map((w) => Math.floor(w / scale + 0.5) + 0);
    expect([...(readQuantized(result).weights.get("fc")?.weight.ints ?? [])]).toEqual(folded);
  });

  test("convolution with pooling: channel scales reach [C, H, W] thresholds, sum pooling counts to 4", async () => {
    const conv = graph()
      .input("in", [1, 4, 4])
      .conv2d("conv", { weight: tensor("float32", [2, 1, 1, 1], [1, 0.5]) })
      .if("if1", { vThreshold: 1 })
      .sumPool2d("pool", { kernelSize: 2 })
      .flatten("flat", { startDim: 0 })
      .linear("fc", { weight: [[1, -1, 1, -1, 1, -1, 1, -1]] })
      .li("li", { tau: 8, r: 8 })
      .output("out")
      .build();
    const { graph: result, report } = await quantizeUniform(conv, { bits: 4, axis: 0, dt: 1 });
    const theta = readQuantized(result).neurons.get("if1")?.theta ?? [];
    expect(theta.length).toBe(32);
    expect([theta[0], theta[15], theta[16], theta[31]]).toEqual(
      [7, 7, 14, 14].map((n) =>
        n === 7 ? Math.floor(1 / Math.fround(1 / 7)) : Math.floor(1 / Math.fround(0.5 / 7)),
      ),
    );
    // Four positive weights of 7, each up to 4 spikes of one window.
    expect(report.neurons.find(({ path }) => path === "li")?.inputBound).toBe(4 * 7 * 4 * 16);
  });

  test("average pooling is sum pooling with a quarter of the unit", async () => {
    const pooled = graph()
      .input("in", [1, 2, 2])
      .avgPool2d("pool", { kernelSize: 2 })
      .flatten("flat", { startDim: 0 })
      .linear("fc", { weight: [[0.9]] })
      .if("if", { vThreshold: 1 })
      .output("out")
      .build();
    const view = readQuantized((await quantizeUniform(pooled, { bits: 4, dt: 1 })).graph);
    expect(view.neurons.get("if")?.stateScale[0]).toBe(Math.fround(Math.fround(0.9) / 7) / 4);
    expect(view.neurons.get("if")?.theta[0]).toBe(31);
  });

  test("weights straight into an Output are quantised without a neuron", async () => {
    const linear = graph()
      .input("in", [3])
      .affine("fc", { weight: W, bias: [0.5, 0] })
      .output("out")
      .build();
    const { graph: result, report } = await quantizeUniform(linear, { bits: 4, dt: 1 });
    expect(readQuantized(result).weights.get("fc")?.bias?.length).toBe(2);
    expect(report.neurons).toEqual([]);
  });

  test("a Threshold node compares the weighted sum itself", async () => {
    const gate = graph()
      .input("in", [3])
      .linear("fc", { weight: W })
      .threshold("t", { threshold: 0.5 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(gate, { bits: 4, dt: 1 });
    const neuron = readQuantized(result).neurons.get("t");
    expect(neuron?.theta[0]).toBe(3);
    expect(neuron?.arithmetic).toMatchObject({ reset: "none", leak: { form: "none" } });
    const node = result.node("t");
    expect(node.type === "Threshold" && toFloat64(node.threshold)[0]).toBeCloseTo(3.5 * (0.9 / 7), 6);
  });

  test("different time constants give one multiplier per neuron, and survive JSON", async () => {
    const mixed = graph()
      .input("in", [3])
      .linear("fc", { weight: W })
      .lif("lif", { tau: [8, 4], r: [8, 4], vThreshold: 1 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(mixed, { bits: 4, dt: 1 });
    expect(readQuantized(result).neurons.get("lif")?.arithmetic.leak).toEqual({
      form: "mul",
      mul: [3584, 3072],
      shift: 12,
      round: "zero",
    });
    expect(checkQuantized(result, [uniform])).toEqual([]);
  });

  test("overrides by pattern: fc* at 6 bits, the state of lif1 at 20", async () => {
    const { report } = await quantizeUniform(dense(), {
      bits: 4,
      dt: 1,
      overrides: [
        { nodes: "fc*", params: { bits: 6 } },
        { nodes: "lif1", stateBits: 20, fracBits: 6 },
      ],
    });
    expect(report.weights[0]?.bits).toBe(6);
    expect(report.neurons[0]).toMatchObject({ stateBits: 20, fracBits: 6 });
  });

  test("IF biases take ceil(log2 T) fractional bits when T is given, a hint when not", async () => {
    const biased = graph()
      .input("in", [3])
      .affine("fc", { weight: W, bias: [0.1, 0] })
      .if("if", { vThreshold: 1 })
      .output("out")
      .build();
    const open = await quantizeUniform(biased, { bits: 4, dt: 1 });
    expect(open.diagnostics.map(({ code }) => code)).toEqual(["H_UNBOUNDED_STATE", "H_BIAS_DRIFT"]);
    const closed = await quantizeUniform(biased, { bits: 4, dt: 1, steps: 25 });
    expect(closed.report.neurons[0]?.fracBits).toBe(5);
    expect(closed.diagnostics).toEqual([]);
  });

  test("quantising again takes dt from the graph and refuses another one", async () => {
    const { graph: once } = await quantizeUniform(dense(), { bits: 8, dt: 1 });
    const { graph: twice } = await quantizeUniform(once, { bits: 4 });
    expect(readQuantized(twice, [uniform]).weights.get("fc1")?.weight.bits).toBe(4);
    await expect(quantizeUniform(once, { bits: 4, dt: 0.5 })).rejects.toThrow(/E_DT_CONFLICT/);
  });
});
