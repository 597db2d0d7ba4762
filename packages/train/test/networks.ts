/** Small networks of every node, and random values for them. */
import { graph, type NirGraph } from "@nirkit/graph";
import { philox } from "@nirkit/integer";
import type { BuildOptions } from "../src/index.ts";

const draw = (name: string): (() => number) => {
  const random = philox(7, name);
  return () => random.normal();
};

/** Nested lists of normal numbers. */
export function values(name: string, shape: readonly number[], scale = 1): never {
  const next = draw(name);
  const build = (axis: number): unknown =>
    axis === shape.length
      ? scale * next()
      : Array.from({ length: shape[axis] as number }, () => build(axis + 1));
  return build(0) as never;
}

export interface Network {
  readonly graph: NirGraph;
  readonly options?: BuildOptions;
  /** Inputs are 0 or 1 unless this says analogue. */
  readonly analogue?: boolean;
}

const lif = { tau: 5, r: 5, vThreshold: 1 };

const mlp = (n = 7): NirGraph =>
  graph()
    .input("in", [9])
    .affine("fc1", { weight: values("fc1", [n, 9], 0.8), bias: values("b1", [n], 0.2) })
    .lif("l1", { ...lif, vReset: 0.1, vLeak: 0.05 })
    .linear("fc2", { weight: values("fc2", [3, n], 0.8) })
    .lif("l2", lif)
    .output("out")
    .build();

const conv = (
  params: object,
  shape: readonly number[] = [2, 7, 6],
  weight: readonly number[] = [4, 2, 3, 3],
): NirGraph =>
  graph()
    .input("in", shape)
    .conv2d("c1", {
      weight: values("c1", weight, 0.5),
      bias: values("cb", [weight[0] as number], 0.1),
      ...params,
    })
    .lif("l1", lif)
    .sumPool2d("pool", { kernelSize: 2 })
    .conv2d("c2", { weight: values("c2", [3, 4, 2, 2], 0.4), padding: 1 })
    .if("l2", { r: 1, vThreshold: 1 })
    .flatten("flat")
    .linear("fc", { weight: values("fcw", [2, flatSize(params, shape)], 0.3) })
    .li("li", { tau: 4, r: 4 })
    .output("out")
    .build();

/** Size of the flattened second layer, from the shapes that the graph infers. */
function flatSize(params: object, shape: readonly number[]): number {
  const probe = graph()
    .input("in", shape)
    .conv2d("c1", {
      weight: values("c1", [4, (params as { groups?: number }).groups === 2 ? 1 : 2, 3, 3]),
      ...params,
    })
    .sumPool2d("pool", { kernelSize: 2 })
    .conv2d("c2", { weight: values("c2", [3, 4, 2, 2]), padding: 1 })
    .flatten("flat")
    .output("out")
    .build();
  return probe.types().outputShape("flat")?.[0] ?? 0;
}

const recurrent = (spec: "linear" | "affine", order: "new" | "old" = "new"): Network => ({
  graph: graph()
    .input("in", [5])
    .linear("fc", { weight: values("rf", [6, 5], 0.9) })
    .cubaLif("l", { tauSyn: 3, tauMem: 5, r: 5, wIn: 3, vThreshold: 1 })
    [spec]("rec", {
      weight: values("rr", [6, 6], 0.5),
      ...(spec === "affine" ? { bias: values("rb", [6], 0.3) } : {}),
    } as never)
    .edge("rec", "l")
    .at("l")
    .linear("fc2", { weight: values("ro", [2, 6], 0.7) })
    .cubaLi("li", { tauSyn: 2, tauMem: 4, r: 4, wIn: 2 })
    .output("out")
    .build(),
  options: { dialect: { cubaOrder: order } },
});

