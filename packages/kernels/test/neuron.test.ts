import { describe, expect, test } from "vitest";
import {
  type FloatNeuronOptions,
  floatNeuron,
  type Kernels,
  loadKernels,
  maskStrideBytes,
} from "../src/index.ts";
import { builds, gaussians, pick, put, random } from "./builds.ts";

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
});

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

/** Spikes as bits alone, as the layers of a simulator and of training want them. */
function runBits(
  kernels: Kernels,
  options: FloatNeuronOptions,
  x: Float32Array,
  size: { readonly steps: number; readonly batch: number; readonly record: "none" | "in place" | "apart" },
): { readonly mask: Uint8Array; readonly v: Float32Array; readonly u: Float32Array } {
  const { n } = options;
  const { steps, batch, record } = size;
  const [drive, apart, v] = [kernels.f32(x.length), kernels.f32(x.length), kernels.f32(batch * n)];
  drive.view.set(x);
  const stride = maskStrideBytes(n);
  const mask = kernels.u8(steps * batch * stride);
  const neuron = floatNeuron(kernels, options).ptr;
  const u = record === "none" ? 0 : record === "apart" ? apart.ptr : drive.ptr;
  kernels.neuronForward(neuron, steps, batch, n, drive.ptr, v.ptr, 0, mask.ptr, stride, 0, u, 0, 0);
  return { mask: mask.view, v: v.view, u: record === "apart" ? apart.view : drive.view };
}

test("plain and simd agree in every bit on 120 layers of up to 1215 neurons that give bits, and u in place or apart", () => {
  const rng = random(79);
  for (let round = 0; round < 120; round++) {
    const n = 1 + rng.integer(round % 3 === 0 ? 1215 : 60);
    const options: FloatNeuronOptions = {
      n,
      decay: rng.uniform(),
      gain: 1 + rng.uniform(),
      target: pick(rng, [0, 0.2]),
      offset: pick(rng, [0, 0.1]),
      threshold: pick(rng, [0.5, 1]),
      vReset: -0.25,
      compare: pick(rng, ["gt", "ge"]),
      reset: pick(rng, ["value", "subtract", "none"]),
    };
    const size = {
      steps: 1 + rng.integer(5),
      batch: 1 + rng.integer(2),
      record: pick<"none" | "in place" | "apart">(rng, ["none", "in place", "apart"]),
    } as const;
    const x = gaussians(rng, size.steps * size.batch * n).map((value) => pick(rng, [value, 0.5, 1]));
    const a = runBits(loadKernels({ build: "plain" }), options, x, size);
    expect(runBits(loadKernels({ build: "simd" }), options, x, size), JSON.stringify(options)).toEqual(a);
  }
});
