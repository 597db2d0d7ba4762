import { describe, expect, test } from "vitest";
import {
  type FloatNeuronOptions,
  floatNeuron,
  type IntegerNeuronOptions,
  integerNeuron,
  type Kernels,
  loadKernels,
  maskStrideBytes,
} from "../src/index.ts";
import { builds, gaussians, integers, put, random } from "./builds.ts";

interface FloatRun {
  readonly spikes: Float32Array;
  readonly mask: Uint8Array;
  readonly vpre: Float32Array;
  readonly v: Float32Array;
  readonly i: Float32Array;
  readonly state: Float32Array;
}

function runFloat(
  kernels: Kernels,
  options: FloatNeuronOptions,
  x: Float32Array,
  steps: number,
  batch = 1,
): FloatRun {
  const { n } = options;
  const neuron = floatNeuron(kernels, options).ptr;
  const drive = put(kernels, x);
  const [spikes, vpre, v, i] = [0, 1, 2, 3].map(() => kernels.f32(x.length)) as [B, B, B, B];
  const [state, current] = [kernels.f32(batch * n), kernels.f32(batch * n)];
  const stride = maskStrideBytes(n);
  const mask = kernels.u8(steps * batch * stride);
  // Two halves, so that the state carries over.
  const half = Math.floor(steps / 2);
  for (const [from, count] of [
    [0, half],
    [half, steps - half],
  ] as const) {
    const at = 4 * from * batch * n;
    const bits = mask.ptr + from * batch * stride;
    kernels.neuronForward(
      neuron,
      count,
      batch,
      n,
      drive + at,
      state.ptr,
      current.ptr,
      bits,
      stride,
      spikes.ptr + at,
      vpre.ptr + at,
      v.ptr + at,
      i.ptr + at,
    );
  }
  return { spikes: spikes.view, mask: mask.view, vpre: vpre.view, v: v.view, i: i.view, state: state.view };
}

type B = ReturnType<Kernels["f32"]>;

const X = [0, 3, 3, 0, 3, 3, 3, 0, 0, 3];
const C = [1, 0, 0, 1, 1, 0, 0, 0, 1, 0];
const F = [0.5, 0.5, 0.5, 1, 2.5, -3, 0.25, 0.75, 1, 0.5];
const lif = { decay: 0.75, gain: 0.25 };
const cuba = { decay: 0.75, gain: 1, synapse: { decay: 0.5, gain: 1 } };

