import { graph, type LIF, type NirGraph, type Sample, tensor, toFloat64 } from "@nirkit/graph";
import { lower } from "@nirkit/network";
import { uniform, uniformParams } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { checkQuantized, quantizeGraph, quantizePresets, readQuantized, withPreset } from "../src/index.ts";

const quantizeAs = async (name: string, source: NirGraph, options = {}, samples: readonly Sample[] = []) => {
  const preset = quantizePresets.get(name);
  if (preset === undefined) throw new Error(name);
  const context = {
    calibration: samples,
    simulate: (
      g: NirGraph,
      input: Sample["input"],
      record: { nodes: "all" | readonly string[]; signals: readonly ("out" | "v" | "vpre" | "i")[] },
    ) => simulate(g, input, { dt: 1, record, dialect: "nir-euler" }),
  };
  const result = await quantizeGraph(
    source,
    uniform,
    {
      ...withPreset(preset, { dt: 1, ...options }, samples.length > 0),
      params: uniformParams.parse(preset.params),
    },
    samples.length > 0 ? context : undefined,
  );
  expect(checkQuantized(result.graph, [uniform])).toEqual([]);
  return { ...result, view: readQuantized(result.graph, [uniform]) };
};

const two = (
  w1: readonly (readonly number[])[],
  w2: readonly (readonly number[])[],
  threshold = 1,
): NirGraph =>
  graph()
    .input("in", [w1[0]?.length ?? 1])
    .linear("fc1", { weight: w1 })
    .lif("lif1", { tau: 8, r: 8, vThreshold: threshold })
    .linear("fc2", { weight: w2 })
    .lif("lif2", { tau: 8, r: 8, vThreshold: 1 })
    .output("out")
    .build();

