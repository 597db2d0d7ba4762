import { describe, expect, test } from "vitest";
import {
  type IntegerNeuronOptions,
  integerNeuron,
  type Kernels,
  loadKernels,
  maskStrideBytes,
} from "../src/index.ts";
import { builds, integers, pick, put, random } from "./builds.ts";

interface IntegerRun {
  readonly pre: number[];
  readonly post: number[];
  readonly mask: number[];
  readonly saturations: number;
}

function runInteger(
  kernels: Kernels,
  options: IntegerNeuronOptions,
  acc: Int32Array,
  steps: number,
): IntegerRun {
  const { n } = options;
  const neuron = integerNeuron(kernels, options).ptr;
  const [u, j, fired] = [kernels.i32(n), kernels.i32(n), kernels.u8(n)];
  const stride = maskStrideBytes(n);
  const [pre, post, mask] = [kernels.i32(steps * n), kernels.i32(steps * n), kernels.u8(steps * stride)];
  const sums = put(kernels, acc);
  let saturations = 0;
  for (const [from, count] of [
    [0, 1],
    [1, steps - 1],
  ] as const) {
    const at = 4 * from * n;
    saturations += kernels.integerNeuronForward(
      neuron,
      count,
      n,
      sums + at,
      1,
      u.ptr,
      j.ptr,
      fired.ptr,
      mask.ptr + from * stride,
      stride,
      pre.ptr + at,
      post.ptr + at,
    );
  }
  expect(new Int32Array(kernels.heap.buffer, sums, acc.length).every((sum) => sum === 0)).toBe(true);
  return { pre: [...pre.view], post: [...post.view], mask: [...mask.view], saturations };
}

describe.each(builds)("%s, integers of quantization.md 4.2", (build) => {
  // Weights 7 and -3, inputs 10,01,11,00,10,10,01,11,10,00.
  const acc = Int32Array.of(7, -3, 4, 0, 7, 7, -3, 4, 7, 0);
  const beta = { form: "mul", mul: 3584, shift: 12, round: "floor" } as const;
  const rows: [string, Omit<IntegerNeuronOptions, "n">, number[]][] = [
    ["IF, value", { theta: 7 }, [7, 4, 8, 0, 7, 14, -3, 1, 8, 0]],
    ["IF, subtract 8", { theta: 7, sub: 8, reset: "subtract" }, [7, 4, 8, 0, 7, 14, 3, 7, 14, 6]],
    ["LIF beta 7/8", { theta: 7, leak: beta }, [7, 3, 6, 5, 11, 7, 3, 6, 12, 0]],
    [
      "LIF beta 7/8, F 4",
      { theta: 124, leak: beta, fracBits: 4 },
      [112, 50, 107, 93, 193, 112, 50, 107, 205, 0],
    ],
    [
      "LIF beta 7/8, F 8",
      { theta: 1991, leak: beta, fracBits: 8 },
      [1792, 800, 1724, 1508, 3111, 1792, 800, 1724, 3300, 0],
    ],
    [
      "Cuba a 3/4, F 6",
      { theta: 597, leak: beta, synLeak: { form: "mul", mul: 3, shift: 2, round: "floor" }, fracBits: 6 },
      [448, 536, 833, 273, 890, 937, 510, 1084, 926, 694],
    ],
    [
      "threshold without state",
      { theta: 6, leak: { form: "forget" }, bias: 1 },
      [8, -2, 5, 1, 8, 8, -2, 5, 8, 1],
    ],
  ];
  test.each(rows)(
    "%s: x before the spike test is the worked trace, in 1, 6 and 21 neurons",
    (_, options, expected) => {
      for (const n of [1, 6, 21]) {
        const sums = Int32Array.from({ length: 10 * n }, (_, at) => acc[Math.floor(at / n)] as number);
        const { pre } = runInteger(loadKernels({ build }), { n, ...options }, sums, 10);
        expect(pre).toEqual([...sums].map((_, at) => expected[Math.floor(at / n)]));
      }
    },
  );

  test("with 8 bits, theta = sub = 64 and x = 300 the state becomes 127 and counts one saturation", () => {
    const options = { n: 1, theta: 64, sub: 64, reset: "subtract", vMin: -128, vMax: 127 } as const;
    const { post, saturations } = runInteger(loadKernels({ build }), options, Int32Array.of(300, -127), 2);
    expect([...post, saturations]).toEqual([127, 0, 1]);
  });

  test("wrap to 8 bits takes 200 to -56; levels -4, 0, 3 take -2 to -4 (tie) and 2 to 3", () => {
    const base = { n: 3, spiking: false, leak: { form: "forget" } } as const;
    const sums = Int32Array.of(200, -2, 2, 0, 0, 0);
    const wrapped = runInteger(loadKernels({ build }), { ...base, overflow: "wrap", stateBits: 8 }, sums, 2);
    expect(wrapped.post.slice(0, 3)).toEqual([-56, -2, 2]);
    const grid = runInteger(loadKernels({ build }), { ...base, stateLevels: [3, -4, 0] }, sums, 2);
    expect(grid.post).toEqual([3, -4, 3, 0, 0, 0]);
    expect(grid.saturations).toBe(3);
  });
});

test("plain and simd agree on 1000 random integer neurons of all variants, over the whole int32 range", () => {
  const rng = random(78);
  for (let round = 0; round < 1000; round++) {
    const n = 1 + rng.integer(40);
    const steps = 2 + rng.integer(6);
    const span = pick(rng, [50, 50, 2 ** 20, 2 ** 31 - 1]);
    const each = (): number | Int32Array =>
      rng.integer(2) ? (integers(rng, 1, -span, span)[0] as number) : integers(rng, n, -span, span);
    const factors = (shift: number): Int32Array => integers(rng, n, 0, Math.min(2 ** shift, 2 ** 31 - 1));
    const leak = (): NonNullable<IntegerNeuronOptions["leak"]> => {
      const shift = rng.integer(pick(rng, [8, 32]));
      return pick(rng, [
        { form: "none" },
        { form: "forget" },
        { form: "shift", shift },
        { form: "mul", mul: factors(shift), shift, round: pick(rng, ["floor", "zero", "rne"]) },
      ]);
    };
    const options: IntegerNeuronOptions = {
      n,
      leak: leak(),
      ...(rng.integer(3) ? {} : { synLeak: leak() }),
      order: pick(rng, ["new", "old"]),
      bias: each(),
      theta: each(),
      sub: each(),
      vReset: each(),
      spiking: rng.integer(4) > 0,
      compare: pick(rng, ["gt", "ge"]),
      reset: pick(rng, ["value", "subtract", "none"]),
      resetDelay: pick(rng, [0, 0, 1]),
      spikeDelay: pick(rng, [0, 0, 1]),
      fracBits: rng.integer(8),
      overflow: pick(rng, ["sat", "wrap"]),
      stateBits: 2 + rng.integer(31),
      ...(rng.integer(4) ? { vMin: -span, vMax: Math.floor(span / 2) } : {}),
      ...(rng.integer(3) ? {} : { stateLevels: [...new Set(integers(rng, 1 + rng.integer(20), -40, 40))] }),
    };
    const acc = integers(rng, steps * n, -span, span);
    const run = (build: "plain" | "simd"): IntegerRun =>
      runInteger(loadKernels({ build }), options, acc, steps);
    expect(run("simd"), JSON.stringify(options)).toEqual(run("plain"));
  }
});
