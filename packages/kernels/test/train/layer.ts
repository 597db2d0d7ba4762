/** Layers of neurons forward and back, for tests. */
import { type FloatNeuronOptions, type FloatSlot, floatNeuron, type Kernels } from "../../src/index.ts";
import {
  loadTrainKernels,
  neuronGradients,
  type SurrogateOptions,
  surrogate,
} from "../../src/train/index.ts";
import { gaussians, put, random } from "../builds.ts";

/** All parameters of a neuron. */
export const every: readonly FloatSlot[] = [
  "decay",
  "gain",
  "target",
  "offset",
  "threshold",
  "vReset",
  "synDecay",
  "synGain",
];

/** What a backward pass gives. */
export interface Backward {
  readonly u: Float32Array;
  readonly dx: Float32Array;
  readonly gradient: (slot: FloatSlot) => number | Float32Array;
}

/** A layer with its input and gradients. */
export interface Layer {
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
export function backward(kernels: Kernels, c: Layer, parts = 1, wanted = every): Backward {
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

/** A layer of few neurons of any kind, with a fast sigmoid of slope 2. */
export function randomLayer(round: number): Layer {
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
    surrogate: { kind: "fastSigmoid", k: 2 },
    detach: rng.integer(2) === 1,
    steps,
    batch,
    x: gaussians(rng, size).map((value) => value + 0.4),
    dSpikes: gaussians(rng, size),
    ...(rng.integer(2) ? { dMembrane: gaussians(rng, size) } : {}),
  };
}
