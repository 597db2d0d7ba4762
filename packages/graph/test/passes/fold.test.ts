import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lowerExtensionsPass } from "../../src/extensions/index.ts";
import {
  type AnyPass,
  dedupeEdgesPass,
  flattenPass,
  foldBatchNorm,
  foldBatchNormPass,
  foldScale,
  foldScalePass,
  graph,
  type NirGraph,
  printGraph,
  removeDeadNodesPass,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  validateGraph,
  withMetadata,
} from "../../src/index.ts";
import { evaluate } from "../evaluate.ts";
import { lifOf } from "../support.ts";

const weightOf = (g: NirGraph, name: string, param = "weight"): number[] =>
  Array.from((g.node(name) as unknown as Record<string, Tensor>)[param]?.data ?? [], Number);
const one = (g: NirGraph) =>
  new Map(
    [["in", Array.from({ length: 64 }, (_, i) => ((i * 5) % 9) - 4)]].map(([name, values]) => [
      name as string,
      (values as number[]).slice(0, sizeOf(g.types().inputShape("in") ?? [])),
    ]),
  );
const values = (g: NirGraph): number[] => [...(evaluate(g, one(g)).get("out") ?? [])];

const before = graph()
  .input("in", [2])
  .affine("fc", {
    weight: [
      [1, 2],
      [3, 4],
    ],
    bias: [1, -1],
  })
  .scale("s", { scale: [4, 0.5] })
  .output("out")
  .build();

describe("fold-scale", () => {
  it("text in, text out: the Scale goes into the Affine before it", () => {
    expect(
      printGraph(before)
        .split("\n")
        .map((line) => line.split("  ")[0]),
    ).toEqual(["in", "fc", "s", "out", ""]);
    const { graph: after, report } = foldScale(before);
    expect(printGraph(after)).toMatch(/^in {3}Input .*→ fc\nfc {3}Affine .*→ out\nout {2}Output /);
    expect(weightOf(after, "fc")).toEqual([4, 8, 1.5, 2]);
    expect(weightOf(after, "fc", "bias")).toEqual([4, -0.5]);
    expect(report).toEqual({ folded: [{ path: "s", into: ["fc"], rounded: 0 }], kept: [] });
    expect(values(after)).toEqual(values(before));
  });
  it("goes into columns, gains and other Scales behind it: r 1 · 4, w_in 2 · 4, [1, 3] · [4, 0.5]", () => {
    const wide = graph()
      .input("in", [2])
      .scale("s", { scale: [4, 0.5] })
      .linear("fc", { weight: [[1, 3]] })
      .output("out")
      .build();
    expect(weightOf(foldScale(wide).graph, "fc")).toEqual([4, 1.5]);
    const fans = graph()
      .input("in", [2])
      .scale("s", { scale: [4, 0.5] })
      .node("lif", lifOf([2]))
      .output("out")
      .at("s")
      .cubaLif("cuba", { tauSyn: 1, tauMem: 1, wIn: 2, vThreshold: [1, 1] })
      .output("out2")
      .at("s")
      .scale("t", { scale: [1, 3] })
      .output("out3")
      .build();
    const { graph: folded, report } = foldScale(fans);
    expect(report.folded.map((f) => f.into)).toEqual([["lif", "cuba", "t"]]);
    expect(weightOf(folded, "lif", "r")).toEqual([4, 0.5]);
    expect(weightOf(folded, "cuba", "wIn")).toEqual([8, 1]);
    expect(weightOf(folded, "t", "scale")).toEqual([4, 1.5]);
    expect(foldScale(fans, { neurons: false }).report.kept[0]?.why).toContain(
      "gains of neurons are left alone",
    );
    expect(validateGraph(folded)).toEqual([]);
  });
  it("rounds only with leave: 0.1 · 0.3 is no float32, 0.1 · 2 is", () => {
    const g = graph()
      .input("in", [1])
      .linear("fc", { weight: [[0.1]] })
      .scale("s", { scale: [0.3] })
      .output("out")
      .build();
    const { graph: same, report } = foldScale(g);
    expect(same).toBe(g);
    expect(report.kept).toEqual([
      {
        path: "s",
        why: "fc: 1 values would be rounded (allowRounding folds them); out: a Output takes no scale",
      },
    ]);
    const rounded = foldScale(g, { allowRounding: true });
    expect(rounded.report.folded).toEqual([{ path: "s", into: ["fc"], rounded: 1 }]);
    expect(weightOf(rounded.graph, "fc")).toEqual([Math.fround(Math.fround(0.1) * Math.fround(0.3))]);
    const double = g.with({ setNodes: [["s", { type: "Scale", scale: tensor("float32", [1], [2]) }]] });
    expect(foldScale(double).report.folded).toHaveLength(1);
  });
  it("counts a float64 product that float64 rounds: 0.1 · 0.1 is not exact, 0.1 · 2^-3 is", () => {
    const g = (s: number): NirGraph =>
      graph({ dtype: "float64" })
        .input("in", [1])
        .linear("fc", { weight: [[0.1]] })
        .scale("s", { scale: [s] })
        .output("out")
        .build();
    expect(foldScale(g(0.1)).report.kept).toHaveLength(1);
    expect(foldScale(g(0.125)).report.folded).toHaveLength(1);
    expect(foldScale(g(1e-300), { allowRounding: true }).report.folded[0]?.rounded).toBe(1);
  });
  it("keeps float16 weights halves: 2049 would not be one", () => {
    const half = (w: number): NirGraph =>
      graph()
        .input("in", [1])
        .linear("fc", { weight: tensor("float16", [1, 1], [w]) })
        .scale("s", { scale: [3] })
        .output("out")
        .build();
    expect(foldScale(half(683)).report.kept[0]?.why).toContain("rounded");
    const { graph: rounded } = foldScale(half(683), { allowRounding: true });
    expect(weightOf(rounded, "fc")).toEqual([2048]);
  });
  it("drops a Scale of ones, unless two paths would become one edge", () => {
    const ones = before.with({ setNodes: [["s", { type: "Scale", scale: tensor("float32", [2], [1, 1]) }]] });
    expect(foldScale(ones).report.folded).toEqual([{ path: "s", into: [], rounded: 0 }]);
    const twice = ones.with({ addEdges: [["fc", "out"]] });
    const { graph: kept, report } = foldScale(twice);
    expect(kept).toBe(twice);
    expect(report.kept[0]?.why).toContain("fc feeds other nodes too");
  });
  it("leaves annotated nodes, integer weights, shared sources and sums alone, and says so", () => {
    const noted = before.with({
      setNodes: [["fc", withMetadata(before.node("fc"), [["nirkit:weight", "x"]])]],
    });
    expect(foldScale(noted).report.kept[0]?.why).toContain("fc: it carries nirkit's annotations");
    const whole = graph()
      .input("in", [1])
      .linear("fc", { weight: tensor("int32", [1, 1], [3]) })
      .scale("s", { scale: [2] })
      .output("out")
      .build();
    expect(foldScale(whole).report.kept[0]?.why).toContain("its weights are int32");
    const summed = before.with({ addEdges: [["in", "s"]] });
    expect(foldScale(summed).report.kept[0]?.why).toContain("2 nodes feed it");
    const uneven = graph()
      .input("in", [1, 2])
      .scale("s", { scale: [[2, 4]] })
      .conv1d("c", { weight: [[[1]]] })
      .output("out")
      .build();
    expect(foldScale(uneven).report.kept[0]?.why).toContain("the scale differs within a channel");
    expect(
      foldScale(
        before.with({ setNodes: [["s", { type: "Scale", scale: tensor("float32", [2], [Number.NaN, 1]) }]] }),
      ).report,
    ).toEqual({ folded: [], kept: [] });
  });
  it("folds in nested graphs, and is idempotent", () => {
    const outer = graph().input("x", [2]).subgraph("b", before).output("y").build();
    const { graph: folded, report } = foldScale(outer);
    expect(report.folded).toEqual([{ path: "b/s", into: ["b/fc"], rounded: 0 }]);
    expect(folded.flatten().nodes().has("b/s")).toBe(false);
    expect(foldScale(folded).graph).toBe(folded);
  });
});

