import { graph, type NirGraph, tensor } from "@nirkit/graph";
import { lower, simulateNetwork } from "@nirkit/network";
import { pot, potParams } from "@nirkit/quantize-pot";
import { quantizeUniform, uniform, uniformParams } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkQuantized, quantizeGraph, readQuantized } from "../src/index.ts";

const W = [
  [0.9, -0.35, 0.05],
  [-0.6, 0.12, -0.02],
];
const recurrent = (rec: number): NirGraph =>
  graph()
    .input("in", [3])
    .affine("fc", { weight: W, bias: [0.1, -0.05] })
    .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
    .affine("rec", {
      weight: [
        [rec, -rec / 2],
        [rec / 3, 0],
      ],
      bias: [0.2, 0.3],
    })
    .edge("rec", "lif")
    .at("lif")
    .output("out")
    .build();

describe("projections apart by powers of two", () => {
  test("a recurrent weight of 3 takes 4 times the scale of .9, and leaves the other its own", async () => {
    const { graph: result } = await quantizeUniform(recurrent(3), { bits: 4, dt: 1, joint: "shift" });
    expect(checkQuantized(result, [uniform])).toEqual([]);
    const view = readQuantized(result, [uniform]);
    const fine = view.weights.get("fc")?.weight.scale[0] ?? 0;
    expect(fine).toBe(Math.fround(Math.fround(0.9) / 7));
    expect(view.weights.get("rec")?.weight.scale[0]).toBe(fine * 4);
    expect([...(view.weights.get("fc")?.weight.ints ?? [])]).toEqual([7, -3, 0, -5, 1, 0]);
    expect([...(view.weights.get("rec")?.weight.ints ?? [])]).toEqual([6, -3, 2, 0]);
    // A bias counts in its own weight's LSB: two fractional bits more.
    expect([view.weights.get("fc")?.biasFrac, view.weights.get("rec")?.biasFrac]).toEqual([4, 6]);
  });

  test("equal scales lose more: the small projection has 2 of 7 levels left", async () => {
    const { report: equal } = await quantizeUniform(recurrent(3), { bits: 4, dt: 1 });
    const { report: shift } = await quantizeUniform(recurrent(3), { bits: 4, dt: 1, joint: "shift" });
    const sqnr = (r: typeof equal): number => r.weights.find(({ path }) => path === "fc")?.sqnrDb ?? 0;
    expect(sqnr(shift)).toBeGreaterThan(sqnr(equal) + 8);
  });

  test("nothing clips that did not clip alone, for any ratio, per tensor and per channel", async () => {
    let expressed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.001, max: 1000, noNaN: true }),
        fc.constantFrom(null, 0 as const),
        async (rec, axis) => {
          const { report, graph: result } = await quantizeUniform(recurrent(rec), {
            bits: 8,
            axis,
            dt: 1,
            joint: "shift",
            stateBits: 32,
            overrides: [{ nodes: "lif", fracBits: 4 }],
          }).catch(() => ({ report: undefined, graph: undefined }));
          // A recurrent weight a thousand times the threshold cannot be expressed; what can, clips nothing.
          if (report === undefined || result === undefined) return;
          expressed++;
          expect(report.weights.every(({ clippedFraction }) => clippedFraction === 0)).toBe(true);
          const view = readQuantized(result, [uniform]);
          const ratio =
            (view.weights.get("rec")?.weight.scale[0] ?? 1) / (view.weights.get("fc")?.weight.scale[0] ?? 1);
          expect(Number.isInteger(Math.log2(ratio))).toBe(true);
        },
      ),
      { seed: 2, numRuns: 60 },
    );
    expect(expressed).toBeGreaterThan(20);
  });

  test("lower takes the shift over, and the integers fire as the dequantised float network: IF, 60 steps", async () => {
    const source = graph()
      .input("in", [3])
      .affine("fc", { weight: W, bias: [0.1, -0.05] })
      .if("n", { r: 1, vThreshold: 1 })
      .linear("rec", {
        weight: [
          [3, -1.5],
          [1, 0],
        ],
      })
      .edge("rec", "n")
      .at("n")
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(source, { bits: 4, dt: 1, joint: "shift", fracBits: 6 });
    const network = lower(result, { links: "same-step", neuron: "integer", conv3d: "lower" });
    expect(network.projections.map(({ name, shift }) => [name, shift ?? 0]).sort()).toEqual([
      ["fc", 0],
      ["rec", 2],
    ]);
    const data = Array.from({ length: 180 }, (_, i) => Number((i * 5 + (i % 7)) % 3 === 0));
    const input = new Map([["in", tensor("float32", [60, 3], data)]]);
    const ints = simulateNetwork(network, input).outputs.get("out");
    const floats = simulate(result, input, { dt: 1 }).outputs.get("out");
    expect([...(ints?.data ?? [])].map(Number)).toEqual([...(floats?.data ?? [])].map(Number));
    expect([...(ints?.data ?? [])].reduce<number>((a, b) => a + Number(b), 0)).toBeGreaterThan(5);
  });
});

