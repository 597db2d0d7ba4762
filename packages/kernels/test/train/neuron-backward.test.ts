import { describe, expect, test } from "vitest";
import {
  type FloatNeuronOptions,
  type FloatSlot,
  floatNeuron,
  type Kernels,
  loadKernels,
} from "../../src/index.ts";
import {
  loadTrainKernels,
  neuronGradients,
  type SurrogateOptions,
  surrogate,
} from "../../src/train/index.ts";
import { builds, gaussians, put, random } from "../builds.ts";

const every: readonly FloatSlot[] = [
  "decay",
  "gain",
  "target",
  "offset",
  "threshold",
  "vReset",
  "synDecay",
  "synGain",
];

interface Backward {
  readonly u: Float32Array;
  readonly dx: Float32Array;
  readonly gradient: (slot: FloatSlot) => number | Float32Array;
}

interface Case {
  readonly neuron: FloatNeuronOptions;
  readonly surrogate: SurrogateOptions;
  readonly detach: boolean;
  readonly steps: number;
  readonly batch: number;
  readonly x: Float32Array;
  readonly dSpikes: Float32Array;
  readonly dMembrane?: Float32Array;
}

/** Forward and backward in `parts` pieces of time, the state and its gradient carried between them. */
function backward(kernels: Kernels, c: Case, parts = 1, wanted = every): Backward {
  const { steps, batch, x } = c;
  const { n } = c.neuron;
  const train = loadTrainKernels(kernels);
  const neuron = floatNeuron(kernels, c.neuron);
  const [u, dx, i] = [kernels.f32(x.length), kernels.f32(x.length), kernels.f32(x.length)];
  const [drive, y] = [put(kernels, x), put(kernels, c.dSpikes)];
  const m = c.dMembrane === undefined ? 0 : put(kernels, c.dMembrane);
  const [v, current, lambda, mu] = [0, 1, 2, 3].map(() => kernels.f32(batch * n).ptr) as [
    number,
    number,
    number,
    number,
  ];
  const sums = neuronGradients(kernels, neuron, wanted);
  const { ptr } = surrogate(kernels, c.surrogate);
  const starts = Array.from({ length: parts + 1 }, (_, p) => Math.floor((p * steps) / parts));
  const states: [number, number][] = [];
  for (let p = 0; p < parts; p++) {
    const [from, to] = [starts[p] as number, starts[p + 1] as number];
    const at = 4 * from * batch * n;
    const copy = (source: number): number =>
      put(kernels, new Float32Array(kernels.heap.buffer, source, batch * n).slice());
    states.push([copy(v), copy(current)]);
    kernels.neuronForward(
      neuron.ptr,
      to - from,
      batch,
      n,
      drive + at,
      v,
      current,
      0,
      0,
      0,
      u.ptr + at,
      0,
      i.ptr + at,
    );
  }
  for (let p = parts - 1; p >= 0; p--) {
    const [from, to] = [starts[p] as number, starts[p + 1] as number];
    const at = 4 * from * batch * n;
    const [v0, i0] = states[p] as [number, number];
    train.neuronBackward(
      neuron.ptr,
      ptr,
      sums.ptr,
      c.detach ? 1 : 0,
      to - from,
      batch,
      n,
      drive + at,
      u.ptr + at,
      i.ptr + at,
      v0,
      i0,
      y + at,
      m && m + at,
      dx.ptr + at,
      lambda,
      mu,
    );
  }
  return { u: u.view, dx: dx.view, gradient: (slot) => sums.gradient(slot) };
}

const one = { n: 1, decay: 0.8, threshold: 1 } as const;
const h = { kind: "fastSigmoid", k: 2 } as const;
const soft = { ...one, reset: "subtract" } as const;
const hard = { ...one, reset: "value" } as const;
const late = { ...soft, resetDelay: 1 } as const;

