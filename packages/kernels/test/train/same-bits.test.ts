import { expect, test } from "vitest";
import { type FloatNeuronOptions, loadKernels } from "../../src/index.ts";
import type { SurrogateOptions } from "../../src/train/index.ts";
import { gaussians, random } from "../builds.ts";
import { type Backward, backward, every, type Layer, randomLayer } from "./layer.ts";

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
      ...randomLayer(2000 + round),
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
      ...randomLayer(1000 + round),
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

/** Layers whose neurons share their parameters, of up to three blocks of 512 and a rest. */
function sharedLayer(round: number): Layer {
  const rng = random(5000 + round);
  const n = 16 + rng.integer(round % 3 === 0 ? 1200 : 60);
  const [steps, batch] = [1 + rng.integer(5), 1 + rng.integer(2)];
  const neuron: FloatNeuronOptions = {
    n,
    decay: 0.5 + rng.uniform() / 2,
    gain: 0.5 + rng.uniform(),
    target: rng.integer(2) ? 0.1 : 0,
    threshold: 0.6 + rng.uniform(),
    vReset: -0.2,
    compare: rng.integer(2) ? "gt" : "ge",
    reset: rng.integer(3) ? "subtract" : rng.integer(2) ? "none" : "value",
  };
  const size = steps * batch * n;
  return {
    neuron,
    surrogate: rng.integer(2) ? { kind: "fastSigmoid" } : { kind: "atan" },
    detach: rng.integer(4) > 0,
    steps,
    batch,
    x: gaussians(rng, size).map((value) => value + 0.4),
    dSpikes: gaussians(rng, size),
    ...(rng.integer(4) ? {} : { dMembrane: gaussians(rng, size) }),
  };
}

test("plain and simd give the same bits for 60 layers of up to 1215 neurons that share parameters, learned or not", () => {
  for (let round = 0; round < 60; round++) {
    const layer = sharedLayer(round);
    for (const wanted of [[], ["decay", "threshold"], ["threshold"]] as const) {
      const [a, b] = (["plain", "simd"] as const).map((build) =>
        backward(loadKernels({ build }), layer, 1 + (round % 2), wanted),
      ) as [Backward, Backward];
      expect(b.u, JSON.stringify(layer.neuron)).toEqual(a.u);
      expect(b.dx, JSON.stringify(layer.neuron)).toEqual(a.dx);
      for (const slot of wanted) expect(b.gradient(slot), slot).toEqual(a.gradient(slot));
    }
  }
});
