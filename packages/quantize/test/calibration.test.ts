import { graph, type NirGraph, type Sample, tensor } from "@nirkit/graph";
import { quantizeUniform, type UniformOptions } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import { quantizeInput, readQuantized } from "../src/index.ts";

const W = [
  [0.9, -0.35],
  [-0.6, 0.5],
];
const net = (): NirGraph =>
  graph()
    .input("in", [2])
    .linear("fc", { weight: W })
    .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
    .output("out")
    .build();
const sample = (values: readonly number[]): Sample => ({
  input: new Map([["in", tensor("float32", [values.length / 2, 2], values)]]),
});
const spikes = sample([1, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0]);
const run = (samples: readonly Sample[], options: UniformOptions = {}) =>
  quantizeUniform(
    net(),
    { dt: 1, ...options },
    { calibration: samples, simulate: (g, input, record) => simulate(g, input, { dt: 1, record }) },
  );
const form = async (samples: readonly Sample[], options: UniformOptions = {}) =>
  readQuantized((await run(samples, options)).graph).inputs.get("in");

describe("calibration", () => {
  test("8 bit keeps every spike count of a small net: equal rates, cosine 1", async () => {
    const { report, graph: result } = await run([spikes], { bits: 8 });
    expect(report.samples).toBe(1);
    const lif = report.neurons[0];
    expect(lif?.rateBefore).toBeGreaterThan(0);
    expect(lif?.rateAfter).toBe(lif?.rateBefore);
    expect(lif?.countCosine).toBeCloseTo(1, 12);
    expect(JSON.parse(result.metadata.get("nirkit:graph") as string).calibration).toMatchObject({ n: 1 });
  });

  test("asynchronous samples are read once", async () => {
    async function* stream(): AsyncGenerator<Sample> {
      yield spikes;
    }
    const { report } = await quantizeUniform(net(), { dt: 1 }, { calibration: stream() });
    expect(report.samples).toBe(1);
    expect(report.neurons[0]?.rateBefore).toBeUndefined();
  });

  test("spikes need no input annotation, counts to 3 take 2 bits, signed ones 3", async () => {
    expect(await form([spikes])).toBeUndefined();
    expect(await form([sample([3, 0, 1, 2])])).toEqual({ bits: 2, signed: false, scale: 1 });
    expect(await form([sample([3, -4, 1, 2])])).toEqual({ bits: 3, signed: true, scale: 1 });
  });

  test("real inputs need inputBits; 8 bits of [0, 0.5] take the scale 0.5/255", async () => {
    await expect(run([sample([0.5, 0.25])])).rejects.toThrow(
      /E_INPUT_NOT_INTEGER nodes\.in: Calibration samples hold 0\.5/,
    );
    expect(await form([sample([0.5, 0.25])], { inputBits: 8 })).toEqual({
      bits: 8,
      signed: false,
      scale: Math.fround(0.5 / 255),
    });
    await expect(quantizeUniform(net(), { dt: 1, inputBits: 8 })).rejects.toThrow(/E_NO_CALIBRATION/);
    await expect(run([sample([Number.NaN, 0])])).rejects.toThrow(/E_NON_FINITE/);
  });

  test("the input's scale joins the state's, and bounds count its integers", async () => {
    const inputs = new Map([["in", { bits: 8, signed: false, scale: 1 / 128 }]]);
    const { graph: result, report } = await run([], { bits: 4, inputs });
    const view = readQuantized(result);
    expect(view.inputs.get("in")).toEqual({ bits: 8, signed: false, scale: 1 / 128 });
    expect(view.neurons.get("lif")?.stateScale[0]).toBe(Math.fround(Math.fround(0.9) / 7) / 128);
    // Row [7, -3] · 255 · 16
    expect(report.neurons[0]?.inputBound).toBe(7 * 255 * 16);
  });

  test("a chosen input scale becomes a power of two where spikes feed the same neurons", async () => {
    const recurrent = graph()
      .input("in", [2])
      .linear("fc", { weight: W })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .linear("rec", { weight: W })
      .edge("rec", "lif")
      .at("lif")
      .output("out")
      .build();
    const samples = [sample([0.5, 0.25])];
    const { graph: result } = await quantizeUniform(
      recurrent,
      { bits: 8, dt: 1, inputBits: 8 },
      { calibration: samples },
    );
    const view = readQuantized(result);
    expect(view.inputs.get("in")?.scale).toBe(2 ** -8);
    const fc = view.weights.get("fc")?.weight.scale[0] ?? 0;
    expect(fc * 2 ** -8).toBe(view.weights.get("rec")?.weight.scale[0]);
    const inputs = new Map([["in", { bits: 8, signed: false, scale: 0.3 }]]);
    await expect(quantizeUniform(recurrent, { dt: 1, inputs })).rejects.toThrow(
      /E_JOINT_SCALE.*power of two/,
    );
  });

  test("x_int = clamp(rne(x / scale)): 127.5 goes to 128, 300 and -1 to the ends", () => {
    const unsigned = { bits: 8, signed: false, scale: 1 };
    expect([127.5, 300, -1].map((x) => quantizeInput(x, unsigned))).toEqual([128, 255, 0]);
    expect([200, -200].map((x) => quantizeInput(x, { bits: 8, signed: true, scale: 1 }))).toEqual([
      127, -128,
    ]);
  });

  test("an aborted signal stops the run", async () => {
    await expect(quantizeUniform(net(), { dt: 1 }, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});
