/** Small graphs, each around one thing that is easily got wrong; numbers by hand. */
import {
  defineExtension,
  type ExtensionNode,
  NirGraph,
  type NirNode,
  type SpikeInput,
  tensor,
} from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { accumulatorBounds, lower, type Network, simulateNetwork } from "../src/index.ts";
import { graphMetadata, inputNode, neuronNode, weights } from "./annotated-graph.ts";
import { codes } from "./lowering-fixtures.ts";

type Nodes = Readonly<Record<string, NirNode>>;

function made(nodes: Nodes, edges: readonly string[]): NirGraph {
  return NirGraph.from({
    nodes: Object.entries(nodes),
    edges: edges.map((edge) => edge.split(" ") as [string, string]),
    metadata: graphMetadata,
  });
}

const out = (network: Network, input: SpikeInput, name = "out"): number[] =>
  Array.from(simulateNetwork(network, input).outputs.get(name)?.data as Int32Array);

const conv = (shape: readonly number[], ints: readonly number[], changes: object = {}): NirNode =>
  ({
    type: shape.length === 4 ? "Conv2d" : "Conv1d",
    ...weights({ shape, ints, scale: [1] }),
    stride: shape.length === 4 ? [1, 1] : 1,
    padding: shape.length === 4 ? [0, 0] : 0,
    dilation: shape.length === 4 ? [1, 1] : 1,
    groups: 1,
    ...changes,
  }) as NirNode;

const dense = (shape: readonly [number, number], ints: readonly number[], scale = 1): NirNode => ({
  type: "Affine",
  ...weights({ shape, ints, scale: [scale] }),
});

const frame = (shape: readonly number[], values: readonly number[]): SpikeInput =>
  new Map([["in", tensor("uint8", [1, ...shape], values)]]);