describe("fold-batch-norm", () => {
  const normed = graph()
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
    .output("out")
    .build();
  it("diag(2, 4), c [5, 6] behind W [[1, 2], [3, 4]], b [1, 1]: W [[2, 4], [12, 16]], b [7, 10]", () => {
    const { graph: after } = foldBatchNorm(normed);
    expect([...after.nodes().keys()]).toEqual(["in", "fc", "out"]);
    expect(weightOf(after, "fc")).toEqual([2, 4, 12, 16]);
    expect(weightOf(after, "fc", "bias")).toEqual([7, 10]);
    expect(values(after)).toEqual(values(normed));
  });
  it("makes a Linear with a shift an Affine, before it and behind it", () => {
    const g = graph()
      .input("in", [2])
      .affine("bn", {
        weight: [
          [2, 0],
          [0, 4],
        ],
        bias: [1, -1],
      })
      .linear("fc", { weight: [[1, 3]] })
      .output("out")
      .build();
    const { graph: after } = foldBatchNorm(g);
    expect(after.node("fc").type).toBe("Affine");
    expect(weightOf(after, "fc")).toEqual([2, 12]);
    expect(weightOf(after, "fc", "bias")).toEqual([-2]);
    expect(values(after)).toEqual(values(g));
  });
  it("leaves dense layers alone", () => {
    expect(foldBatchNorm(before).report.folded.map((f) => f.path)).toEqual(["s"]);
    expect(weightOf(foldBatchNorm(before).graph, "fc")).toEqual([4, 8, 1.5, 2]);
  });
});

