import {
  graph,
  type NirGraph,
  type PassContext,
  type Sample,
  type Shape,
  tensor,
  toFloat64,
} from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { mint } from "@nirkit/quantize-membrane";
import { quantizeUniform, type UniformOptions, uniform } from "@nirkit/quantize-uniform";
import { simulate } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import {
  type AnyQuantizer,
  annotationKeys,
  checkQuantized,
  quantizeGraph,
  readQuantized,
} from "../src/index.ts";

const random = philox(9, "second-order");
let at = 0;
const u = (): number => random.at(at++) / 4294967296;
const steps = 60;
/** Correlated inputs: the second half repeats the first with noise, so errors can be made good. */
const sampleOf = (shape: Shape, inputs: number): Sample => {
  const data = new Float32Array(steps * inputs);
  for (let t = 0; t < steps; t++)
    for (let i = 0; i < inputs; i++) {
      const twin = i >= inputs / 2 ? (data[t * inputs + i - inputs / 2] ?? 0) : undefined;
      data[t * inputs + i] = twin !== undefined && u() < 0.8 ? twin : Number(u() < 0.35);
    }
  return { input: new Map([["in", tensor("float32", [steps, ...shape], data)]]) };
};
const context = (samples: readonly Sample[]): PassContext => ({
  calibration: samples,
  simulate: (g, input, record) => simulate(g, input, { dt: 1, record }),
});
const currents = (g: NirGraph, node: string, samples: readonly Sample[]): Float64Array => {
  const tapped = g.with({ setNodes: [["seen", { type: "Output" }]], addEdges: [[node, "seen"]] });
  return Float64Array.from(
    samples.flatMap(({ input }) => [
      ...toFloat64(simulate(tapped, input, { dt: 1 }).outputs.get("seen") as never),
    ]),
  );
};
/** Σ over steps of the squared difference of the filtered weighted inputs. */
const filteredError = (a: Float64Array, b: Float64Array, rows: number, decay: number): number => {
  const state = new Float64Array(rows);
  let error = 0;
  for (let i = 0; i < a.length; i++) {
    const row = i % rows;
    if (i % (steps * rows) < rows) state[row] = 0;
    state[row] = (state[row] ?? 0) * decay + (a[i] ?? 0) - (b[i] ?? 0);
    error += (state[row] ?? 0) ** 2;
  }
  return error;
};

describe("second-order quantization", () => {
  const weight = Array.from({ length: 6 }, () => Array.from({ length: 16 }, () => u() - 0.45));
  const net = graph()
    .input("in", [16])
    .linear("fc", { weight })
    .lif("lif", { tau: 4, r: 4, vThreshold: 1 })
    .output("out")
    .build();
  const samples = [sampleOf([16], 16), sampleOf([16], 16)];
  const run = (options: UniformOptions) => quantizeUniform(net, { dt: 1, ...options }, context(samples));

  test("the membrane-filtered error falls by more than half at 3 bit on correlated inputs", async () => {
    const plain = await run({ bits: 3 });
    const second = await run({ bits: 3, secondOrder: true });
    expect(checkQuantized(second.graph, [uniform])).toEqual([]);
    const wanted = currents(net, "fc", samples);
    const error = (g: NirGraph): number => filteredError(currents(g, "fc", samples), wanted, 6, 0.75);
    expect(error(second.graph)).toBeLessThan(error(plain.graph) / 2);
    // The scale is that of the plain fit; integers alone differ.
    const scale = (g: NirGraph) => readQuantized(g).weights.get("fc")?.weight.scale;
    expect(scale(second.graph)).toEqual(scale(plain.graph));
  });

  test("statistics are those against the float weights, so the plain SQNR is at least as high", async () => {
    const [plain, second] = [await run({ bits: 3 }), await run({ bits: 3, secondOrder: true })];
    expect(second.report.weights[0]?.sqnrDb).toBeLessThanOrEqual(plain.report.weights[0]?.sqnrDb ?? 0);
  });

  test("no bit width makes the filtered error larger: 3 to 8 bits", async () => {
    const wanted = currents(net, "fc", samples);
    for (let bits = 3; bits <= 8; bits++) {
      const [plain, second] = [await run({ bits }), await run({ bits, secondOrder: true })];
      const [a, b] = [second, plain].map(({ graph: g }) =>
        filteredError(currents(g, "fc", samples), wanted, 6, 0.75),
      );
      expect(a).toBeLessThanOrEqual((b ?? 0) * (1 + 1e-5));
    }
  });

  test("pruned weights stay 0 and keep the others from using them", async () => {
    const mask = tensor("uint8", [12], new Uint8Array(12).fill(0b01110111));
    const node = net.node("fc");
    const pruned = net.with({
      setNodes: [["fc", { ...node, metadata: new Map([[annotationKeys.mask, mask]]) }]],
    });
    const { graph: result } = await quantizeUniform(
      pruned,
      { dt: 1, bits: 4, secondOrder: true },
      context(samples),
    );
    const ints = readQuantized(result).weights.get("fc")?.weight.ints ?? [];
    [...ints].forEach((int, i) => {
      if (i % 4 === 3) expect(int).toBe(0);
    });
  });

  test("a grouped, strided, padded convolution: the filtered error falls", async () => {
    const kernel = tensor(
      "float32",
      [4, 1, 3, 3],
      Array.from({ length: 36 }, () => u() - 0.45),
    );
    const conv = graph()
      .input("in", [2, 5, 4])
      .conv2d("c", { weight: kernel, bias: [0, 0.1, 0, 0], padding: 1, stride: [2, 1], groups: 2 })
      .lif("lif", { tau: 4, r: 4, vThreshold: 1 })
      .output("out")
      .build();
    const many = [sampleOf([2, 5, 4], 40)];
    const go = (options: UniformOptions) =>
      quantizeUniform(conv, { dt: 1, bits: 3, ...options }, context(many));
    const wanted = currents(conv, "c", many);
    const rows = 4 * 3 * 4;
    const [plain, second] = [await go({}), await go({ secondOrder: true })].map(({ graph: g }) =>
      filteredError(currents(g, "c", many), wanted, rows, 0.75),
    );
    expect(second).toBeLessThan(plain ?? 0);
  });

  test("more than 256 inputs take one common order and gain too", async () => {
    const wide = graph()
      .input("in", [300])
      .linear("fc", { weight: Array.from({ length: 2 }, () => Array.from({ length: 300 }, () => u() - 0.5)) })
      .lif("lif", { tau: 4, r: 4, vThreshold: 1 })
      .output("out")
      .build();
    const many = [sampleOf([300], 300)];
    const go = (options: UniformOptions) =>
      quantizeUniform(wide, { dt: 1, bits: 3, ...options }, context(many));
    const wanted = currents(wide, "fc", many);
    const [plain, second] = [await go({}), await go({ secondOrder: true })].map(({ graph: g }) =>
      filteredError(currents(g, "fc", many), wanted, 2, 0.75),
    );
    expect(second).toBeLessThan((plain ?? 0) / 2);
  });

  test("a scheme that does not keep dequantized weights is refused", async () => {
    await expect(
      quantizeGraph(
        net,
        mint as AnyQuantizer,
        { params: { bits: 4 }, dt: 1, secondOrder: true },
        context(samples),
      ),
    ).rejects.toThrow(/E_BAD_OPTION.*mint/);
  });
});