describe("windows", () => {
  test("padding same of an even kernel puts the smaller half in front: [1, 2] on 1 0 0 1 gives 1 0 2 1", () => {
    const network = lower(
      made(
        {
          in: inputNode([1, 4]),
          c: conv([1, 1, 2], [1, 2], { padding: "same" }),
          out: { type: "Output", shape: [1, 4] },
        },
        ["in c", "c out"],
      ),
    );
    expect(network.projections[0]?.op).toMatchObject({ padding: [0, 0], outShape: [1, 1, 4] });
    expect(out(network, frame([1, 4], [1, 0, 0, 1]))).toEqual([1, 0, 2, 1]);
  });

  test("padding same of kernel 4: one zero in front, two behind", () => {
    const network = lower(
      made(
        {
          in: inputNode([1, 3]),
          c: conv([1, 1, 4], [1, 2, 3, 4], { padding: "same" }),
          out: { type: "Output", shape: [1, 3] },
        },
        ["in c", "c out"],
      ),
    );
    expect(out(network, frame([1, 3], [1, 0, 0]))).toEqual([2, 1, 0]);
    expect(out(network, frame([1, 3], [0, 0, 1]))).toEqual([4, 3, 2]);
  });

  test("a pool of 2 on 5 columns has 2 cells, and the fifth column reaches nothing behind it", () => {
    const network = lower(
      made(
        {
          in: inputNode([1, 1, 5]),
          p: { type: "SumPool2d", kernelSize: [1, 2], stride: [1, 2], padding: [0, 0] },
          c: conv([1, 1, 1, 3], [1, 10, 100], { padding: [0, 1] }),
          out: { type: "Output", shape: [1, 1, 2] },
        },
        ["in p", "p c", "c out"],
      ),
    );
    expect(network.projections[0]).toMatchObject({ pool: { outShape: [1, 1, 2] }, op: { kind: "conv2d" } });
    expect(out(network, frame([1, 1, 5], [1, 1, 0, 1, 1]))).toEqual([2 * 10 + 100, 2 + 10]);
    expect(out(network, frame([1, 1, 5], [0, 0, 0, 0, 1]))).toEqual([0, 0]);
  });

  test("pools of 2 and 3 in a row on 13 columns are one pool of 6 with 2 cells", () => {
    const pool = (k: number): NirNode => ({
      type: "SumPool2d",
      kernelSize: [1, k],
      stride: [1, k],
      padding: [0, 0],
    });
    const network = lower(
      made({ in: inputNode([1, 1, 13]), p: pool(2), q: pool(3), out: { type: "Output", shape: [1, 1, 2] } }, [
        "in p",
        "p q",
        "q out",
      ]),
    );
    expect(network.projections[0]?.op).toMatchObject({ kind: "pool", kernel: [1, 6], outShape: [1, 1, 2] });
    const ones = new Array<number>(13).fill(1);
    expect(out(network, frame([1, 1, 13], ones))).toEqual([6, 6]);
  });

  test("pools whose sizes round down one after the other are no single pool: 7 -> 3 -> 1 by 2, 2", () => {
    const pool: NirNode = { type: "SumPool2d", kernelSize: [1, 2], stride: [1, 2], padding: [0, 0] };
    const network = lower(
      made({ in: inputNode([1, 1, 7]), p: pool, q: pool, out: { type: "Output", shape: [1, 1, 1] } }, [
        "in p",
        "p q",
        "q out",
      ]),
    );
    expect(out(network, frame([1, 1, 7], [1, 1, 1, 1, 1, 1, 1]))).toEqual([4]);
    expect(out(network, frame([1, 1, 7], [0, 0, 0, 0, 1, 1, 1]))).toEqual([0]);
  });

  test("an average counts its padding: one spike in the corner window of 2 x 2 with padding 1 is 1/4", () => {
    const network = lower(
      made(
        {
          in: inputNode([1, 2, 2]),
          p: { type: "AvgPool2d", kernelSize: [2, 2], stride: [2, 2], padding: [1, 1] },
          out: { type: "Output", shape: [1, 2, 2] },
        },
        ["in p", "p out"],
      ),
    );
    expect(network.outputs[0]?.scale).toBe(0.25);
    expect(out(network, frame([1, 2, 2], [1, 1, 1, 1]))).toEqual([1, 1, 1, 1]);
  });

  test("bounds know borders: 3 x 3 weights of 5 with padding 1 on one row reach 15, not 45", () => {
    const network = lower(
      made(
        {
          in: inputNode([1, 1, 4]),
          c: conv([1, 1, 3, 3], new Array<number>(9).fill(5), { padding: [1, 1] }),
          n: neuronNode("IF", { shape: [1, 1, 4], theta: 7, stateScale: 1 }),
          out: { type: "Output", shape: [1, 1, 4] },
        },
        ["in c", "c n", "n out"],
      ),
    );
    expect(accumulatorBounds(network).get("n")?.acc).toBe(15);
  });

  test("bounds of pooled input count the window: 4 spikes a cell times weights 3 and 4 give 28", () => {
    const network = lower(
      made(
        {
          in: inputNode([1, 2, 4]),
          p: { type: "SumPool2d", kernelSize: [2, 2], stride: [2, 2], padding: [0, 0] },
          f: { type: "Flatten", startDim: 0, endDim: -1 },
          w: dense([1, 2], [3, -4]),
          n: neuronNode("IF", { shape: [1], theta: 7, stateScale: 1 }),
          out: { type: "Output", shape: [1] },
        },
        ["in p", "p f", "f w", "w n", "n out"],
      ),
    );
    expect(accumulatorBounds(network).get("n")?.acc).toBe(28);
  });
});

