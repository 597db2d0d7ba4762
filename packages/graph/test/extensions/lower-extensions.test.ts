import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  conv3d,
  conv3dNode,
  lowerExtensions,
  lowerExtensionsPass,
  type Triple,
} from "../../src/extensions/index.ts";
import { layoutOrder } from "../../src/extensions/layout.ts";
import { type ExtensionNode, full, graph, type Shape, sizeOf, validateGraph } from "../../src/index.ts";
import { evaluate } from "../evaluate.ts";
import { bothWays, conv, extensions, hsi, lif, ramp, single } from "./conv3d-networks.ts";

describe("lowerExtensions", () => {
  it("writes hsi-cnn3d on 200 bands with Conv1d: 13 500 + 10 800 + 18 900 + 3 675 + 3 675 + 2 450 weights", () => {
    const { graph: plain, report } = lowerExtensions(hsi(200), extensions);
    expect(report.lowered.map(({ path, strategy, weights }) => [path, strategy, weights])).toEqual([
      ["conv1", "spatial", 13500],
      ["conv2", "spatial", 18900],
      ["conv3", "spatial", 3675],
      ["conv4", "spatial", 2450],
      ["down1", "spatial", 10800],
      ["down2", "spatial", 3675],
    ]);
    expect(plain.node("conv1")).toMatchObject({ type: "Conv1d", weight: { shape: [180, 25, 3] } });
    expect(plain.node("down1")).toMatchObject({ groups: 9, weight: { shape: [180, 20, 3] } });
    expect(plain.node("in")).toMatchObject({ shape: [25, 200] });
    expect(plain.node("in").metadata?.get("nirkit:layout")).toBe(
      '{"v":1,"from":[1,200,5,5],"axes":[2,3,0,1]}',
    );
    expect(JSON.parse(String(plain.node("conv1").metadata?.get("nirkit:conv3d")))).toMatchObject({
      v: 1,
      strategy: "spatial",
      input: [1, 200, 5, 5],
      kernel: [3, 3, 3],
    });
    expect(validateGraph(plain)).toEqual([]);
  });
  it("writes the 3-D part of hsi-hybrid with Conv2d: 51 840 + 552 960 + 1 658 880 weights, and keeps its Input", () => {
    const g = graph({ extensions })
      .input("in", [1, 30, 25, 25])
      .node("c1", conv3dNode({ weight: full("float32", [8, 1, 7, 3, 3], 1) }))
      .node("c2", conv3dNode({ weight: full("float32", [16, 8, 5, 3, 3], 1) }))
      .node("c3", conv3dNode({ weight: full("float32", [32, 16, 3, 3, 3], 1) }))
      .flatten("merge", { startDim: 0, endDim: 1 })
      .conv2d("c4", { weight: full("float32", [64, 576, 3, 3], 1) })
      .output("out")
      .build();
    const { graph: plain, report } = lowerExtensions(g, extensions);
    expect(report.lowered.map(({ strategy, weights }) => [strategy, weights])).toEqual([
      ["spectral", 51840],
      ["spectral", 552960],
      ["spectral", 1658880],
    ]);
    expect(plain.node("in")).toBe(g.node("in"));
    expect(plain.node("flatten_in")).toMatchObject({ type: "Flatten", startDim: 0, endDim: 1 });
    expect(plain.types().outputShape("c3")).toEqual([576, 19, 19]);
    expect(plain.node("c4")).toBe(g.node("c4"));
    expect(validateGraph(plain)).toEqual([]);
  });
  it("computes hsi-cnn3d on 9 bands as before, neurons and the dense layer behind it included", () => {
    const g = hsi(9);
    const [want, got] = bothWays(g, lowerExtensions(g, extensions).graph);
    // Quarters and halves below 2^53: no sum is rounded, so the order of summation does not show.
    expect(got).toEqual(want);
  });
  const options = fc.record({
    groups: fc.constantFrom(1, 2),
    perGroup: fc.integer({ min: 1, max: 2 }),
    outputs: fc.integer({ min: 1, max: 2 }),
    kernel: fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2 }),
    ),
    extra: fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)),
    stride: fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
    ),
    dilation: fc.tuple(
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
    ),
    padding: fc.oneof(
      fc.constantFrom("same" as const, "valid" as const),
      fc.tuple(fc.nat(2), fc.nat(1), fc.nat(1)),
    ),
    pointwise: fc.boolean(),
  });
  it("is exact for every strategy, kernel, stride, padding, dilation and groups (300 random integer cases)", () => {
    const used = new Map<string, number>();
    fc.assert(
      fc.property(options, fc.boolean(), fc.boolean(), (o, flat, second) => {
        const kernel: Triple = o.pointwise ? [o.kernel[0], 1, 1] : o.kernel;
        const plainPad =
          o.pointwise && typeof o.padding !== "string" ? ([o.padding[0], 0, 0] as Triple) : o.padding;
        const stride: Triple =
          o.padding === "same" ? [1, 1, 1] : o.pointwise ? [o.stride[0], 1, 1] : o.stride;
        const node = conv([o.outputs * o.groups, o.perGroup, ...kernel], {
          stride,
          padding: plainPad,
          dilation: o.dilation,
          groups: o.groups,
        });
        const input = [
          o.perGroup * o.groups,
          ...kernel.map((k, i) => (o.dilation[i] ?? 1) * (k - 1) + 1 + (o.extra[i] ?? 0)),
        ];
        const shape = conv3d.rules.infer(node, input) as Shape;
        const built = graph({ extensions }).input("in", input).node("c", node).node("lif", lif(shape));
        if (second) built.node("d", conv([2, shape[0] ?? 1, 1, shape[2] ?? 1, 1], { padding: [0, 0, 0] }));
        const last = second ? [2, shape[1] ?? 1, 1, shape[3] ?? 1] : shape;
        if (flat) built.flatten("flat").affine("fc", { weight: ramp([3, sizeOf(last)]), bias: ramp([3]) });
        const g = built.output("out").build();
        const { graph: plain, report } = lowerExtensions(g, extensions);
        expect(validateGraph(plain).filter((d) => d.level === "error")).toEqual([]);
        const [want, got] = bothWays(g, plain);
        expect(got).toEqual(want);
        const strategy = report.lowered[0]?.strategy ?? "";
        used.set(strategy, (used.get(strategy) ?? 0) + 1);
        for (const { path, weights } of report.lowered)
          expect(
            (plain.node(path) as unknown as { weight: { data: { length: number } } }).weight.data.length,
          ).toBe(weights);
      }),
      { seed: 17, numRuns: 300 },
    );
    expect([...used.keys()].sort()).toEqual(["depth", "spatial", "spectral"]);
  });
  it("each strategy by itself is exact too (100 cases each)", () => {
    fc.assert(
      fc.property(options, (o) => {
        const kernel: Triple = o.pointwise ? [o.kernel[0], 1, 1] : o.kernel;
        const stride: Triple = o.pointwise
          ? [o.stride[0], 1, 1]
          : o.padding === "same"
            ? [1, 1, 1]
            : o.stride;
        const padding =
          o.padding === "same" && o.pointwise
            ? ("valid" as const)
            : o.pointwise && typeof o.padding !== "string"
              ? ([o.padding[0], 0, 0] as Triple)
              : o.padding;
        const node = conv([o.outputs * o.groups, o.perGroup, ...kernel], {
          stride,
          padding,
          dilation: o.dilation,
          groups: o.groups,
        });
        const input = [
          o.perGroup * o.groups,
          ...kernel.map((k, i) => (o.dilation[i] ?? 1) * (k - 1) + 1 + (o.extra[i] ?? 0)),
        ];
        const x = Array.from({ length: sizeOf(input) }, (_, i) => ((i * 5) % 13) - 6);
        const want = [...(evaluate(single(node, input), new Map([["in", x]]), extensions).get("out") ?? [])];
        for (const { input: from, output: to, build } of conv3d.rules.lowerings?.(node, input) ?? []) {
          const g = graph().input("in", from.shape).node("c", build()).output("out").build();
          expect(g.types().outputShape("out")).toEqual(to.shape);
          const y =
            evaluate(g, new Map([["in", Array.from(layoutOrder(from), (at) => x[at] ?? 0)]])).get("out") ??
            [];
          const back = new Array<number>(y.length);
          for (const [i, at] of layoutOrder(to).entries()) back[at] = y[i] ?? 0;
          expect(back).toEqual(want);
        }
      }),
      { seed: 18, numRuns: 100 },
    );
  });
  it("opens nested graphs and lowers two separate parts on their own", () => {
    const block = single(conv([2, 1, 1, 3, 3]), [1, 4, 5, 5]);
    const g = graph({ extensions })
      .input("x", [1, 4, 5, 5])
      .subgraph("b", block)
      .flatten("f")
      .linear("w", { weight: ramp([4, 72]) })
      .output("y")
      .build();
    const { graph: plain, report } = lowerExtensions(g, extensions);
    expect(report.lowered.map((l) => l.path)).toEqual(["b/c"]);
    const [want, got] = bothWays(g, plain);
    expect(got).toEqual(want);
    expect(lowerExtensions(plain, extensions).graph).toBe(plain);
  });
  it("says why a node cannot be lowered: weights over the limit, a pool in between, annotations", () => {
    const g = single(conv([2, 1, 2, 2, 2]), [1, 3, 3, 3]);
    expect(() => lowerExtensions(g, extensions, { maxWeights: 16 })).toThrow(
      /E_NOT_LOWERED nodes\.c: .*spectral: "c" would have 48 weights, the limit is 16.*spatial/,
    );
    const noted = g.with({
      setNodes: [["lif", { ...lif([2, 2, 2, 2]), metadata: new Map([["nirkit:neuron", "x"]]) }]],
      removeEdges: [["c", "out"]],
      addEdges: [
        ["c", "lif"],
        ["lif", "out"],
      ],
    });
    expect(() => lowerExtensions(noted, extensions)).toThrow("carries nirkit's annotations");
    const batched = g.with({
      setNodes: [["w", { type: "Linear", weight: ramp([2, 2, 2, 2, 2]) }]],
      removeEdges: [["c", "out"]],
      addEdges: [
        ["c", "w"],
        ["w", "out"],
      ],
    });
    expect(() => lowerExtensions(batched, extensions)).toThrow('"w" works on one axis of the value');
    const forward: ExtensionNode = { type: "acme:Pass", params: new Map() };
    const mixed = g.with({ setNodes: [["c", forward]] });
    expect(() => lowerExtensions(mixed, extensions)).toThrow("E_UNKNOWN_TYPE");
  });
  it("reorders the rows of a dense layer that adds to a reordered value", () => {
    const g = graph({ extensions })
      .input("in", [1, 6, 3, 2])
      .node("c", conv([2, 1, 2, 2, 2]))
      .flatten("f")
      .node("lif", lif([20]))
      .affine("head", { weight: ramp([4, 20]), bias: ramp([4]) })
      .at("lif")
      .output("out")
      .build()
      .with({
        setNodes: [
          ["side", { type: "Input", shape: [5] }],
          ["add", { type: "Affine", weight: ramp([20, 5]), bias: ramp([20], 2) }],
        ],
        addEdges: [
          ["side", "add"],
          ["add", "lif"],
        ],
      });
    const { graph: plain, report } = lowerExtensions(g, extensions);
    expect(report.lowered[0]?.strategy).toBe("spatial");
    const [want, got] = bothWays(g, plain);
    expect(got).toEqual(want);
  });
  it("as a pass: lower-extensions", async () => {
    const g = single(conv([2, 1, 1, 3, 3]), [1, 4, 5, 5]);
    const result = await lowerExtensionsPass.run(g, { maxWeights: 2 ** 24 });
    expect(result.graph.types().diagnostics).toEqual([]);
    expect(result.report).toMatchObject({ lowered: [{ path: "c", type: "nirkit:Conv3d" }] });
  });
});
