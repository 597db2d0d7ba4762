/** Small graphs, each around one thing that is easily got wrong; numbers by hand. */
import { defineExtension, type ExtensionNode, type NirGraph, type NirNode, tensor } from "@nirkit/graph";
import { describe, expect, test } from "vitest";
import * as z from "zod/mini";
import { accumulatorBounds, lower } from "../src/index.ts";
import { inputNode, neuronNode, weights } from "./annotated-graph.ts";
import { codes } from "./lowering-fixtures.ts";
import { conv, dense, frame, made, out } from "./trap-graphs.ts";

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
