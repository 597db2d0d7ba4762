import { graph, type NirGraph, type PassContext, parsePipeline, type Sample, tensor } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import { quantizeUniform, quantizeUniformPass, type UniformOptions, uniform } from "@nirkit/quantize-uniform";
import { createSimulator, type Simulator, simulate } from "@nirkit/simulate";
import { describe, expect, test } from "vitest";
import {
  checkQuantized,
  membraneScaling,
  percentile,
  percentileScaling,
  type QuantizeReport,
  readQuantized,
} from "../src/index.ts";

const random = philox(3, "threshold-scaling");
let at = 0;
const uniform01 = (): number => random.at(at++) / 4294967296;
const matrix = (rows: number, columns: number, outlier: number): readonly (readonly number[])[] =>
  Array.from({ length: rows }, (_, r) =>
    Array.from({ length: columns }, (_, c) => (r + c === 0 ? outlier : uniform01() - 0.42)),
  );
const net = (outlier = 6): NirGraph =>
  graph()
    .input("in", [12])
    .linear("fc1", { weight: matrix(10, 12, outlier) })
    .lif("lif1", { tau: 8, r: 8, vThreshold: 1 })
    .linear("fc2", { weight: matrix(4, 10, outlier) })
    .if("if2", { r: 1, vThreshold: 1.5 })
    .output("out")
    .build();
const steps = 40;
const samples: readonly Sample[] = Array.from({ length: 6 }, (_, label) => ({
  label: label % 4,
  input: new Map([
    [
      "in",
      tensor(
        "float32",
        [steps, 12],
        Array.from({ length: steps * 12 }, () => (uniform01() < 0.3 ? 1 : 0)),
      ),
    ],
  ]),
}));
/** One simulator per graph: a search runs many samples through each. */
const simulators = (dialect: string): NonNullable<PassContext["simulate"]> => {
  const known = new WeakMap<NirGraph, Simulator>();
  return (g, input, record) => {
    const simulator = known.get(g) ?? createSimulator(g, { dt: 1, dialect });
    known.set(g, simulator);
    return simulator.run(input, record);
  };
};
const context = (extra: PassContext = {}): PassContext => ({
  calibration: samples,
  simulate: simulators("nir-euler"),
  ...extra,
});
const run = async (options: UniformOptions, source = net(), extra: PassContext = {}) =>
  quantizeUniform(source, { dt: 1, ...options }, context(extra));
const source = net();

describe("percentiles", () => {
  test("0.1 … 1.9 and an outlier 8.0: P99 6.841, P95 2.205, P100 8", () => {
    const w = [...Array.from({ length: 19 }, (_, i) => (i + 1) / 10), 8];
    expect([99, 95, 100].map((p) => Number(percentile(w, p).toFixed(9)))).toEqual([6.841, 2.205, 8]);
  });

  test("-.02 .05 … 3.0 at 8 bit: scales and integers of p = 100, 95, 90", async () => {
    const w = [-0.02, 0.05, -0.1, 0.2, 0.3, -0.4, 0.45, 0.5, -0.55, 3];
    const one = graph()
      .input("in", [10])
      .linear("fc", { weight: [w] })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .output("out")
      .build();
    const ints: readonly (readonly [number, number, string])[] = [
      [100, 42.33333, "-1 2 -4 8 13 -17 19 21 -23 127"],
      [95, 66.93017, "-1 3 -7 13 20 -27 30 33 -37 127"],
      [90, 159.74843, "-3 8 -16 32 48 -64 72 80 -88 127"],
    ];
    for (const [p, factor, expected] of ints) {
      const { graph: result } = await quantizeUniform(one, { dt: 1, clip: "percentile", percentile: p });
      const fc = readQuantized(result, [uniform]).weights.get("fc")?.weight;
      expect(1 / (fc?.scale[0] ?? 1)).toBeCloseTo(factor, 4);
      expect([...(fc?.ints ?? [])].join(" ")).toBe(expected);
    }
  });
});