describe("mixed precision by pattern", () => {
  const deep = graph()
    .input("in", [3])
    .linear("first", { weight: W })
    .lif("n1", { tau: 8, r: 8, vThreshold: 1 })
    .linear("hidden.a", { weight: [[1, -0.7]] })
    .lif("n2", { tau: 8, r: 8, vThreshold: 1 })
    .linear("last", { weight: [[0.8], [0.3]] })
    .lif("n3", { tau: 8, r: 8, vThreshold: 1 })
    .output("out")
    .build();

  test("8-bit uniform outside, 4-bit powers of two inside: schemes and bits in the annotations", async () => {
    const { graph: result, report } = await quantizeGraph(deep, uniform, {
      params: uniformParams.parse({ bits: 8 }),
      dt: 1,
      overrides: [
        { nodes: "hidden*", quantizer: pot, params: { bits: 4 } },
        { nodes: "n2", membrane: 4 },
      ],
    });
    expect(checkQuantized(result, [uniform, pot])).toEqual([]);
    expect(report.weights.map(({ path, scheme, bits }) => [path, scheme, bits])).toEqual([
      ["first", "uniform", 8],
      ["hidden.a", "pot", 4],
      ["last", "uniform", 8],
    ]);
    const ints = [...(readQuantized(result, [uniform, pot]).weights.get("hidden.a")?.weight.ints ?? [])];
    // 1 is 2^6; .7 is nearer to 2^-1 in the log domain: 2^5.
    expect(ints).toEqual([64, -32]);
    expect(report.neurons.map(({ storedBits }) => storedBits)).toEqual([
      expect.any(Number),
      4,
      expect.any(Number),
    ]);
    expect(potParams.parse({ bits: 4 })).toMatchObject({ bits: 4 });
  });

  test("another scheme starts from its own defaults, not from the parameters of the run; later overrides win", async () => {
    const { report } = await quantizeGraph(deep, uniform, {
      params: uniformParams.parse({ bits: 3 }),
      dt: 1,
      overrides: [
        { nodes: "*", params: { bits: 5 } },
        { nodes: "last", quantizer: pot, params: {} },
        { nodes: "first", params: { bits: 6 } },
      ],
    });
    expect(report.weights.map(({ bits }) => bits)).toEqual([6, 5, expect.any(Number)]);
    expect(report.weights[2]?.scheme).toBe("pot");
  });

  test("one population with two schemes needs scales apart; with them, different bits work too", async () => {
    const options = {
      params: uniformParams.parse({ bits: 8 }),
      dt: 1,
      overrides: [{ nodes: "rec", quantizer: pot, params: { bits: 4 } }],
    };
    await expect(quantizeGraph(recurrent(3), uniform, options)).rejects.toThrow(
      /E_JOINT_SCALE.*schemes differ/,
    );
    const { graph: result } = await quantizeGraph(recurrent(3), uniform, { ...options, joint: "shift" });
    expect(checkQuantized(result, [uniform, pot])).toEqual([]);
    lower(result, { links: "same-step", neuron: "integer", conv3d: "lower" });
  });
});

describe("batch normalization", () => {
  test("W [[1, 2], [3, 4]], b [1, 1], then diag(2, 4), c [5, 6] is W' [[2, 4], [12, 16]], b' [7, 10]", async () => {
    const source = graph()
      .input("in", [2])
      .affine("fc", {
        weight: [
          [1, 2],
          [3, 4],
        ],
        bias: [1, 1],
      })
      .affine("bn", {
        weight: [
          [2, 0],
          [0, 4],
        ],
        bias: [5, 6],
      })
      .if("n", { r: 1, vThreshold: 20 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(source, { bits: 8, dt: 1, scalePo2: true });
    expect([...result.nodes().keys()]).not.toContain("bn");
    const fc = readQuantized(result).weights.get("fc");
    // Scale 16/127 rounded up to 1/4.
    expect([...(fc?.weight.ints ?? [])].map((i) => i / 4)).toEqual([2, 4, 12, 16]);
    expect([...(fc?.bias ?? [])].map((b) => b / 4 / 2 ** (fc?.biasFrac ?? 0))).toEqual([7, 10]);
  });

  test("a diagonal weight that spikes arrive at stays a weight", async () => {
    const source = graph()
      .input("in", [2])
      .linear("one", {
        weight: [
          [1, 0],
          [0, 1],
        ],
      })
      .if("n", { r: 1, vThreshold: 2 })
      .output("out")
      .build();
    const { graph: result } = await quantizeUniform(source, { bits: 8, dt: 1 });
    expect(readQuantized(result).weights.has("one")).toBe(true);
  });
});