describe("wiring", () => {
  const cell = (size: number, scale = 1): NirNode =>
    neuronNode("IF", { shape: [size], theta: 1, stateScale: scale });

  test("weights with two consumers are two projections of one name, and count for both", () => {
    const network = lower(
      made(
        {
          in: inputNode([1]),
          w: dense([2, 1], [2, 1]),
          a: cell(2),
          b: neuronNode("IF", { shape: [2], theta: 3, stateScale: 1 }),
          oa: { type: "Output", shape: [2] },
          ob: { type: "Output", shape: [2] },
        },
        ["in w", "w a", "w b", "a oa", "b ob"],
      ),
    );
    expect(network.projections.map(({ name, target }) => `${name}>${target}`).sort()).toEqual(["w>a", "w>b"]);
    const input: SpikeInput = new Map([["in", tensor("uint8", [2, 1], [1, 1])]]);
    expect(out(network, input, "oa")).toEqual([1, 0, 1, 1]);
    expect(out(network, input, "ob")).toEqual([0, 0, 1, 0]);
    expect(simulateNetwork(network, input).activity.get("w")?.synapticOps).toBe(8);
  });

  test("a population and an Input meet in one neuron: unit 1/4 beside spikes shifts the spikes by 2", () => {
    const network = lower(
      made(
        {
          in: inputNode([2]),
          other: inputNode([2]),
          w: dense([2, 2], [1, 0, 0, 3], 0.25),
          n: neuronNode("IF", { shape: [2], theta: 3, stateScale: 0.25 }),
          out: { type: "Output", shape: [2] },
        },
        ["in w", "w n", "other n", "n out"],
      ),
    );
    const shifts = Object.fromEntries(network.projections.map(({ name, shift = 0 }) => [name, shift]));
    expect(shifts).toEqual({ w: 0, "other->n": 2 });
    const input: SpikeInput = new Map([
      ["in", tensor("uint8", [2, 2], [1, 1, 1, 1])],
      ["other", tensor("uint8", [2, 2], [1, 0, 0, 0])],
    ]);
    expect(out(network, input)).toEqual([1, 0, 0, 1]);
  });

  test("units whose ratio is no power of two are refused with path and hint", () => {
    const wrong = made(
      {
        in: inputNode([2]),
        other: inputNode([2]),
        w: dense([2, 2], [1, 0, 0, 3], 0.375),
        n: neuronNode("IF", { shape: [2], theta: 3, stateScale: 0.375 }),
        out: { type: "Output", shape: [2] },
      },
      ["in w", "w n", "other n", "n out"],
    );
    expect(codes(() => lower(wrong))).toEqual(["E_SCALE_MISMATCH nodes.other"]);
  });

  test("an Output that adds a sum in units of 1/2 and spikes counts in 1/2", () => {
    const network = lower(
      made(
        {
          in: inputNode([1]),
          w: dense([1, 1], [3], 0.5),
          n: cell(1),
          v: dense([1, 1], [2]),
          out: { type: "Output", shape: [1] },
        },
        ["in v", "v n", "in w", "w out", "n out"],
      ),
    );
    expect(network.outputs[0]).toMatchObject({ scale: 0.5, sources: ["out"] });
    expect(out(network, new Map([["in", tensor("uint8", [2, 1], [1, 0])]]))).toEqual([3 + 2, 0]);
  });

  test("a spike through Delay 3 and weights is back after 3 steps, not 4; through weights alone after 1", () => {
    const loop = (delay: number | undefined): Network =>
      lower(
        made(
          {
            in: inputNode([1]),
            w: dense([1, 1], [2]),
            n: cell(1),
            back: dense([1, 1], [2]),
            out: { type: "Output", shape: [1] },
            ...(delay === undefined
              ? {}
              : { wait: { type: "Delay", delay: tensor("float64", [1], [delay]) } }),
          },
          ["in w", "w n", "n out", "back n", ...(delay === undefined ? ["n back"] : ["n wait", "wait back"])],
        ),
      );
    const input: SpikeInput = new Map([["in", tensor("uint8", [8, 1], [0, 1, 0, 0, 0, 0, 0, 0])]]);
    expect(out(loop(3), input)).toEqual([0, 1, 0, 0, 1, 0, 0, 1]);
    expect(out(loop(undefined), input)).toEqual([0, 1, 1, 1, 1, 1, 1, 1]);
    expect(loop(3).projections.find(({ name }) => name === "back")?.delay).toBe(3);
  });

  test("delays past 2^20 steps, equal or not, are refused before any room is made", () => {
    const waiting = (delay: readonly number[]): NirGraph =>
      made(
        {
          in: inputNode([2]),
          wait: { type: "Delay", delay: tensor("float64", [2], delay) },
          w: dense([1, 2], [1, 1]),
          n: cell(1),
          out: { type: "Output", shape: [1] },
        },
        ["in wait", "wait w", "w n", "n out"],
      );
    expect(codes(() => lower(waiting([2e9, 2e9])))).toEqual(["E_DELAY_TOO_LONG nodes.wait"]);
    expect(codes(() => lower(waiting([1, 2e9])))).toEqual(["E_DELAY_TOO_LONG nodes.wait"]);
    expect(codes(() => lower(waiting([1, 2 ** 20])))).toEqual([]);
  });

  test("a recurrent bias acts in step 0 too", () => {
    const back: NirNode = { type: "Affine", ...weights({ shape: [1, 1], ints: [0], scale: [1], bias: [2] }) };
    const network = lower(
      made(
        { in: inputNode([1]), w: dense([1, 1], [1]), n: cell(1), back, out: { type: "Output", shape: [1] } },
        ["in w", "w n", "n out", "n back", "back n"],
      ),
    );
    expect(out(network, new Map([["in", tensor("uint8", [2, 1], [0, 0])]]))).toEqual([1, 1]);
  });

  test("dead nodes: weights that nothing reads vanish, neurons that no Output reads stay and can be recorded", () => {
    const network = lower(
      made(
        {
          in: inputNode([1]),
          w: dense([1, 1], [2]),
          n: cell(1),
          dead: dense([3, 1], [1, 1, 1]),
          side: dense([1, 1], [2]),
          aside: cell(1),
          out: { type: "Output", shape: [1] },
        },
        ["in w", "w n", "n out", "n dead", "n side", "side aside"],
      ),
    );
    expect(network.populations.map(({ name }) => name).sort()).toEqual(["aside", "n"]);
    const record = { nodes: ["aside"], signals: ["out"] } as const;
    const trace = simulateNetwork(network, new Map([["in", tensor("uint8", [1, 1], [1])]]), { record });
    expect(Array.from(trace.records.get("aside/out")?.data as Int32Array)).toEqual([1]);
  });
});

