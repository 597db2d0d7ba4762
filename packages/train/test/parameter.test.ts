import "@tensorflow/tfjs-backend-cpu";
import { graph, type NirGraph, NirkitError, toFloat64 } from "@nirkit/graph";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { type BuildOptions, buildTrainable, type TrainableModel } from "../src/index.ts";
import { networks } from "./networks.ts";

beforeAll(async () => {
  await tf.setBackend("cpu");
});

let serial = 0;
const build = (network: NirGraph, options: BuildOptions = {}): Promise<TrainableModel> =>
  buildTrainable(network, { dt: 1, name: `p${serial++}`, ...options });

const single = (tau = 5, vThreshold = 1): NirGraph =>
  graph().input("in", [3]).lif("l", { tau, r: 5, vThreshold }).output("out").build();

/** dβ/dw or dθ/dw of the first value. */
function slope(model: TrainableModel, name: string, raw?: number): number {
  const parameter = model.parameters.get(name);
  if (parameter === undefined) throw new Error(`no ${name}`);
  if (raw !== undefined) parameter.variable.assign(tf.fill(parameter.variable.shape, raw));
  const { grads } = tf.variableGrads(() => tf.sum(parameter.value()) as tf.Scalar, [parameter.variable]);
  return (grads[parameter.variable.name] as tf.Tensor).dataSync()[0] ?? Number.NaN;
}

const effective = (model: TrainableModel, name: string): number =>
  model.parameters.get(name)?.value().dataSync()[0] ?? Number.NaN;
const rawOf = (model: TrainableModel, name: string): number =>
  model.parameters.get(name)?.variable.dataSync()[0] ?? Number.NaN;

describe("parametrizations", () => {
  test("logit of β 0.8 is w 1.386294361 with dβ/dw 0.16", async () => {
    const model = await build(single(), { trainable: { leak: "layer" } });
    expect(rawOf(model, "l.leak")).toBeCloseTo(1.386294361, 6);
    expect(effective(model, "l.leak")).toBeCloseTo(0.8, 6);
    expect(slope(model, "l.leak")).toBeCloseTo(0.16, 6);
  });

  test("log of τ 5 is w ln 5, with dβ/dw = dt/τ = 0.2 in Euler steps; τ stays above dt", async () => {
    const model = await build(single(), { trainable: { leak: { granularity: "layer", param: "log" } } });
    expect(rawOf(model, "l.leak")).toBeCloseTo(Math.log(5), 6);
    expect(slope(model, "l.leak")).toBeCloseTo(0.2, 6);
    model.parameters.get("l.leak")?.variable.assign(tf.scalar(-3));
    expect(effective(model, "l.leak")).toBeCloseTo(1 - 1 / 1.001, 5);
  });

  test("pot takes β 0.8 to the nearest 1 − 2^−n, 0.75, with slope ln 2·2^−n straight through", async () => {
    const model = await build(single(), { trainable: { leak: { granularity: "layer", param: "pot" } } });
    expect(effective(model, "l.leak")).toBeCloseTo(0.75, 6);
    expect(slope(model, "l.leak")).toBeCloseTo(Math.LN2 / 4, 6);
  });

  test("clamp cuts at 0 and 1, where only gradients that lead inside pass", async () => {
    const model = await build(single(), { trainable: { leak: { granularity: "layer", param: "clamp" } } });
    expect(rawOf(model, "l.leak")).toBeCloseTo(0.8, 6);
    expect(slope(model, "l.leak")).toBe(1);
    // ∂L/∂β = 1: a step against it lowers w.
    expect(slope(model, "l.leak", 1.5)).toBe(1);
    expect(slope(model, "l.leak", -0.5)).toBe(0);
    expect(effective(model, "l.leak")).toBe(0);
  });

  test("softplus starts at θ and has slope σ(w); clamp keeps 1e-3 of the first θ", async () => {
    const soft = await build(single(), { trainable: { threshold: "layer" } });
    expect(effective(soft, "l.threshold")).toBeCloseTo(1, 6);
    expect(slope(soft, "l.threshold")).toBeCloseTo(1 / (1 + Math.exp(-rawOf(soft, "l.threshold"))), 6);
    const cut = await build(single(), { trainable: { threshold: { granularity: "layer", param: "clamp" } } });
    const parameter = cut.parameters.get("l.threshold");
    parameter?.variable.assign(tf.scalar(-2));
    expect(effective(cut, "l.threshold")).toBeCloseTo(1e-3, 9);
    parameter?.project();
    expect(rawOf(cut, "l.threshold")).toBeCloseTo(1e-3, 9);
  });

  test.each([
    ["layer", []],
    ["channel", [2, 1, 1]],
    ["neuron", [2, 3, 4]],
  ] as const)("granularity %s of [2, 3, 4] has the shape %j", async (granularity, shape) => {
    const network = graph().input("in", [2, 3, 4]).lif("l", { tau: 5, vThreshold: 1 }).output("out").build();
    const model = await build(network, { trainable: { leak: granularity, threshold: granularity } });
    expect(model.parameters.get("l.leak")?.variable.shape).toEqual(shape);
    expect(model.parameters.get("l.threshold")?.variable.shape).toEqual(shape);
  });

  test("one value per layer is refused where neurons differ (E_GRANULARITY)", async () => {
    const network = graph()
      .input("in", [2])
      .lif("l", { tau: [5, 6], vThreshold: 1 })
      .output("out")
      .build();
    await expect(build(network, { trainable: { leak: "layer" } })).rejects.toThrow(
      /E_GRANULARITY nodes\.l: .*0\.8/,
    );
  });
});

