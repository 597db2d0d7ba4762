import { describe, expect, test } from "vitest";
import { type FloatNeuronOptions, type FloatSlot, loadKernels } from "../../src/index.ts";
import { builds } from "../builds.ts";
import { backward, every, type Layer, randomLayer } from "./layer.ts";

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
  c: Layer,
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

test("200 random layers of all variants: every gradient within 1e-5 of its largest float64 value", () => {
  for (let round = 0; round < 200; round++) {
    const c = randomLayer(round);
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