describe("threshold scaling by spike counts", () => {
  const totals = (report: QuantizeReport): readonly [number, number] => {
    const pairs = report.neurons.map(({ countError }) => countError ?? [0, 0]);
    return [pairs.reduce((sum, [a]) => sum + a, 0), pairs.reduce((sum, [, b]) => sum + b, 0)];
  };

  test("4 bit with an outlier of 6: the counts of every layer are met at least as well as with absmax", async () => {
    const { report, graph: result } = await run({ bits: 4, scaling: percentileScaling }, source);
    expect(checkQuantized(result, [uniform])).toEqual([]);
    for (const { countError } of report.neurons) {
      expect(countError).toBeDefined();
      expect(countError?.[1]).toBeLessThanOrEqual(countError?.[0] ?? 0);
    }
    const [plain, chosen] = totals(report);
    expect(chosen).toBeLessThan(plain);
    expect(report.scalingFellBack).toBe(false);
    for (const { percentile: p } of report.weights) expect([99, 99.5, 99.9, 99.99, 100]).toContain(p);
    for (const { thetaFactor } of report.neurons)
      expect(Math.abs((thetaFactor ?? 0) - 1)).toBeLessThan(0.101);
  });

  test("never worse than absmax on the whole network, with 4, 5, 6 and 8 bits", async () => {
    const counts = (g: NirGraph): readonly number[] =>
      samples.flatMap(({ input }) => {
        const trace = simulate(g, input, { dt: 1, record: { nodes: ["lif1", "if2"], signals: ["out"] } });
        return ["lif1", "if2"].flatMap((name) => {
          const out = trace.records.get(`${name}/out`);
          const neurons = out?.shape[1] ?? 1;
          const sums = new Array<number>(neurons).fill(0);
          [...(out?.data ?? [])].forEach((x, i) => {
            sums[i % neurons] = (sums[i % neurons] ?? 0) + Number(x);
          });
          return sums;
        });
      });
    const wanted = counts(source);
    const error = (g: NirGraph): number =>
      counts(g).reduce((sum, x, i) => sum + (x - (wanted[i] ?? 0)) ** 2, 0);
    const few = { ...percentileScaling, factors: [1, 1.05, 0.95] };
    for (const bits of [4, 5, 6, 8]) {
      const plain = await run({ bits }, source);
      const scaled = await run({ bits, scaling: few }, source);
      expect(error(scaled.graph)).toBeLessThanOrEqual(error(plain.graph));
    }
  });

  test("where absmax is refused (a threshold below one step at 2 bit), a percentile that is not is found", async () => {
    await expect(run({ bits: 2 }, source)).rejects.toThrow(/E_THRESHOLD_BELOW_LSB nodes\.if2/);
    const scaling = { percentiles: [95], factors: [1], objective: "counts" as const };
    const { report } = await run({ bits: 2, scaling }, source);
    expect(report.weights.at(-1)?.percentile).toBeLessThan(100);
    expect(report.scalingFellBack).toBe(false);
  });

  test("a network that loses nothing keeps p = 100 and factor 1: ties go there", async () => {
    const exact = graph()
      .input("in", [12])
      .linear("fc1", { weight: Array.from({ length: 3 }, () => new Array<number>(12).fill(1)) })
      .if("if1", { r: 1, vThreshold: 2.5 })
      .output("out")
      .build();
    const { report } = await run({ bits: 8, scaling: percentileScaling }, exact);
    expect(report.weights[0]?.percentile).toBe(100);
    expect(report.neurons[0]).toMatchObject({ thetaFactor: 1, countError: [0, 0] });
  });

  test("recurrent populations and nested graphs are searched too", async () => {
    const inner = graph()
      .input("input", [12])
      .linear("fc", { weight: matrix(6, 12, 5) })
      .lif("lif", { tau: 8, r: 8, vThreshold: 1 })
      .linear("rec", { weight: matrix(6, 6, -1) })
      .edge("rec", "lif")
      .at("lif")
      .output("output")
      .build();
    const outer = graph()
      .input("in", [12])
      .node("block", { type: "NIRGraph", graph: inner })
      .output("out")
      .build();
    const few = { ...percentileScaling, factors: [1, 1.05] };
    const { report, graph: result } = await run({ bits: 4, scaling: few }, outer);
    expect(checkQuantized(result, [uniform])).toEqual([]);
    expect(report.neurons[0]?.path).toBe("block/lif");
    const [plain, chosen] = report.neurons[0]?.countError ?? [0, 1];
    expect(chosen).toBeLessThanOrEqual(plain);
  });

  test("a convolution with pooling and reset to subtract", async () => {
    const conv = graph()
      .input("in", [1, 4, 3])
      .conv2d("c", {
        weight: tensor("float32", [2, 1, 2, 2], [3, 0.2, -0.3, 0.4, 0.5, 0.1, -0.6, 0.7]),
        bias: [0, 0.1],
      })
      .if("a", { r: 1, vThreshold: 1 })
      .avgPool2d("p", { kernelSize: [1, 2] })
      .flatten("f", { startDim: 0 })
      .linear("fc", { weight: matrix(3, 6, 2) })
      .lif("b", { tau: 4, r: 4, vThreshold: 0.5 })
      .output("out")
      .build();
    const shaped = samples.map(({ input, label }) => ({
      label: label as number,
      input: new Map([["in", { ...(input.get("in") as never as object), shape: [steps, 1, 4, 3] } as never]]),
    }));
    const few = { ...percentileScaling, factors: [1, 1.05] };
    const { report, graph: result } = await run(
      { bits: 4, scaling: few, convention: { reset: "subtract" } },
      conv,
      {
        calibration: shaped,
        simulate: simulators("nir-euler+subtract"),
      },
    );
    expect(checkQuantized(result, [uniform])).toEqual([]);
    expect(report.neurons.map(({ path }) => path)).toEqual(["a", "b"]);
  });
});