describe("refusals", () => {
  const code = async (promise: Promise<unknown>): Promise<string | undefined> => {
    const error = await promise.then(
      () => undefined,
      (e: unknown) => e,
    );
    return error instanceof NirkitError ? error.diagnostics[0]?.code : `${error}`;
  };

  test.each([
    ["E_DT_MISSING", { dt: undefined as never }],
    ["E_TRAIN_DT_VALUE", { dt: -1 }],
    ["E_TRAIN_DT", { dt: 7 }],
    ["E_TRAIN_DIALECT", { dialect: "rockpool" }],
    ["E_TRAIN_UNKNOWN", { nodes: { nobody: {} } }],
    ["E_PARAMETRIZATION", { trainable: { leak: "layer" as const } }],
    ["E_FUSED", { execution: "fused" as const, spiking: false }],
  ] as const)("%s", async (expected, options) => {
    expect(await code(build(single(1), options as BuildOptions))).toBe(expected);
  });

  test("E_TRAIN_INPUT for a missing input and a wrong shape", async () => {
    const model = await build(single());
    expect(() => model.forward(new Map())).toThrow(/E_TRAIN_INPUT/);
    expect(() => model.forward(new Map([["in", tf.zeros([2, 1, 4])]]))).toThrow(/\[T, B, 3\]/);
  });

  test("E_TRAIN_STATE for a state of another batch", async () => {
    const model = await build(single());
    model.forward(new Map([["in", tf.ones([2, 4, 3])]]));
    expect(() => model.forward(new Map([["in", tf.ones([2, 5, 3])]]), { state: model.state() })).toThrow(
      /E_TRAIN_STATE/,
    );
  });

  test("E_MASK_SHAPE and E_SMOOTH_SURROGATE", async () => {
    const network = graph()
      .input("in", [2])
      .linear("fc", { weight: [[1, 2]] })
      .lif("l", { tau: 5, vThreshold: 1 })
      .output("out")
      .build();
    const model = await build(network, {
      spiking: false,
      surrogate: { kind: "gaussian", sigma: 0.5 },
    });
    expect(() => {
      (model.parameters.get("fc.weight") as { mask?: tf.Tensor }).mask = tf.ones([2, 1]);
    }).toThrow(/E_MASK_SHAPE/);
    expect(() => model.forward(new Map([["in", tf.ones([2, 1, 2])]]))).toThrow(/E_SMOOTH_SURROGATE/);
  });
});

describe("toNir", () => {
  test.each([...networks])(
    "gives the nodes of an untouched network back, bit for bit: %s",
    async (_, network) => {
      const model = await build(network.graph, {
        ...network.options,
        trainable: { ...network.options?.trainable, leak: "neuron", threshold: "neuron" },
      });
      const out = model.toNir();
      expect(out.with({ metadata: network.graph.metadata }).equals(network.graph)).toBe(true);
      // What was trained with stands in the graph: it builds again without being told.
      const again = await buildTrainable(out, { name: `p${serial++}` });
      expect(again.dt).toBe(1);
    },
  );

  test("writes τ, r and θ of trained neurons: β 0.9 is τ 10, a gain that does not move is r 10", async () => {
    for (const coupleGain of [true, false]) {
      const model = await build(single(), {
        trainable: { leak: { granularity: "layer", param: "clamp", coupleGain }, threshold: "neuron" },
      });
      model.parameters.get("l.leak")?.variable.assign(tf.scalar(0.9));
      const node = model.toNir().node("l");
      if (node.type !== "LIF" || !("tau" in node)) throw new Error("no LIF");
      expect(toFloat64(node.tau)[0]).toBeCloseTo(10, 4);
      expect(toFloat64(node.r)[0]).toBeCloseTo(coupleGain ? 5 : 10, 4);
      expect(toFloat64(node.vThreshold)[0]).toBe(1);
    }
  });

  test("writes trained weights into nested graphs", async () => {
    const nested = networks.get("nested")?.graph as NirGraph;
    const model = await build(nested);
    const weight = model.parameters.get("block/fc.weight")?.variable;
    weight?.assign(tf.ones(weight.shape));
    const node = model.toNir().flatten().node("block/fc");
    expect(
      node.type === "Linear" && "weight" in node ? toFloat64(node.weight).every((w) => w === 1) : false,
    ).toBe(true);
  });
});

test("the initial weights of seed 3 have deviation kθ√((1 − β²)/(fanIn·ρ·g²)) within 5 %, the same each time", async () => {
  const network = graph()
    .input("in", [200])
    .linear("fc", { weight: Array.from({ length: 50 }, () => new Array<number>(200).fill(0)) })
    .lif("l", { tau: 5, r: 5, vThreshold: 2 })
    .output("out")
    .build();
  const weights = async (): Promise<Float32Array> => {
    const model = await build(network, { init: { density: 0.2 }, seed: 3 });
    return model.parameters.get("fc.weight")?.variable.dataSync() as Float32Array;
  };
  const found = await weights();
  const deviation = Math.sqrt(found.reduce((sum, w) => sum + w * w, 0) / found.length);
  expect(deviation / (2 * Math.sqrt((1 - 0.64) / (200 * 0.2)))).toBeCloseTo(1, 1);
  expect(await weights()).toEqual(found);
});