/** A random chain of linear nodes with small integers, Scales and diagonal Affines between. */
function randomChain(kinds: readonly number[], pick: (n: number) => number): NirGraph {
  const ints = (shape: Shape): Tensor =>
    tensor(
      "float32",
      shape,
      Array.from({ length: sizeOf(shape) }, () => pick(7) - 3),
    );
  const spread = (n: number, size: number): number[] =>
    Array.from({ length: n }, () => 2 ** (pick(5) - 2) * (pick(2) === 0 ? 1 : 3)).flatMap((s) =>
      Array<number>(size).fill(s),
    );
  let shape: Shape = [4, 3, 4];
  const g = graph().input("in", shape);
  for (const [i, kind] of kinds.entries()) {
    const name = `n${i}`;
    if (shape.length === 3) {
      const [c = 1, h = 1, w = 1] = shape;
      if (kind === 0) g.scale(name, { scale: tensor("float32", shape, spread(c, h * w)) });
      else if (kind === 1) {
        g.conv2d(name, { weight: ints([4, c / 2, 2, 1]), bias: ints([4]), groups: 2, padding: [pick(2), 0] });
        const padding = (g as unknown as { build(): NirGraph }).build().types().outputShape(name) ?? shape;
        shape = padding;
      } else if (kind === 2 || kind === 3) {
        g.flatten(name);
        shape = [sizeOf(shape)];
      } else {
        g.conv2d(name, { weight: ints([2, c, 1, 2]), bias: ints([2]), padding: "same" });
        shape = [2, h, w];
      }
      continue;
    }
    const [n = 1] = shape;
    if (kind === 0) g.scale(name, { scale: tensor("float32", [n], spread(n, 1)) });
    else if (kind === 1 || kind === 2) {
      g.affine(name, { weight: ints([3, n]), bias: ints([3]) });
      shape = [3];
    } else if (kind === 3) {
      g.linear(name, { weight: ints([2, n]) });
      shape = [2];
    } else {
      const diagonal = new Float32Array(n * n);
      for (const [k, s] of spread(n, 1).entries()) diagonal[k * (n + 1)] = s;
      g.affine(name, { weight: tensor("float32", [n, n], diagonal), bias: ints([n]) });
    }
  }
  return g.output("out").build();
}

describe.each([
  ["fold-scale", foldScale],
  ["fold-batch-norm", foldBatchNorm],
])("%s", (_, fold) => {
  it("computes the same, to the bit, for random chains of small integers (200 chains)", () => {
    let folded = 0;
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat(1000)),
        (kinds, stream) => {
          const g = randomChain(kinds, (n) => (stream.next().value as number) % n);
          const { graph: after, report } = fold(g);
          folded += report.folded.length;
          // Sums of quarters far below 2^53 are exact in float64, in any order.
          expect(values(after)).toEqual(values(g));
          expect(report.folded.every((f) => f.rounded === 0)).toBe(true);
          expect(fold(after).graph).toBe(after);
          expect(validateGraph(after)).toEqual([]);
        },
      ),
      { seed: 31, numRuns: 200 },
    );
    expect(folded).toBeGreaterThan(80);
  });
  it("with leave to round is off by float32 roundings only (100 chains)", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(4), { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.nat(1000)),
        fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        (kinds, stream, s) => {
          const g = randomChain(kinds, (n) => (stream.next().value as number) % n);
          const end = g.types().inputShape("out") ?? [];
          const scaled = g.with({
            setNodes: [
              ["last", { type: "Scale", scale: tensor("float32", end, Array<number>(sizeOf(end)).fill(s)) }],
            ],
            removeEdges: [[`n${kinds.length - 1}`, "out"]],
            addEdges: [
              [`n${kinds.length - 1}`, "last"],
              ["last", "out"],
            ],
          });
          const [want, got] = [values(scaled), values(fold(scaled, { allowRounding: true }).graph)];
          const size = Math.max(1, ...want.map(Math.abs));
          // Each of the at most 7 folds rounds each weight once by 2^-24; sums cancel, so the bound is loose.
          for (const [i, v] of got.entries()) expect(Math.abs(v - (want[i] ?? 0)) / size).toBeLessThan(1e-4);
        },
      ),
      { seed: 32, numRuns: 100 },
    );
  });
});

it("both are passes with defaults", async () => {
  for (const pass of [foldScalePass, foldBatchNormPass]) {
    const result = await pass.run(before, { allowRounding: false, neurons: true });
    expect(result.graph.nodes().has("s")).toBe(false);
    expect(pass.summary).not.toBe("");
  }
});

it("every pass of the package has a summary and an example that shows a change", () => {
  const passes: readonly AnyPass[] = [
    dedupeEdgesPass,
    flattenPass,
    removeDeadNodesPass,
    foldScalePass,
    foldBatchNormPass,
    lowerExtensionsPass,
  ];
  for (const { name, summary, example } of passes) {
    expect(summary, name).not.toBe("");
    expect(example?.before, name).not.toBe(example?.after);
  }
});