describe("determinism, progress, abort", () => {
  test("the same bytes whatever the order of samples, nodes and edges", async () => {
    const few = { ...percentileScaling, factors: [1, 1.05, 0.95] };
    const options = { bits: 4, scaling: few, secondOrder: true };
    const first = await run(options, source);
    const again = await run(options, source, { calibration: [...samples].reverse() });
    expect(again.graph.hash()).toBe(first.graph.hash());
    const { NirGraph: Graph } = await import("@nirkit/graph");
    const shuffled = Graph.from({
      nodes: [...source.nodes()].reverse(),
      edges: [...source.edges()].reverse(),
    });
    const other = await run({ ...options, sourceSha256: "0" }, shuffled);
    const same = await run({ ...options, sourceSha256: "0" }, source);
    for (const [name, node] of same.graph.nodes()) expect(other.graph.node(name)).toEqual(node);
  });

  test("progress never falls and ends full; labels of the search count candidates", async () => {
    const seen: (readonly [number, number])[] = [];
    await run({ bits: 4, scaling: { ...percentileScaling, factors: [1.05] } }, source, {
      progress: (done, total) => seen.push([done, total]),
    });
    const searching = seen.filter(([, total]) => total > 2);
    expect(searching.length).toBeGreaterThan(10);
    expect(searching.every(([done], i) => i === 0 || done >= (searching[i - 1]?.[0] ?? 0))).toBe(true);
    expect(searching.at(-1)?.[0]).toBe(searching.at(-1)?.[1]);
  });

  test("an abort in the middle of the search stops it", async () => {
    const stop = new AbortController();
    const aborted = run({ bits: 4, scaling: percentileScaling }, source, {
      signal: stop.signal,
      progress: (done) => {
        if (done === 7) stop.abort();
      },
    });
    await expect(aborted).rejects.toThrow(/abort/i);
  });

  test("without samples or simulator a search is refused", async () => {
    await expect(quantizeUniform(source, { dt: 1, scaling: percentileScaling })).rejects.toThrow(
      /E_NO_CALIBRATION.*threshold scaling/,
    );
    await expect(
      quantizeUniform(source, { dt: 1, secondOrder: true }, { calibration: samples }),
    ).rejects.toThrow(/E_NO_CALIBRATION.*secondOrder/);
  });
});

test("as text: quantize-uniform{bits=4,dt=1,search=percentile,secondOrder=true} searches, without search it does not", async () => {
  const run = async (text: string): Promise<QuantizeReport> => {
    const { report } = await parsePipeline(text, [quantizeUniformPass]).run(source, {}, context());
    return (report as ReadonlyMap<string, QuantizeReport>).get("0:quantize-uniform") as QuantizeReport;
  };
  const searched = await run("quantize-uniform{bits=4,dt=1,search=percentile,secondOrder=true}");
  expect(searched.weights[0]?.percentile).toBeDefined();
  const plain = await run("quantize-uniform{bits=4,dt=1}");
  expect(plain.weights[0]?.percentile).toBeUndefined();
});

describe("threshold scaling by membranes and accuracy", () => {
  test("labelled samples: accuracy is never below that of p = 100 and factor 1", async () => {
    const right = (g: NirGraph): number =>
      samples.filter(({ input, label }) => {
        const out = simulate(g, input, { dt: 1 }).outputs.get("out");
        const sums = [0, 0, 0, 0];
        [...(out?.data ?? [])].forEach((x, i) => {
          sums[i % 4] = (sums[i % 4] ?? 0) + Number(x);
        });
        return sums.indexOf(Math.max(...sums)) === label;
      }).length;
    const plain = await run({ bits: 4 }, source);
    const scaled = await run({ bits: 4, scaling: membraneScaling }, source);
    expect(right(scaled.graph)).toBeGreaterThanOrEqual(right(plain.graph));
    expect(scaled.report.accuracyAfter).toBe(right(scaled.graph) / samples.length);
    expect(scaled.report.accuracyBefore).toBe(right(source) / samples.length);
    expect(
      scaled.report.weights.every(({ percentile: p }) => membraneScaling.percentiles.includes(p ?? 0)),
    ).toBe(true);
  });
});

describe("what samples show", () => {
  test("inputs, membranes and stored states are measured: IF with weight 1 and one spike per step", async () => {
    const one = graph()
      .input("in", [1])
      .linear("fc", { weight: [[0.5]] })
      .if("n", { r: 2, vThreshold: 2.2 })
      .output("out")
      .build();
    const { report } = await run({ bits: 8, dt: 1 }, one, {
      calibration: [{ input: new Map([["in", tensor("float32", [6, 1], [1, 1, 0, 1, 1, 0])]]) }],
    });
    const n = report.neurons[0];
    // Potentials 1, 2, 2, 3*, 1, 1.
    expect(n?.observed?.input).toEqual([0, 0.5]);
    expect(n?.observed?.membrane).toEqual([1, 3]);
    expect(n?.rateBefore).toBeCloseTo(1 / 6, 12);
    expect(n?.saturates).toBe(false);
    expect(n?.stateSpan?.[1]).toBe(254);
  });

  test("a state of too few bits saturates on the samples", async () => {
    const { report } = await run({ bits: 8, stateBits: 9, fracBits: 0 }, source, {});
    expect(report.neurons.some(({ saturates }) => saturates === true)).toBe(true);
  });
});