/** Traces of simulation.md, section 5. */
const traces: [string, Omit<FloatNeuronOptions, "n">, number[], number[], number[]][] = [
  [
    "LIF",
    lif,
    X,
    [0, 0.75, 1.3125, 0, 0.75, 1.3125, 0.75, 0.5625, 0.421875, 1.066406],
    [0, 0, 1, 0, 0, 1, 0, 0, 0, 1],
  ],
  [
    "LIF, exp",
    { decay: Math.exp(-0.25), gain: 1 - Math.exp(-0.25) },
    X,
    [0, 0.663598, 1.180408, 0, 0.663598, 1.180408, 0.663598, 0.51681, 0.402492, 0.977059],
    [0, 0, 1, 0, 0, 1, 0, 0, 0, 0],
  ],
  [
    "LIF, subtract",
    { ...lif, reset: "subtract" },
    X,
    [0, 0.75, 1.3125, 0.234375, 0.925781, 1.444336, 1.083252, 0.062439, 0.046829, 0.785122],
    [0, 0, 1, 0, 0, 1, 1, 0, 0, 0],
  ],
  [
    "LIF with v_leak 0.5, v_reset -0.5, r 2",
    { decay: 0.75, gain: 0.5, target: 0.5, vReset: -0.5 },
    X,
    [0.125, 1.71875, 1.25, -0.25, 1.4375, 1.25, 1.25, -0.25, -0.0625, 1.578125],
    [0, 1, 1, 0, 1, 1, 1, 0, 0, 1],
  ],
  [
    "CubaLIF, v = 1 does not pass gt 1",
    cuba,
    C,
    [1, 1.25, 0.25, 1.3125, 1.5625, 0.78125, 0.976562, 0.927734, 1.793457, 0.548828],
    [0, 1, 0, 1, 1, 0, 0, 0, 1, 0],
  ],
  [
    "CubaLIF, order old",
    { ...cuba, synapse: { ...cuba.synapse, order: "old" } },
    C,
    [0, 1, 1.25, 0.25, 1.3125, 1.5625, 0.78125, 0.976562, 0.927734, 1.793457],
    [0, 0, 1, 0, 1, 1, 0, 0, 0, 1],
  ],
  ["IF", {}, F, [0.5, 1, 1.5, 1, 3.5, -3, -2.75, -2, -1, -0.5], [0, 0, 1, 0, 1, 0, 0, 0, 0, 0]],
  [
    "IF, subtract",
    { reset: "subtract" },
    F,
    [0.5, 1, 1.5, 1.5, 3, -1, -0.75, 0, 1, 1.5],
    [0, 0, 1, 1, 1, 0, 0, 0, 0, 1],
  ],
  [
    "IF, ge",
    { compare: "ge" },
    F,
    [0.5, 1, 0.5, 1.5, 2.5, -3, -2.75, -2, -1, -0.5],
    [0, 1, 0, 1, 1, 0, 0, 0, 0, 0],
  ],
  [
    "LI with v_leak 0.5, r 2",
    { decay: 0.75, gain: 0.5, target: 0.5, spiking: false },
    X,
    [0.125, 1.71875, 2.914062, 2.310547, 3.35791, 4.143433, 4.732574, 3.674431, 2.880823, 3.785617],
    Array(10).fill(0),
  ],
  ["I, r 0.5", { gain: 0.5, spiking: false }, X, [0, 1.5, 3, 3, 4.5, 6, 7.5, 7.5, 7.5, 9], Array(10).fill(0)],
  [
    "CubaLI",
    { ...cuba, spiking: false },
    C,
    [1, 1.25, 1.1875, 2.015625, 3.074219, 3.086914, 2.705811, 2.22467, 2.766159, 2.623448],
    Array(10).fill(0),
  ],
  // training.md 4.3
  [
    "delayed subtract",
    { decay: 0.8, reset: "subtract", resetDelay: 1 },
    [0.6, 0.7, 0.2, 0.9],
    [0.6, 1.18, 0.144, 1.0152],
    [0, 1, 0, 1],
  ],
];