/** training.md 4.3: dx, ∂β, ∂θ. */
const worked: [string, FloatNeuronOptions, boolean, number[], number, number][] = [
  [
    "soft, detached",
    soft,
    true,
    [2.6559504997, 2.9341356555, 2.3160259708, 2.1934873431],
    2.931925714,
    -5.9975010702,
  ],
  [
    "soft",
    soft,
    false,
    [1.3107010193, 1.8117585393, 1.9877421644, 2.1934873431],
    2.1994083592,
    -4.0994923602,
  ],
  [
    "hard, detached",
    hard,
    true,
    [1.1736938784, 1.0813148789, 2.9948073904, 3.1887755102],
    1.2865440294,
    -5.0225193467,
  ],
  [
    "hard",
    hard,
    false,
    [0.0422585917, -0.4086563271, 2.9193334138, 3.1887755102],
    0.3925613058,
    -3.5176158421,
  ],
  [
    "delayed soft, detached",
    late,
    true,
    [3.3636806997, 3.8187984054, 3.4218544082, 3.7674568882],
    6.8715810368,
    -8.9871570482,
  ],
  [
    "delayed soft",
    late,
    false,
    [1.2107277093, 1.835903127, 2.9096197959, 3.7674568882],
    5.0774070273,
    -5.8229434674,
  ],
];

describe.each(builds)("%s", (build) => {
  test.each(worked)(
    "worked example, %s: dx, ∂β and ∂θ to 5 digits",
    (_, neuron, detach, dx, dDecay, dThreshold) => {
      const x = Float32Array.of(0.6, 0.7, 0.2, 0.9);
      const c = { neuron, surrogate: h, detach, steps: 4, batch: 1, x, dSpikes: Float32Array.of(1, 2, 3, 4) };
      for (const parts of [1, 2]) {
        const found = backward(loadKernels({ build }), c, parts);
        dx.forEach((value, t) => {
          expect(found.dx[t]).toBeCloseTo(value, 5);
        });
        expect(found.gradient("decay")).toBeCloseTo(dDecay, 5);
        expect(found.gradient("threshold")).toBeCloseTo(dThreshold, 5);
      }
    },
  );

  test("CubaLIF worked example: dx, ∂α 3.5478548, ∂β 3.0735644, ∂θ -3.7534529", () => {
    const neuron = { ...soft, synapse: { decay: 0.5, gain: 1 } };
    const x = Float32Array.of(0.6, 0, 0.9, 0.4);
    const dSpikes = Float32Array.of(1, 2, 3, 4);
    const found = backward(loadKernels({ build }), {
      neuron,
      surrogate: h,
      detach: true,
      steps: 4,
      batch: 1,
      x,
      dSpikes,
    });
    [3.508975948811, 3.059483427555, 1.942486205796, 1.075637032049].forEach((value, t) => {
      expect(found.dx[t]).toBeCloseTo(value, 5);
    });
    expect(found.gradient("synDecay")).toBeCloseTo(3.547854801923, 5);
    expect(found.gradient("decay")).toBeCloseTo(3.073564352417, 5);
    expect(found.gradient("threshold")).toBeCloseTo(-3.753452869969, 5);
  });

  test("LI, maximum over time at step 1: ∂x = [0.9, 1, 0], ∂β = 0.5", () => {
    const c = {
      neuron: { n: 1, decay: 0.9, spiking: false },
      surrogate: h,
      detach: true,
      steps: 3,
      batch: 1,
      x: Float32Array.of(0.5, 1, -0.2),
      dSpikes: Float32Array.of(0, 0, 0),
      dMembrane: Float32Array.of(0, 1, 0),
    };
    const found = backward(loadKernels({ build }), c);
    [0.9, 1, 0].forEach((value, t) => {
      expect(found.dx[t]).toBeCloseTo(value, 6);
    });
    expect(found.gradient("decay")).toBeCloseTo(0.5, 6);
  });
});