describe("Scale nodes", () => {
  const cell = neuronNode("IF", { shape: [2], theta: 5, stateScale: 1 });
  const scaled = (before: readonly number[] | undefined, after: readonly number[] | undefined): NirGraph =>
    made(
      {
        in: inputNode([2]),
        ...(before === undefined ? {} : { f: { type: "Scale", scale: tensor("float32", [2], before) } }),
        w: dense([2, 2], [3, 0, 0, 4]),
        ...(after === undefined ? {} : { g: { type: "Scale", scale: tensor("float32", [2], after) } }),
        n: cell,
        out: { type: "Output", shape: [2] },
      },
      [
        ...(before === undefined ? ["in w"] : ["in f", "f w"]),
        ...(after === undefined ? ["w n"] : ["w g", "g n"]),
        "n out",
      ],
    );

  test("a negative factor negates the integers, in front of the weights or behind", () => {
    for (const network of [lower(scaled([-2, -2], undefined)), lower(scaled(undefined, [-2, -2]))])
      expect(Array.from(network.projections[0]?.weights.ints ?? [])).toEqual([-3, 0, 0, -4]);
  });

  test("factors of both signs behind the weights negate rows", () => {
    const { op, weights: w } = lower(scaled(undefined, [1, -1])).projections[0] ?? {};
    expect(op?.kind).toBe("sparse");
    expect(Array.from(w?.ints ?? [])).toEqual([3, -4]);
  });

  test("several factors in front of weights, and zero anywhere, are refused", () => {
    expect(codes(() => lower(scaled([1, 2], undefined)))).toEqual(["E_SCALE_NODE nodes.f"]);
    expect(codes(() => lower(scaled(undefined, [1, 0])))).toEqual(["E_SCALE_NODE nodes.g"]);
  });
});

test("sums past 53 bits are refused: 4 inputs of 16 bits, weights of 16 bits, 24 fractional bits", () => {
  const wide = made(
    {
      in: inputNode([4], 16, 2),
      w: dense([1, 4], [32767, 32767, 32767, 32767]),
      n: neuronNode("IF", {
        shape: [1],
        theta: 9,
        stateScale: 2,
        arithmetic: { fracBits: 24, stateBits: 32, vMin: -(2 ** 31), vMax: 2 ** 31 - 1 },
      }),
      out: { type: "Output", shape: [1] },
    },
    ["in w", "w n", "n out"],
  );
  expect(codes(() => lower(wide))).toEqual(["E_ACC_TOO_WIDE nodes.n"]);
});

test("batched matrices act on the last axis", () => {
  const w: NirNode = {
    type: "Linear",
    ...weights({ shape: [2, 1, 2], ints: [1, 2, 3, 4], scale: [1] }),
  };
  const network = lower(
    made({ in: inputNode([2, 2]), w, out: { type: "Output", shape: [2, 1] } }, ["in w", "w out"]),
  );
  expect(out(network, frame([2, 2], [1, 1, 1, 0]))).toEqual([3, 3]);
});

describe("extension nodes", () => {
  const gain = { type: "acme:Gain", params: new Map() } as const;
  const source = made(
    { in: inputNode([2]), gain, w: dense([1, 2], [1, 2]), out: { type: "Output", shape: [1] } },
    ["in gain", "gain w", "w out"],
  );
  const any = z.custom<ExtensionNode>();

  test("one that says how it is written with plain nodes is lowered: a gain of 2", () => {
    const twice = defineExtension("acme:Gain", any, {
      infer: (_, input) => input,
      lower: (_, shape) => [["", { type: "Scale", scale: tensor("float32", shape, [2, 2]) }]],
    });
    const network = lower(source, { extensions: [twice] });
    expect(network.outputs[0]?.scale).toBe(2);
    expect(out(network, frame([2], [1, 1]))).toEqual([3]);
  });

  test("one that does not, and one that nobody passed, are refused", () => {
    const opaque = defineExtension("acme:Gain", any, { infer: (_, input) => input });
    expect(codes(() => lower(source, { extensions: [opaque] }))).toEqual(["E_NOT_LOWERED nodes.gain"]);
    expect(codes(() => lower(source))[0]).toMatch(/^E_UNKNOWN_TYPE /);
  });
});