describe.each(builds)("%s", (build) => {
  test.each(traces)(
    "%s: v* and spikes of the worked trace, in each of 1, 7 and 37 neurons",
    (_, options, x, vpre, z) => {
      for (const n of [1, 7, 37]) {
        const drive = Float32Array.from({ length: x.length * n }, (_, at) => x[Math.floor(at / n)] as number);
        const run = runFloat(loadKernels({ build }), { n, ...options }, drive, x.length);
        run.vpre.forEach((v, at) => {
          expect(v).toBeCloseTo(vpre[Math.floor(at / n)] as number, 5);
        });
        expect([...run.spikes]).toEqual([...drive].map((_, at) => z[Math.floor(at / n)]));
        const stride = maskStrideBytes(n);
        x.forEach((_, t) => {
          const row = [...run.mask.subarray(t * stride, (t + 1) * stride)];
          const bits = row.flatMap((byte) => [0, 1, 2, 3, 4, 5, 6, 7].map((bit) => (byte >> bit) & 1));
          expect(bits).toEqual(bits.map((_, k) => (k < n ? z[t] : 0)));
        });
      }
    },
  );

  test("sums 2^24 + 1 and -3 with offset 0.5 drive 16777216 and -2.5, rounded once each", () => {
    for (const n of [2, 5, 16]) {
      const kernels = loadKernels({ build });
      const sums = put(
        kernels,
        Int32Array.from({ length: 2 * n }, (_, at) => (at < n ? 2 ** 24 + 1 : -3)),
      );
      const out = kernels.f32(2 * n);
      kernels.sumsToDrive(2, n, sums, put(kernels, new Float32Array(n).fill(0.5)), out.ptr);
      expect([...out.view]).toEqual([...Array(n).fill(2 ** 24), ...Array(n).fill(-2.5)]);
      kernels.sumsToDrive(2, n, sums, 0, out.ptr);
      expect(out.view[2 * n - 1]).toBe(-3);
    }
  });

  test("a mask of neurons 0, 63, 64 and 129 in row 0 and none in row 1 compacts to those events", () => {
    const kernels = loadKernels({ build });
    const stride = maskStrideBytes(130);
    const mask = kernels.u8(2 * stride);
    for (const k of [0, 63, 64, 129]) mask.view[k >> 3] = (mask.view[k >> 3] as number) | (1 << (k & 7));
    const [start, index] = [kernels.u32(3), kernels.u32(260)];
    expect(kernels.compactMask(2, 130, mask.ptr, stride, start.ptr, index.ptr)).toBe(4);
    expect([...start.view, ...index.view.subarray(0, 4)]).toEqual([0, 4, 4, 0, 63, 64, 129]);
  });

  test("transposing events twice gives them back, values with them", () => {
    const kernels = loadKernels({ build });
    const x = integers(random(4), 40 * 23, -1, 1);
    const lists = (): [number, number, number] => [
      kernels.u32(41).ptr,
      kernels.u32(920).ptr,
      kernels.i32(920).ptr,
    ];
    const [a, b, c] = [lists(), lists(), lists()];
    const count = kernels.compactI32(40, 23, put(kernels, x), ...a);
    kernels.transposeEvents(40, 23, ...a, ...b);
    kernels.transposeEvents(23, 40, ...b, ...c);
    for (const [part, length] of [
      [0, 41],
      [1, count],
      [2, count],
    ] as const)
      expect(new Int32Array(kernels.heap.buffer, c[part], length)).toEqual(
        new Int32Array(kernels.heap.buffer, a[part], length),
      );
    expect(count).toBe(x.filter((each) => each !== 0).length);
    const f = lists();
    expect(kernels.compactF32(40, 23, put(kernels, Float32Array.from(x)), ...f)).toBe(count);
    expect(new Int32Array(kernels.heap.buffer, f[1], count)).toEqual(
      new Int32Array(kernels.heap.buffer, a[1], count),
    );
  });

  test("transposeImages of [2, 3, 5] puts [r, m, n] at [r, n, m]", () => {
    const kernels = loadKernels({ build });
    const from = put(
      kernels,
      Int32Array.from({ length: 30 }, (_, at) => at),
    );
    const to = kernels.i32(30);
    kernels.transposeImages(2, 3, 5, from, to.ptr);
    expect([...to.view.subarray(0, 6)]).toEqual([0, 5, 10, 1, 6, 11]);
    expect([...to.view.subarray(15, 18)]).toEqual([15, 20, 25]);
  });
});

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

const pick = <T>(rng: ReturnType<typeof random>, values: readonly T[]): T =>
  values[rng.integer(values.length)] as T;

test("plain and simd agree in every bit on 400 random float neurons of all variants", () => {
  const rng = random(77);
  for (let round = 0; round < 400; round++) {
    const n = 1 + rng.integer(40);
    const [steps, batch] = [2 + rng.integer(6), 1 + rng.integer(3)];
    const each = (scale: number): Float32Array | number =>
      rng.integer(2) ? rng.normal() * scale : gaussians(rng, n).map((value) => value * scale);
    const options: FloatNeuronOptions = {
      n,
      decay: each(1),
      gain: each(1),
      target: each(0.3),
      offset: each(0.1),
      threshold: each(1),
      vReset: each(0.5),
      spiking: rng.integer(4) > 0,
      compare: pick(rng, ["gt", "ge"]),
      reset: pick(rng, ["value", "subtract", "none"]),
      resetDelay: pick(rng, [0, 0, 1]),
      ...(rng.integer(2)
        ? { synapse: { decay: each(1), gain: each(1), order: pick(rng, ["new", "old"]) } }
        : {}),
    };
    const x = gaussians(rng, steps * batch * n).map((value) => pick(rng, [value, 0, 1]));
    const [a, b] = [
      runFloat(loadKernels({ build: "plain" }), options, x, steps, batch),
      runFloat(loadKernels({ build: "simd" }), options, x, steps, batch),
    ];
    expect(b, JSON.stringify(options)).toEqual(a);
  }
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
