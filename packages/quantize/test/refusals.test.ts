import { graph, NirGraph, NirkitError, tensor, withMetadata } from "@nirkit/graph";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import { describe, expect, test } from "vitest";

const W = [
  [0.9, -0.35],
  [-0.6, 0.12],
];
const net = (weight: readonly (readonly number[])[] = W, threshold = 1): NirGraph =>
  graph()
    .input("in", [2])
    .linear("fc", { weight })
    .lif("lif", { tau: 8, r: 8, vThreshold: threshold })
    .output("out")
    .build();

async function codes(
  source: NirGraph,
  options: UniformOptions = { dt: 1 },
  context = {},
): Promise<readonly string[]> {
  try {
    await quantizeUniform(source, options, context);
    return [];
  } catch (error) {
    if (!(error instanceof NirkitError)) throw error;
    for (const { message, hint } of error.diagnostics)
      expect(`${message} ${hint}`.replace(/ undefined$/, "")).not.toMatch(/undefined|NaN,|\[object/);
    return error.diagnostics.map((d) => `${d.code} ${d.path}`);
  }
}

describe("refused, with code and path", () => {
  test("no dt: E_DT_MISSING with the usual values 1e-4 and 1e-3", async () => {
    expect(await codes(net(), {})).toEqual(["E_DT_MISSING options.dt"]);
    await expect(quantizeUniform(net(), {})).rejects.toThrow(/1e-4.*1e-3/);
  });

  test("dt 0 or NaN", async () => {
    expect(await codes(net(), { dt: 0 })).toEqual(["E_BAD_OPTION options.dt"]);
    expect(await codes(net(), { dt: Number.NaN })).toEqual(["E_BAD_OPTION options.dt"]);
  });

  test("NaN and infinity in several tensors are all named", async () => {
    const bad = graph()
      .input("in", [2])
      .affine("fc", {
        weight: tensor("float32", [2, 2], [1, Number.NaN, 1, 1]),
        bias: tensor("float32", [2], [0, Number.POSITIVE_INFINITY]),
      })
      .lif("lif", { tau: 8, vThreshold: 1 })
      .output("out");
    const built = ((): NirGraph => {
      try {
        return bad.build();
      } catch {
        const clean = net();
        const fc = {
          type: "Affine" as const,
          weight: tensor("float32", [2, 2], [1, Number.NaN, 1, 1]),
          bias: tensor("float32", [2], [0, Number.POSITIVE_INFINITY]),
        };
        return clean.with({ setNodes: [["fc", fc]] });
      }
    })();
    expect(await codes(built)).toEqual([
      "E_NON_FINITE nodes.fc.weight[0,1]",
      "E_NON_FINITE nodes.fc.bias[1]",
    ]);
  });

  test("a float64 weight of 1e200 is named by its node, not as an infinity without a place", async () => {
    const source = net().with({
      setNodes: [["fc", { type: "Linear", weight: tensor("float64", [2, 2], [1, 1, 1e200, 1]) }]],
    });
    expect(await codes(source)).toEqual(["E_NON_FINITE nodes.fc.weight[1,0]"]);
    await expect(quantizeUniform(source, { dt: 1 })).rejects.toThrow(/1e\+200 is beyond float32/);
  });

  test("a threshold of 0.001 below the step 0.9/127", async () => {
    expect(await codes(net(W, 0.001))).toEqual(["E_THRESHOLD_BELOW_LSB nodes.lif"]);
  });

  test("every dialect integers cannot express", async () => {
    const convention = {
      multiSpike: true,
      fire: "before",
      feedbackT0: "zeroSignal",
      vFloor: "-thr",
      decayPlace: "last",
    } as const;
    expect([...(await codes(net(), { dt: 1, convention }))].sort()).toEqual(
      Object.keys(convention)
        .sort()
        .map((key) => `E_CONVENTION options.convention.${key}`),
    );
  });

  test("neurons with and without weights, weights behind weights, graded neurons before weights", async () => {
    const mixed = graph()
      .input("in", [2])
      .linear("a", { weight: W })
      .lif("lif", { tau: 8, vThreshold: 1 })
      .output("out")
      .edge("in", "lif")
      .build();
    expect(await codes(mixed)).toEqual(["E_NO_WEIGHT nodes.lif"]);
    const series = graph()
      .input("in", [2])
      .linear("a", { weight: W })
      .linear("b", { weight: W })
      .lif("lif", { tau: 8, vThreshold: 1 })
      .output("out")
      .build();
    expect(await codes(series)).toEqual(["E_UNSUPPORTED_NODE nodes.b"]);
    const graded = graph()
      .input("in", [2])
      .linear("a", { weight: W })
      .li("li", { tau: 8 })
      .linear("b", { weight: W })
      .lif("lif", { tau: 8, vThreshold: 1 })
      .output("out")
      .build();
    expect(await codes(graded)).toEqual(["E_UNSUPPORTED_NODE nodes.li"]);
  });

  test("pooling of weighted sums, an Output that mixes sums and spikes, a Scale between spikes", async () => {
    const pooled = graph()
      .input("in", [1, 2, 2])
      .conv2d("c", { weight: tensor("float32", [1, 1, 1, 1], [1]) })
      .sumPool2d("p", { kernelSize: 2 })
      .lif("l", { tau: 8, vThreshold: 1 })
      .output("out")
      .build();
    expect(await codes(pooled)).toEqual(["E_UNSUPPORTED_NODE nodes.p"]);
    const mixed = graph()
      .input("in", [2])
      .linear("a", { weight: W })
      .lif("l", { tau: 8, vThreshold: 1 })
      .output("out")
      .edge("a", "out")
      .build();
    expect(await codes(mixed)).toEqual(["E_UNSUPPORTED_NODE nodes.out"]);
    const scaled = graph()
      .input("in", [2])
      .linear("a", { weight: W })
      .lif("l", { tau: 8, vThreshold: 1 })
      .scale("s", { scale: [2, 2] })
      .output("out")
      .build();
    expect(await codes(scaled)).toEqual(["E_UNSUPPORTED_NODE nodes.s"]);
  });

  test("batched matrices", async () => {
    const batched = net().with({
      setNodes: [["fc", { type: "Linear", weight: tensor("float32", [1, 2, 2], [1, 2, 3, 4]) }]],
    });
    expect(await codes(batched)).toContain("E_UNSUPPORTED_NODE nodes.fc.weight");
  });

  test("accumulators, states and leaks that do not fit", async () => {
    expect(await codes(net(), { dt: 1, accumulatorBits: 7 })).toEqual(["E_ACCUMULATOR_OVERFLOW nodes.lif"]);
    expect(await codes(net(), { dt: 1, stateBits: 8 })).toEqual(["E_STATE_TOO_NARROW nodes.lif"]);
    expect(await codes(net(), { dt: 1, overflow: "wrap", stateBits: 13 })).toEqual([
      "E_STATE_OVERFLOW nodes.lif",
    ]);
    expect(await codes(net(), { dt: 1e-9, convention: { gain: "raw" } })).toEqual([
      "E_TAU_NOT_REPRESENTABLE nodes.lif",
    ]);
    expect(await codes(net(), { dt: 1e-9 })).toEqual(["E_STATE_TOO_NARROW nodes.lif"]);
    const huge = graph()
      .input("in", [2])
      .affine("fc", { weight: [[1e-6, 1e-6]], bias: [1e6] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    expect(await codes(huge)).toEqual(["E_ACCUMULATOR_OVERFLOW nodes.fc.bias"]);
  });

  test("overrides that match nothing, bits that the scheme has not, inputs that are none", async () => {
    expect(await codes(net(), { dt: 1, overrides: [{ nodes: "conv*", params: { bits: 4 } }] })).toEqual([
      "E_BAD_OPTION options.overrides",
    ]);
    expect(await codes(net(), { dt: 1, bits: 17 })).toEqual(["E_BAD_OPTION nodes.fc"]);
    await expect(quantizeUniform(net(), { dt: 1, bits: 17 })).rejects.toThrow(
      "uniform bits is 17; number to be <=16 was expected",
    );
    const inputs = new Map([["image", { bits: 8, signed: false, scale: 1 }]]);
    expect(await codes(net(), { dt: 1, inputs })).toEqual(["E_INPUT_ANNOTATION options.inputs"]);
    expect(
      await codes(net(), { dt: 1, inputs: new Map([["in", { bits: 8, signed: false, scale: 0 }]]) }),
    ).toEqual(["E_INPUT_ANNOTATION nodes.in"]);
  });

  test("a graph whose shapes nothing tells, a mask with too few bits", async () => {
    const one = tensor("float32", [], [1]);
    const conv = {
      type: "Conv1d",
      weight: tensor("float32", [1, 1, 3], [1, 2, 1]),
      bias: tensor("float32", [1], [0]),
      stride: 1,
      padding: 0,
      dilation: 1,
      groups: 1,
    } as const;
    const untyped = NirGraph.from({
      nodes: [
        ["conv", conv],
        [
          "lif",
          {
            type: "LIF",
            tau: tensor("float32", [], [8]),
            r: one,
            vLeak: tensor("float32", [], [0]),
            vThreshold: one,
            vReset: tensor("float32", [], [0]),
          },
        ],
      ],
      edges: [["conv", "lif"]],
    });
    expect(await codes(untyped)).toContainEqual(expect.stringMatching(/^E_UNTYPED /));
    const masked = net().with({
      setNodes: [["fc", withMetadata(net().node("fc"), [["nirkit:mask", tensor("uint8", [0], [])]])]],
    });
    expect(await codes(masked)).toEqual(["E_ANNOTATION nodes.fc.metadata"]);
  });

  test("all errors of all layers come at once", async () => {
    const two = graph()
      .input("in", [2])
      .linear("a", { weight: W })
      .lif("l1", { tau: 8, r: 8, vThreshold: 1e-4 })
      .linear("b", { weight: W })
      .lif("l2", { tau: 8, r: 8, vThreshold: 1e-4 })
      .output("out")
      .build();
    expect(await codes(two)).toEqual(["E_THRESHOLD_BELOW_LSB nodes.l1", "E_THRESHOLD_BELOW_LSB nodes.l2"]);
  });
});

describe("warned", () => {
  test("97.5 % zeros beside one outlier: W_MOSTLY_ZERO", async () => {
    const row = Array.from({ length: 40 }, (_, i) => (i === 0 ? 100 : 0.01));
    const source = graph()
      .input("in", [40])
      .linear("fc", { weight: [row] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 50 })
      .output("out")
      .build();
    const { diagnostics } = await quantizeUniform(source, { bits: 8, dt: 1 });
    expect(diagnostics.map((d) => `${d.code} ${d.path}`)).toEqual(["W_MOSTLY_ZERO nodes.fc.weight"]);
  });

  test("v_leak: integers start there, the reference at 0", async () => {
    const source = graph()
      .input("in", [2])
      .linear("fc", { weight: W })
      .lif("lif", { tau: 8, r: 8, vLeak: 0.2, vThreshold: 1 })
      .output("out")
      .build();
    const codesOf = async (options: UniformOptions) =>
      (await quantizeUniform(source, options)).diagnostics.map((d) => d.code);
    expect(await codesOf({ dt: 1 })).toEqual(["W_INITIAL_STATE"]);
    expect(await codesOf({ dt: 1, convention: { vInit: "vLeak" } })).toEqual([]);
  });

  test("a state that is narrower than its bound saturates", async () => {
    const { diagnostics } = await quantizeUniform(net(), { bits: 8, dt: 1, stateBits: 13 });
    expect(diagnostics.map((d) => d.code)).toEqual(["W_SATURATES"]);
  });
});