/** The same in float64: one neuron, straight from the equations of training.md 4.2 in terms of v, target and offset. */
function reference(
  c: Case,
  k: number,
  b: number,
  u32: Float32Array,
): { dx: number[]; sums: Record<string, number> } {
  const { n } = c.neuron;
  const value = (slot: unknown, usual: number): number =>
    slot === undefined
      ? usual
      : Math.fround(typeof slot === "number" ? slot : ((slot as Float32Array)[k] as number));
  const o = c.neuron;
  const [decay, gain, target] = [value(o.decay, 1), value(o.gain, 1), value(o.target, 0)];
  const [theta, vReset] = [value(o.threshold, 1), value(o.vReset, 0)];
  const [alpha, a] = [value(o.synapse?.decay, 0), value(o.synapse?.gain, 1)];
  const [old, delayed] = [o.synapse?.order === "old", o.resetDelay === 1 && o.reset === "subtract"];
  const at = (t: number): number => (t * c.batch + b) * n + k;
  const u = Array.from({ length: c.steps }, (_, t) => u32[at(t)] as number);
  const s = u.map((each) => ((o.compare === "ge" ? each >= theta : each > theta) ? 1 : 0));
  const v = u.map((each, t) =>
    delayed || !s[t] ? each : o.reset === "subtract" ? each - theta : o.reset === "value" ? vReset : each,
  );
  const current: number[] = [];
  for (let t = 0; t < c.steps; t++) current.push(alpha * (current[t - 1] ?? 0) + a * (c.x[at(t)] as number));
  const sums = { decay: 0, gain: 0, target: 0, offset: 0, threshold: 0, vReset: 0, synDecay: 0, synGain: 0 };
  const dx: number[] = [];
  let [next, mu] = [0, 0];
  for (let t = c.steps - 1; t >= 0; t--) {
    const [x, ut, st] = [c.x[at(t)] as number, u[t] as number, s[t] as number];
    const delta = decay * next;
    const kappa = c.detach ? 0 : 1;
    const slope = 1 / (1 + 2 * Math.abs(ut - theta)) ** 2;
    let q = c.dSpikes[at(t)] as number;
    if (o.reset === "subtract") q -= kappa * theta * (delayed ? next : delta);
    if (o.reset === "value") q += kappa * (vReset - ut) * delta;
    const through = o.reset === "value" ? delta * (1 - st) : delta;
    const lambda = (c.dMembrane?.[at(t)] ?? 0) + through + slope * q;
    sums.decay += lambda * ((v[t - 1] ?? 0) - target);
    sums.target += lambda * (1 - decay);
    sums.offset += lambda;
    sums.threshold -= slope * q + (o.reset === "subtract" ? st * (delayed ? next : delta) : 0);
    sums.vReset += o.reset === "value" ? st * delta : 0;
    const before = current[t - 1] ?? 0;
    if (o.synapse === undefined) {
      sums.gain += lambda * x;
      dx[t] = gain * lambda;
    } else {
      sums.gain += lambda * (old ? before : (current[t] as number));
      mu = gain * (old ? next : lambda) + alpha * mu;
      sums.synDecay += mu * before;
      sums.synGain += mu * x;
      dx[t] = a * mu;
    }
    next = lambda;
  }
  return { dx, sums };
}

function randomCase(round: number): Case {
  const rng = random(round);
  const n = 1 + rng.integer(22);
  const [steps, batch] = [1 + rng.integer(8), 1 + rng.integer(3)];
  const each = (low: number, high: number): number | Float32Array =>
    rng.integer(2)
      ? low + (high - low) * rng.uniform()
      : Float32Array.from({ length: n }, () => low + (high - low) * rng.uniform());
  const neuron: FloatNeuronOptions = {
    n,
    decay: each(0.5, 1),
    gain: each(0.5, 1.5),
    target: each(-0.2, 0.2),
    offset: each(-0.1, 0.2),
    threshold: each(0.6, 1.4),
    vReset: each(-0.3, 0.1),
    compare: rng.integer(2) ? "gt" : "ge",
    reset: (["value", "subtract", "none"] as const)[rng.integer(3)] as "value",
    resetDelay: rng.integer(2) as 0 | 1,
    ...(rng.integer(2)
      ? { synapse: { decay: each(0.3, 0.9), gain: each(0.5, 1), order: rng.integer(2) ? "new" : "old" } }
      : {}),
  };
  const size = steps * batch * n;
  return {
    neuron,
    surrogate: h,
    detach: rng.integer(2) === 1,
    steps,
    batch,
    x: gaussians(rng, size).map((value) => value + 0.4),
    dSpikes: gaussians(rng, size),
    ...(rng.integer(2) ? { dMembrane: gaussians(rng, size) } : {}),
  };
}