describe("dynapcnn", () => {
  test("the range is -128 … 127: weights -1.28 and 1 take -128 and 100", async () => {
    const { view } = await quantizeAs("dynapcnn", two([[-1.28, 1]], [[0.5]]));
    expect(view.weights.get("fc1")?.weight.scale[0]).toBe(Math.fround(1.28 / 128));
    expect([...(view.weights.get("fc1")?.weight.ints ?? [])]).toEqual([-128, 100]);
  });

  test("a large bias or threshold makes the one factor of a layer smaller", async () => {
    const biased = graph()
      .input("in", [2])
      .affine("fc", { weight: [[0.5, -0.25]], bias: [12.7] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    const { view } = await quantizeAs("dynapcnn", biased);
    expect(view.weights.get("fc")?.weight.scale[0]).toBe(Math.fround(Math.fround(12.7) / 127));
    expect([...(view.weights.get("fc")?.bias ?? [])]).toEqual([127]);
    const high = await quantizeAs("dynapcnn", two([[0.5]], [[0.5]], 3276.7));
    expect(high.view.weights.get("fc1")?.weight.scale[0]).toBeCloseTo(0.1, 6);
    // 3276.7 is a little less in float32, and Theta is floored.
    expect(high.view.neurons.get("lif1")?.theta[0]).toBe(32766);
  });

  test("an all-zero layer takes scale 1 in place of an infinite factor; states have 16 bits", async () => {
    const { view } = await quantizeAs("dynapcnn", two([[0, 0]], [[0.5]], 2));
    expect([...(view.weights.get("fc1")?.weight.ints ?? [])]).toEqual([0, 0]);
    expect(view.neurons.get("lif1")?.arithmetic).toMatchObject({ stateBits: 16, fracBits: 0 });
  });
});

describe("xylo", () => {
  const recurrent = graph()
    .input("in", [2])
    .affine("fc1", { weight: [[0.5, -0.25]], bias: [0.1] })
    .lif("lif1", { tau: 6, r: 6, vThreshold: 1 })
    .linear("rec", { weight: [[-2]] })
    .edge("rec", "lif1")
    .at("lif1")
    .affine("fc2", { weight: [[1], [3]], bias: [0.3, 0.6] })
    .lif("lif2", { tau: 4, r: 4, vThreshold: 1 })
    .output("out")
    .build();

  test("global: input and recurrent weights share 2/127, the read-out has 3/127 of its own", async () => {
    const { view } = await quantizeAs("xylo-global", recurrent);
    expect(view.weights.get("fc1")?.weight.scale[0]).toBe(Math.fround(2 / 127));
    expect(view.weights.get("rec")?.weight.scale[0]).toBe(Math.fround(2 / 127));
    expect(view.weights.get("fc2")?.weight.scale[0]).toBe(Math.fround(3 / 127));
  });

  test("the bias of the read-out is scaled by the read-out's scale: .3 and .6 are 13 and 25", async () => {
    const { view } = await quantizeAs("xylo-global", recurrent);
    expect([...(view.weights.get("fc2")?.bias ?? [])]).toEqual([13, 25]);
    expect([...(view.weights.get("fc1")?.bias ?? [])]).toEqual([6]);
  });

  test("leaks are shifts of the rounded log2(tau/dt): 6 is 3, 4 is 2", async () => {
    const { view, report } = await quantizeAs("xylo-global", recurrent);
    expect(view.neurons.get("lif1")?.arithmetic.leak).toEqual({ form: "shift", shift: 3 });
    expect(view.neurons.get("lif2")?.arithmetic.leak).toEqual({ form: "shift", shift: 2 });
    // 7/8 in place of 5/6: the time constant changes by a quarter.
    expect(report.neurons[0]?.tauError).toBeCloseTo(0.25, 6);
  });

  test("a threshold past 16 bits makes everything coarser: 1000 with weights of .5", async () => {
    const { view } = await quantizeAs("xylo-global", two([[0.5]], [[0.5]], 1000));
    expect(view.neurons.get("lif1")?.theta[0]).toBe(32767);
    expect(view.weights.get("fc1")?.weight.scale[0]).toBe(Math.fround(1000 / 32767));
  });

  test("per channel: every neuron its own scale and threshold", async () => {
    const { view } = await quantizeAs("xylo-channel", recurrent);
    expect([...(view.weights.get("fc2")?.weight.scale ?? [])]).toEqual([
      Math.fround(1 / 127),
      Math.fround(3 / 127),
    ]);
    expect([...(view.neurons.get("lif2")?.theta ?? [])]).toEqual([127, 42]);
  });
});

describe("loihi", () => {
  test("weights in steps of 2/64: .5, -.26, 9 are 16, -8, 127; compare >=, 12-bit decay toward zero", async () => {
    const { view } = await quantizeAs("loihi", two([[0.5, -0.26, 9]], [[1]]));
    expect([...(view.weights.get("fc1")?.weight.ints ?? [])]).toEqual([16, -8, 127]);
    expect(view.weights.get("fc1")?.weight.scale[0]).toBe(2 / 64);
    expect(view.neurons.get("lif1")?.arithmetic).toMatchObject({
      compare: "ge",
      leak: { form: "mul", mul: 3584, shift: 12, round: "zero" },
    });
  });
});

describe("spinnaker2", () => {
  const weight = [
    [8, 2, 10],
    [14, 3, 14],
  ];
  const source = graph()
    .input("in", [3])
    .affine("fc", { weight, bias: [0, 8] })
    .lif("lif", { tau: 4, r: 1.25, vLeak: 0.5, vThreshold: 5 })
    .output("out")
    .build();

  test("S = 127/14, integers [[73,18,91],[127,27,127]], thresholds and biases stay the float ones", async () => {
    const { view, graph: result } = await quantizeAs("spinnaker2", source);
    expect(1 / (view.weights.get("fc")?.weight.scale[0] ?? 1)).toBeCloseTo(9.0714286, 6);
    expect([...(view.weights.get("fc")?.weight.ints ?? [])]).toEqual([73, 18, 91, 127, 27, 127]);
    expect(toFloat64((result.node("lif") as LIF).vThreshold)).toEqual(Float64Array.of(5, 5));
    const fc = result.node("fc");
    expect(fc.type === "Affine" && [...toFloat64(fc.bias)]).toEqual([0, 8]);
    expect(view.neurons.get("lif")?.arithmetic.compare).toBe("ge");
  });

  test("lowered to float32 states: threshold 145.142857, offsets 3.6285714 and 76.2, decay .75", async () => {
    const { graph: result } = await quantizeAs("spinnaker2", source);
    const network = lower(result, { links: "one-step", neuron: "float32", conv3d: "lower" });
    const neuron = network.populations[0]?.neuron;
    if (neuron?.arithmetic !== "float32") throw new Error("the state is not float32");
    const at = (key: "threshold" | "i_offset" | "alpha_decay", i: number): number => {
      const values = neuron.params.get(key) ?? new Float64Array(0);
      return (values.length === 1 ? values[0] : values[i]) ?? Number.NaN;
    };
    expect(at("threshold", 0)).toBeCloseTo(145.142857, 4);
    expect(at("i_offset", 0)).toBeCloseTo(3.6285714, 5);
    expect(at("i_offset", 1)).toBeCloseTo(76.2, 4);
    expect(at("alpha_decay", 0)).toBeCloseTo(0.75, 6);
  });

  test("truncation toward zero: 2·9.07 = 18.14 stays 18, 8·9.07 = 72.57 becomes 72", async () => {
    const preset = quantizePresets.get("spinnaker2");
    const params = uniformParams.parse({ ...preset?.params, rounding: "DOWN" });
    const { graph: result } = await quantizeGraph(source, uniform, {
      ...(preset === undefined ? {} : withPreset(preset, { dt: 1 }, false)),
      params,
    });
    expect([...(readQuantized(result).weights.get("fc")?.weight.ints ?? [])]).toEqual([
      72, 18, 90, 127, 27, 127,
    ]);
  });

  test("one scale for all projections into a population: recurrent weights of 28 halve it", async () => {
    const recurrent = graph()
      .input("in", [3])
      .linear("fc", { weight })
      .lif("lif", { tau: 4, r: 1.25, vThreshold: 5 })
      .linear("rec", {
        weight: [
          [28, 0],
          [0, 1],
        ],
      })
      .edge("rec", "lif")
      .at("lif")
      .output("out")
      .build();
    const { view } = await quantizeAs("spinnaker2", recurrent);
    for (const name of ["fc", "rec"])
      expect(view.weights.get(name)?.weight.scale[0]).toBe(Math.fround(28 / 127));
  });

  test("with samples it searches, and its factor goes into v_threshold", async () => {
    const bits = Array.from({ length: 60 }, (_, i) => Number((i * 7) % 5 < 2));
    const sample = { label: 0, input: new Map([["in", tensor("float32", [20, 3], bits)]]) };
    const { report, graph: result } = await quantizeAs("spinnaker2", source, {}, [sample]);
    const factor = report.neurons[0]?.thetaFactor ?? 0;
    expect(factor).toBeGreaterThan(0);
    // Theta above v_leak times the factor.
    expect(toFloat64((result.node("lif") as LIF).vThreshold)[0]).toBeCloseTo(0.5 + 4.5 * factor, 5);
  });
});

test("five presets; what is given wins, but not over the comparison of the hardware", () => {
  expect([...quantizePresets.keys()]).toEqual([
    "dynapcnn",
    "xylo-global",
    "xylo-channel",
    "loihi",
    "spinnaker2",
  ]);
  const loihi = quantizePresets.get("loihi");
  if (loihi === undefined) throw new Error("loihi");
  const options = withPreset(
    loihi,
    { dt: 1, leakBits: 14, stateBits: undefined, convention: { compare: "gt", reset: "subtract" } },
    false,
  );
  expect(options).toMatchObject({
    leakBits: 14,
    stateBits: 24,
    convention: { compare: "ge", reset: "subtract" },
  });
});