/** Every node type at least once, alone, in branches, in loops, nested. */
export const networks: ReadonlyMap<string, Network> = new Map<string, Network>([
  ["mlp", { graph: mlp() }],
  ["mlp of 33 neurons, analogue input", { graph: mlp(33), analogue: true }],
  ["conv, no padding", { graph: conv({}) }],
  ["conv, stride 2, padding 1", { graph: conv({ stride: 2, padding: 1 }, [2, 9, 8]) }],
  ["conv, same with an even kernel sum", { graph: conv({ padding: "same" }) }],
  ["conv, dilation 2", { graph: conv({ dilation: 2, padding: [2, 1] }, [2, 8, 9]) }],
  ["conv, two groups", { graph: conv({ groups: 2 }, [2, 7, 6], [4, 1, 3, 3]) }],
  ["conv, analogue input", { graph: conv({}), analogue: true }],
  [
    "conv1d, average pool, scale, threshold",
    {
      graph: graph()
        .input("in", [2, 9])
        .conv1d("c", {
          weight: values("1d", [3, 2, 3], 0.6),
          bias: values("1b", [3], 0.1),
          padding: "same",
          stride: 1,
        })
        .lif("l", lif)
        .scale("s", { scale: values("sc", [3, 9], 0.5) })
        .threshold("t", { threshold: values("th", [3, 9], 0.1) })
        .flatten("f")
        .linear("fc", { weight: values("1f", [2, 27], 0.4) })
        .i("i", { r: 0.5 })
        .output("out")
        .build(),
      options: { trainable: { gain: true } },
    },
  ],
  [
    "average pool of padded images",
    {
      graph: graph()
        .input("in", [3, 6, 5])
        .avgPool2d("p", { kernelSize: [3, 2], stride: [2, 1], padding: [1, 1] })
        .conv2d("c", { weight: values("ap", [2, 3, 2, 2], 0.8) })
        .lif("l", lif)
        .output("out")
        .build(),
    },
  ],
  [
    "delays of 0, 1 and 3 steps",
    {
      graph: graph()
        .input("in", [4])
        .linear("fc", { weight: values("df", [3, 4], 2) })
        .lif("l", lif)
        .delay("d", { delay: [0, 1, 3] as never })
        .linear("fc2", { weight: values("d2", [2, 3], 2.5) })
        .lif("l2", lif)
        .output("out")
        .build(),
    },
  ],
  ["recurrence, new currents", recurrent("linear")],
  ["recurrence with a bias, old currents", recurrent("affine", "old")],
  [
    "recurrence through a latched delay",
    {
      graph: graph()
        .input("in", [4])
        .linear("fc", { weight: values("lf", [3, 4], 0.9) })
        .lif("l", lif)
        .linear("rec", { weight: values("lr", [3, 3], 0.6) })
        .delay("d", { delay: [2, 1, 2] as never })
        .edge("d", "l")
        .at("l")
        .output("out")
        .build(),
    },
  ],
  [
    "two branches that add up, and two outputs",
    {
      graph: graph()
        .input("in", [2, 4, 4])
        .conv2d("a", { weight: values("ba", [3, 2, 3, 3], 0.5), padding: 1 })
        .lif("la", lif)
        .conv2d("b", { weight: values("bb", [3, 3, 1, 1], 0.8) })
        .lif("lb", lif)
        .at("la")
        .edge("la", "sum")
        .at("lb")
        .lif("sum", { ...lif, tau: 3 })
        .output("out")
        .at("la")
        .li("li", { tau: 3, r: 3 })
        .output("membrane")
        .build(),
    },
  ],
  [
    "nested",
    {
      graph: graph()
        .input("in", [4])
        .subgraph(
          "block",
          graph()
            .input("i", [4])
            .linear("fc", { weight: values("nf", [5, 4], 0.9) })
            .lif("l", lif)
            .output("o")
            .build(),
        )
        .linear("fc", { weight: values("n2", [2, 5], 0.8) })
        .lif("l", lif)
        .output("out")
        .build(),
    },
  ],
  [
    "stacked matrices",
    {
      graph: graph()
        .input("in", [2, 4])
        .linear("fc", { weight: values("sm", [2, 3, 4], 0.9) })
        .lif("l", lif)
        .output("out")
        .build(),
    },
  ],
]);