test("200 random layers of all variants: every gradient within 1e-5 of its largest float64 value", () => {
  for (let round = 0; round < 200; round++) {
    const c = randomCase(round);
    const { n } = c.neuron;
    for (const build of builds) {
      const found = backward(loadKernels({ build }), c);
      const sums = Object.fromEntries(every.map((slot) => [slot, new Float64Array(n)])) as Record<
        FloatSlot,
        Float64Array
      >;
      const dx = new Float64Array(c.x.length);
      for (let b = 0; b < c.batch; b++)
        for (let k = 0; k < n; k++) {
          const exact = reference(c, k, b, found.u);
          exact.dx.forEach((value, t) => {
            dx[(t * c.batch + b) * n + k] = value;
          });
          for (const slot of every) sums[slot][k] = (sums[slot][k] as number) + (exact.sums[slot] as number);
        }
      const scale = Math.max(...dx.map(Math.abs));
      dx.forEach((value, at) => {
        expect(Math.abs((found.dx[at] as number) - value), JSON.stringify(c.neuron)).toBeLessThanOrEqual(
          1e-5 * scale,
        );
      });
      for (const slot of every) {
        if (c.neuron.resetDelay === 1 && c.neuron.reset === "value" && slot === "vReset") continue;
        const gradient = found.gradient(slot);
        const size = Math.max(1, ...sums[slot].map(Math.abs)) * c.steps * c.batch;
        if (typeof gradient === "number")
          expect(Math.abs(gradient - sums[slot].reduce((x, y) => x + y, 0)), slot).toBeLessThanOrEqual(
            1e-5 * size * n,
          );
        else
          gradient.forEach((value, k) => {
            expect(Math.abs(value - (sums[slot][k] as number)), slot).toBeLessThanOrEqual(1e-5 * size);
          });
      }
    }
  }
});

const surrogates: SurrogateOptions[] = [
  { kind: "fastSigmoid" },
  { kind: "atan" },
  { kind: "sigmoid" },
  { kind: "triangular", gamma: 1 },
  { kind: "exponential" },
  { kind: "boxcar" },
  { kind: "straightThrough" },
  { kind: "sparseFastSigmoid", bound: 0.5 },
  { kind: "fastSigmoid", levels: 4 },
  { kind: "sigmoid", levels: 3, normalize: true },
  { kind: "triangular", normalize: true },
  { kind: "gaussian", sigma: 0.3 },
  { kind: "multiGaussian" },
  { kind: "periodicExponential" },
  { kind: "gaussian", normalize: true, levels: 2 },
  { kind: "exponential", normalize: true },
  { kind: "periodicExponential", normalize: true },
  { kind: "table", values: Float32Array.from({ length: 2048 }, (_, i) => Math.cos(i / 100)), levels: 1 },
  { kind: "table", values: Float32Array.from({ length: 64 }, (_, i) => i), normalize: true, levels: 2 },
];

test("asking for the gradients of decay and threshold alone changes no bit of them or of dx, in 300 layers", () => {
  for (let round = 0; round < 300; round++) {
    const c = {
      ...randomCase(2000 + round),
      surrogate: surrogates[round % surrogates.length] as SurrogateOptions,
    };
    for (const build of ["plain", "simd"] as const) {
      const all = backward(loadKernels({ build }), c);
      const few = backward(loadKernels({ build }), c, 1, ["decay", "threshold"]);
      expect(few.dx, JSON.stringify(c.neuron)).toEqual(all.dx);
      expect(few.gradient("decay")).toEqual(all.gradient("decay"));
      expect(few.gradient("threshold")).toEqual(all.gradient("threshold"));
    }
  }
});

test("plain and simd give the same bits for 100 random layers with every surrogate", () => {
  for (let round = 0; round < 100; round++) {
    const c = {
      ...randomCase(1000 + round),
      surrogate: surrogates[round % surrogates.length] as SurrogateOptions,
    };
    const [a, b] = (["plain", "simd"] as const).map((build) => backward(loadKernels({ build }), c, 1)) as [
      Backward,
      Backward,
    ];
    expect(b.dx, JSON.stringify(c.surrogate)).toEqual(a.dx);
    for (const slot of every) expect(b.gradient(slot), slot).toEqual(a.gradient(slot));
  }
});

/** Check values of training.md 5, at θ = 1. */
const values: [SurrogateOptions, [number, number][]][] = [
  [
    { kind: "fastSigmoid" },
    [
      [1, 1],
      [1.25, 0.019024970273],
      [0.75, 0.019024970273],
      [2, 0.001479289941],
    ],
  ],
  [
    { kind: "atan" },
    [
      [1, 1],
      [1.25, 0.618486458159],
      [2, 0.09199966835],
    ],
  ],
  [
    { kind: "sigmoid" },
    [
      [1, 1],
      [1.25, 0.786447732966],
      [2, 0.070650824853],
    ],
  ],
  [
    { kind: "triangular", gamma: 1 },
    [
      [1, 1],
      [1.25, 0.75],
      [2, 0],
    ],
  ],
  [
    { kind: "exponential" },
    [
      [1, 2],
      [1.5, 2 * Math.exp(-1)],
    ],
  ],
  [
    { kind: "boxcar", w: 0.5 },
    [
      [1, 2],
      [1.25, 2],
      [1.2501, 0],
    ],
  ],
  [{ kind: "straightThrough" }, [[7, 1]]],
  [
    { kind: "sparseFastSigmoid", bound: 0.25 },
    [
      [1.24, 0.020408163],
      [1.25, 0],
    ],
  ],
  [
    { kind: "fastSigmoid", levels: 4 },
    [
      [0.9, 0.083375455],
      [1.5, 0.011896587],
      [2.05, 0.200914069],
    ],
  ],
  [
    { kind: "gaussian" },
    [
      [1, 0.797884560803],
      [1.5, 0.483941449038],
      [-3, 1.010454216e-14],
    ],
  ],
  [
    { kind: "multiGaussian" },
    [
      [1, 0.878223273313],
      [4, -0.024195514074],
    ],
  ],
  [
    { kind: "periodicExponential" },
    [
      [0.5, 0.367879441171],
      [1, 1],
      [1.4, 0.449328964117],
      [2.1, 0.818730753078],
    ],
  ],
  [
    { kind: "table", values: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9) },
    [
      [1, 4],
      [1.5, 4.5],
      [99, 9],
      [-99, 0],
    ],
  ],
  [
    { kind: "table", values: Float32Array.of(0, 1, 2, 3, 4, 5, 6), reach: 1, levels: 1 },
    [
      [1, 2],
      [1.5, 3],
      [3, 6],
    ],
  ],
];

test.each(values)(
  "%o has the check values of its definition, within 2e-6 of their size",
  (options, pairs) => {
    for (const build of builds) {
      const kernels = loadKernels({ build });
      const u = put(
        kernels,
        Float32Array.from(pairs, ([each]) => each),
      );
      const theta = put(kernels, new Float32Array(pairs.length).fill(1));
      const out = kernels.f32(pairs.length);
      loadTrainKernels(kernels).surrogateDerivative(
        surrogate(kernels, options).ptr,
        pairs.length,
        u,
        theta,
        out.ptr,
      );
      pairs.forEach(([, value], k) => {
        expect(Math.abs((out.view[k] as number) - value)).toBeLessThanOrEqual(2e-6 * Math.abs(value));
      });
    }
  },
);

test("sigmoid' of 2001 points of [-6, 6] is within 2e-6 of the exact value, relatively", () => {
  const points = Float32Array.from({ length: 2001 }, (_, k) => (k - 1000) * 0.006);
  for (const build of builds) {
    const kernels = loadKernels({ build });
    const out = kernels.f32(points.length);
    const theta = put(kernels, new Float32Array(points.length).fill(0));
    const { ptr } = surrogate(kernels, { kind: "sigmoid", k: 1 });
    loadTrainKernels(kernels).surrogateDerivative(ptr, points.length, put(kernels, points), theta, out.ptr);
    points.forEach((x, k) => {
      const s = 1 / (1 + Math.exp(-x));
      expect(Math.abs((out.view[k] as number) / (s * (1 - s)) - 1)).toBeLessThanOrEqual(2e-6);
    });
  }
});
